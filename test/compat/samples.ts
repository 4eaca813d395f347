import type { LiveEvent, NewEvent, NewEventOf, User } from "../../src/events/event.js";
import type { RoomFacts } from "../../src/store/rooms.js";
import { person } from "../http/events.js";

/** Beyond 2^53 by far: as a JavaScript number it would end in other digits. */
export const MSG_ID = "7423411736452893481";
export const ROOM_ID = "7423409871234567890";
export const UID = "3456789012345678901";

/** A person of whom everything is known. */
export const FAN: User = person({
  id: UID,
  secUid: "MS4wLjABAAAAfan",
  displayId: "fan_01",
  shortId: "1234567",
  nickname: "小明",
  avatar: "https://p3.douyinpic.com/fan.jpeg",
  gender: "male",
  payLevel: 23,
  fansClub: { name: "铁粉", level: 7 },
  isAdmin: true,
});

/** What is known of the samples' room. */
export const ABOUT: RoomFacts = {
  webRid: "98765",
  title: '今晚"聊天"',
  anchor: { id: "1002003004005006", secUid: "MS4wLjABAAAAanchor", nickname: "主播", avatar: "https://p3.douyinpic.com/anchor.jpeg" },
};

const base = {
  id: MSG_ID,
  room: 1,
  webRid: "98765",
  sessionId: ROOM_ID,
  time: 1_760_000_000_123,
  receivedAt: 1_760_000_000_456,
  source: "websocket" as const,
  revision: 0,
};
const social = { ...base, method: "WebcastSocialMessage", user: FAN };
const gift: NewEventOf<"gift"> = {
  ...base,
  method: "WebcastGiftMessage",
  type: "gift",
  user: FAN,
  kind: "gift",
  gift: { id: "463", name: "小心心", icon: "https://p3.douyinpic.com/heart.png" },
  delta: 3,
  comboTotal: 8,
  settled: false,
  unitDiamonds: 1,
  diamonds: 3,
  receiver: null,
  comboId: `${ROOM_ID}.${UID}.463.g1718870387667.0`,
  traceId: "trace-1",
};
const stats = { ...base, method: "WebcastRoomUserSeqMessage", type: "stats" as const };
const ended = { from: "live", to: "ended", evidence: {} };

/** An event of every kind that any format has a message for, and some that none has. */
export const SAMPLES: Readonly<Record<string, NewEvent>> = {
  chat: { ...base, method: "WebcastChatMessage", type: "chat", user: FAN, text: "你好", kind: "text", segments: [], luckyBag: false },
  "chat of an emoji": {
    ...base,
    method: "WebcastEmojiChatMessage",
    type: "chat",
    user: person({ nickname: "路人" }),
    text: "[比心]",
    kind: "emoji",
    segments: [],
    luckyBag: false,
  },
  "chat by somebody hidden": {
    ...base,
    id: "h:0123456789abcdef",
    method: "WebcastChatMessage",
    type: "chat",
    user: person({ masked: true }),
    text: "?",
    kind: "text",
    segments: [],
    luckyBag: false,
  },
  like: { ...base, method: "WebcastLikeMessage", type: "like", user: FAN, count: 5, total: 123_456 },
  join: { ...base, method: "WebcastMemberMessage", type: "join", user: FAN, memberCount: 812, via: null },
  "join by a share": { ...base, method: "WebcastMemberMessage", type: "join", user: FAN, memberCount: null, via: "share" },
  follow: { ...social, type: "follow", followers: 10_001 },
  share: { ...social, type: "share", target: "douyin" },
  "share to nowhere known": { ...social, type: "share", target: null },
  "gift in a combo": gift,
  "gift by itself, to a guest": {
    ...gift,
    gift: { id: "685", name: "粉丝灯牌", icon: null },
    delta: 1,
    comboTotal: 1,
    settled: true,
    unitDiamonds: null,
    diamonds: null,
    receiver: person({ id: "42", nickname: "嘉宾" }),
    comboId: `${ROOM_ID}.${UID}.685.e${MSG_ID}.42`,
    traceId: null,
  },
  "end of a combo": {
    ...gift,
    id: `settle:${gift.comboId}`,
    method: "dylive",
    source: "system",
    delta: 0,
    diamonds: 0,
    settled: true,
  },
  "fans club join": {
    ...base,
    method: "WebcastFansclubMessage",
    type: "fansclub",
    user: FAN,
    action: "join",
    text: "恭喜 小明 加入粉丝团",
  },
  "fans club upgrade": { ...base, method: "WebcastFansclubMessage", type: "fansclub", user: FAN, action: "upgrade", text: null },
  stats: {
    ...stats,
    online: 812,
    totalViewers: 30_500,
    onlineText: "812",
    totalText: "3.05万",
    ranks: [{ rank: 1, score: 520, scoreText: null, user: FAN }],
  },
  "stats of another message": {
    ...stats,
    method: "WebcastRoomStatsMessage",
    online: 812,
    totalViewers: null,
    onlineText: null,
    totalText: null,
  },
  leave: { ...base, method: "WebcastMemberMessage", type: "leave", user: FAN },
  mute: { ...base, method: "WebcastMemberMessage", type: "moderation", user: FAN, action: "mute", operator: person({ id: "7" }) },
  "announced end": { ...base, method: "WebcastControlMessage", type: "control", action: "end", code: 3, tips: null },
  "room live": {
    ...base,
    id: "state:1760000000000:live",
    method: "dylive",
    source: "system",
    type: "state",
    ...ended,
    from: null,
    to: "live",
  },
  "room stalled": {
    ...base,
    id: "state:1760000000001:stalled",
    method: "dylive",
    source: "system",
    type: "state",
    ...ended,
    to: "stalled",
  },
  "room ended": { ...base, id: "state:1760000000002:ended", method: "dylive", source: "system", type: "state", ...ended },
  "room waiting": {
    ...base,
    id: "state:1760000000003:waiting",
    method: "dylive",
    source: "system",
    type: "state",
    ...ended,
    to: "waiting",
  },
  "an imported chat": {
    ...base,
    source: "import",
    method: "WebcastChatMessage",
    type: "chat",
    user: FAN,
    text: "昨天",
    kind: "text",
    segments: [],
    luckyBag: false,
  },
  gap: { ...base, id: "gap:1", method: "dylive", source: "system", type: "gap", from: 1, to: 2, reason: "cut" },
};

/** A sample as the log gives it. */
export function sample(name: string, change: Partial<NewEvent> = {}): LiveEvent {
  const event = SAMPLES[name];
  if (event === undefined) throw new Error(`there is no sample ${name}`);
  return { ...event, ...change, seq: 1 } as LiveEvent;
}
