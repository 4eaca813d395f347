import type { LiveEvent, User } from "../api/model.js";

const NAMES = ["小鱼", "阿木木", "夜猫子", "Luna", "老王不在家", "橘子汽水"];
const CHATS = [
  "主播今天好好看",
  "第一次来，关注了！",
  "这首歌叫什么名字？",
  "哈哈哈哈哈哈",
  "来自上海的观众报到",
  "666",
  "下一首想听《晴天》",
];
const GIFTS = [
  { id: "1", name: "小心心", price: 1 },
  { id: "2", name: "玫瑰", price: 1 },
  { id: "3", name: "嘉年华", price: 30_000 },
];

/** Made-up events, one after another, for the preview. */
export class Samples {
  #seq = 0;

  next(now: number): LiveEvent {
    const seq = ++this.#seq;
    const base = {
      seq,
      id: `sample ${seq}`,
      room: 0,
      webRid: null,
      sessionId: null,
      method: "sample",
      time: now,
      receivedAt: now,
      source: "system",
      revision: 0,
      user: person(seq),
    } as const;
    if (seq % 5 === 0) return { ...base, type: "follow", followers: null };
    if (seq % 3 === 0) return gift(base, seq);
    const text = CHATS[seq % CHATS.length] ?? "";
    return { ...base, type: "chat", kind: "text", text, segments: [{ text }], luckyBag: false };
  }
}

function gift(base: Omit<LiveEvent, "type"> & { readonly user: User }, seq: number): LiveEvent {
  const { id, name, price } = GIFTS[Math.floor(seq / 3) % GIFTS.length] ?? { id: "1", name: "小心心", price: 1 };
  const units = 1 + (seq % 4) * 10;
  return {
    ...base,
    type: "gift",
    kind: "gift",
    gift: { id, name, icon: null },
    delta: units,
    comboTotal: units,
    settled: true,
    unitDiamonds: price,
    diamonds: units * price,
    receiver: null,
    comboId: `sample ${seq}`,
    traceId: null,
  } as LiveEvent;
}

function person(seq: number): User {
  const at = seq % NAMES.length;
  return {
    id: String(at + 1),
    secUid: null,
    displayId: null,
    shortId: null,
    nickname: NAMES[at] ?? null,
    avatar: null,
    gender: null,
    payLevel: 5 + at * 7,
    fansClub: null,
    isAdmin: false,
    isAnchor: false,
    masked: false,
  };
}

/** Made-up places of a ranking. */
export const SAMPLE_TOP = NAMES.map((nickname, at) => ({ id: String(at), nickname, diamonds: 52_000 / 3 ** at }));
