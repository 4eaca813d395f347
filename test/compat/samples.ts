import type { LiveEvent, NewEvent, NewEventOf, User } from "../../src/events/event.js";
import type { RoomState } from "../../src/health/state.js";
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
const said = {
  ...{ ...base, method: "WebcastChatMessage", type: "chat" as const, user: FAN },
  ...{ kind: "text" as const, segments: [], luckyBag: false },
};
const fansclub = { ...base, method: "WebcastFansclubMessage", type: "fansclub" as const, user: FAN };
const own = { ...base, method: "dylive", source: "system" as const };
const state = (nth: number, from: RoomState | null, to: RoomState): NewEvent => ({
  ...{ ...own, id: `state:${1_760_000_000_000 + nth}:${to}`, type: "state", from, to, evidence: {} },
});

/** An event of every kind that any format has a message for, and some that none has. */
export const SAMPLES: Readonly<Record<string, NewEvent>> = {
  chat: { ...said, text: "你好" },
  "chat of an emoji": {
    ...{ ...said, method: "WebcastEmojiChatMessage", user: person({ nickname: "路人" }), text: "[比心]", kind: "emoji" },
  },
  "chat by somebody hidden": { ...said, id: "h:0123456789abcdef", user: person({ masked: true }), text: "?" },
  like: { ...base, method: "WebcastLikeMessage", type: "like", user: FAN, count: 5, total: 123_456 },
  join: { ...base, method: "WebcastMemberMessage", type: "join", user: FAN, memberCount: 812, via: null },
  "join by a share": { ...base, method: "WebcastMemberMessage", type: "join", user: FAN, memberCount: null, via: "share" },
  follow: { ...social, type: "follow", followers: 10_001 },
  share: { ...social, type: "share", target: "douyin" },
  "share to nowhere known": { ...social, type: "share", target: null },
  "gift in a combo": gift,
  "gift by itself, to a guest": {
    ...{ ...gift, gift: { id: "685", name: "粉丝灯牌", icon: null }, delta: 1, comboTotal: 1, settled: true },
    ...{ unitDiamonds: null, diamonds: null, receiver: person({ id: "42", nickname: "嘉宾" }) },
    ...{ comboId: `${ROOM_ID}.${UID}.685.e${MSG_ID}.42`, traceId: null },
  },
  "end of a combo": { ...gift, ...own, id: `settle:${gift.comboId}`, delta: 0, diamonds: 0, settled: true },
  "fans club join": { ...fansclub, action: "join", text: "恭喜 小明 加入粉丝团" },
  "fans club upgrade": { ...fansclub, action: "upgrade", text: null },
  stats: {
    ...{ ...stats, online: 812, totalViewers: 30_500, onlineText: "812", totalText: "3.05万" },
    ranks: [{ rank: 1, score: 520, scoreText: null, user: FAN }],
  },
  "stats of another message": {
    ...{ ...stats, method: "WebcastRoomStatsMessage", online: 812, totalViewers: null, onlineText: null, totalText: null },
  },
  leave: { ...base, method: "WebcastMemberMessage", type: "leave", user: FAN },
  mute: { ...base, method: "WebcastMemberMessage", type: "moderation", user: FAN, action: "mute", operator: person({ id: "7" }) },
  "announced end": { ...base, method: "WebcastControlMessage", type: "control", action: "end", code: 3, tips: null },
  "room live": state(0, null, "live"),
  "room stalled": state(1, "live", "stalled"),
  "room ended": state(2, "live", "ended"),
  "room waiting": state(3, "live", "waiting"),
  "an imported chat": { ...said, source: "import", text: "昨天" },
  gap: { ...own, id: "gap:1", type: "gap", from: 1, to: 2, reason: "cut" },
};

/** A sample as the log gives it. */
export function sample(name: string, change: Partial<NewEvent> = {}): LiveEvent {
  const event = SAMPLES[name];
  if (event === undefined) throw new Error(`there is no sample ${name}`);
  return { ...event, ...change, seq: 1 } as LiveEvent;
}
