import type { EventType, LiveEvent, LiveEventOf, User } from "../../src/events/event.js";

const AT = 1_764_060_000_000;

const someone: User = {
  id: "111265487875",
  secUid: "MS4wLjABAAAAmpM-hJ8AeUM8hSc3w5YlY8Q2ZUaiEu7uvt6cApLkyjg",
  displayId: "xuelian88",
  shortId: "2072651305",
  nickname: "薛莲",
  avatar: "https://p3.douyinpic.com/aweme/100x100/aweme-avatar/tos-cn-i-0813_1.jpeg",
  gender: "female",
  payLevel: 17,
  fansClub: { name: "梨子糖", level: 6 },
  isAdmin: false,
  isAnchor: false,
  masked: false,
};

const base = (seq: number, type: string, method: string) => ({
  seq,
  id: `741800000000000${seq}${type === "chat" ? "" : `:${method}`}`,
  room: 12,
  webRid: "100000002",
  sessionId: "7634850000000000019",
  method,
  type,
  time: AT + seq,
  receivedAt: AT + seq + 180,
  source: "websocket",
  revision: 0,
});

/** The events that docs/events.md shows: those that most people wait for. */
export const EVENT_SAMPLES: { readonly [K in EventType]?: LiveEventOf<K> } = {
  chat: sample({
    ...base(4711, "chat", "WebcastChatMessage"),
    user: someone,
    text: "主播唱得好听[比心]",
    kind: "text",
    segments: [{ text: "主播唱得好听" }, { emoji: "[比心]", url: "https://p3.douyinpic.com/img/tos-cn-i-tsj2vxp0zn/heart~tplv-obj.webp" }],
    luckyBag: false,
  }),
  gift: sample({
    ...base(4712, "gift", "WebcastGiftMessage"),
    user: someone,
    kind: "gift",
    gift: { id: "463", name: "小心心", icon: "https://p3.douyinpic.com/img/webcast/7ef47758~tplv-obj.png" },
    delta: 3,
    comboTotal: 11,
    settled: false,
    unitDiamonds: 1,
    diamonds: 3,
    receiver: null,
    comboId: "7634850000000000019.111265487875.463.g1764060001.0",
    traceId: null,
  }),
  like: sample({ ...base(4713, "like", "WebcastLikeMessage"), user: someone, count: 12, total: 3979 }),
  join: sample({ ...base(4714, "join", "WebcastMemberMessage"), user: someone, memberCount: 4344, via: null }),
  follow: sample({ ...base(4715, "follow", "WebcastSocialMessage"), user: someone, followers: 20311 }),
  work: sample({
    ...base(4717, "work", "dylive"),
    ...{ id: "work:5f0c8f6e9d1b4a7c8e2f3a4b5c6d7e8f", room: 0, webRid: null, sessionId: null, source: "browser" },
    user: { ...someone, gender: null, payLevel: null, fansClub: null },
    ...{ workId: "7576561234567890123", url: "https://www.douyin.com/video/7576561234567890123", kind: "video", text: "雨后的山路 #徒步" },
  }),
  gap: sample({
    ...base(4716, "gap", "dylive"),
    id: "gap:1764060000000:1764060001500",
    source: "system",
    from: AT,
    to: AT + 1500,
    reason: "the platform closed the connection (code 1006)",
  }),
};

/** Literals are widened on their way through `base`; docs/generated.test.ts checks each against its schema. */
function sample<T extends LiveEvent>(event: object): T {
  return event as T;
}
