import type { EventType, LiveEvent, NewEvent, NewEventOf } from "./event.js";

/**
 * Ways in which a field tells of people.
 * - `none`: codes, counts, ids of what is no person, names of gifts and goods, sentences of dylive.
 * - `people`: people or ids of people, each in a place of its own.
 * - `words`: what the person of the event wrote. It is theirs, even where it names others; people who stand in it as such are people.
 * - `sentence`: text of the platform, which may name people anywhere in it and does not say which, or leads to them. It can be taken out.
 * - `giving`: ids of one giving, which may be made of the ids of who gave and who received.
 * - `bytes`: a message as it came, which may hold anything.
 */
type Tells<Value> = "none" | "people" | "words" | "giving" | "bytes" | (null extends Value ? "sentence" : never);

type Base = NewEventOf<"erased">;

const OF_ALL: { readonly [F in keyof Base]-?: Tells<Base[F]> } = {
  id: "giving",
  room: "none",
  webRid: "none",
  sessionId: "none",
  method: "none",
  type: "none",
  time: "none",
  timeEstimated: "none",
  history: "none",
  receivedAt: "none",
  source: "none",
  revision: "none",
};

type OwnFields = { readonly [T in EventType]: Omit<NewEventOf<T>, keyof Base> };

/** Of each type its own fields: one that is added does not compile before it is decided here what it tells of people. */
const OF_TYPE: { readonly [T in EventType]: { readonly [F in keyof OwnFields[T]]-?: Tells<OwnFields[T][F]> } } = {
  chat: { user: "people", text: "words", kind: "none", segments: "words", luckyBag: "none" },
  gift: {
    user: "people",
    kind: "none",
    gift: "none",
    delta: "none",
    comboTotal: "none",
    unitsPerClick: "none",
    settled: "none",
    unitDiamonds: "none",
    diamonds: "none",
    receiver: "people",
    comboId: "giving",
    traceId: "giving",
    test: "none",
    valueFen: "none",
    luckyCubeId: "none",
  },
  like: { user: "people", count: "none", total: "none" },
  join: { user: "people", memberCount: "none", via: "none" },
  follow: { user: "people", followers: "none" },
  share: { user: "people", target: "none" },
  leave: { user: "people" },
  moderation: { user: "people", action: "none", operator: "people" },
  fansclub: { user: "people", action: "none", text: "sentence" },
  stats: { online: "none", totalViewers: "none", onlineText: "none", totalText: "none", tickets: "none", ranks: "people" },
  rank: { list: "none", entries: "people", receiver: "people", total: "none" },
  control: { action: "none", code: "none", tips: "sentence" },
  notice: { user: "people", text: "sentence", pinned: "none", deletes: "none" },
  pin: { pins: "people", version: "none" },
  product: { action: "none", explaining: "none", products: "none", categories: "none", total: "none", text: "sentence" },
  battle: { battleId: "none", phase: "none", scores: "people", text: "sentence" },
  linkmic: {
    action: "none",
    code: "none",
    channelId: "none",
    users: "people",
    scores: "people",
    text: "sentence",
    version: "none",
  },
  lottery: {
    user: "people",
    action: "none",
    lotteryId: "none",
    diamonds: "none",
    participants: "none",
    luckyCount: "none",
    startAt: "none",
    drawAt: "none",
    conditions: "none",
    winners: "people",
    text: "sentence",
    version: "none",
  },
  state: { from: "none", to: "none", evidence: "none" },
  gap: { from: "none", to: "none", reason: "none" },
  system: { kind: "none", text: "none", session: "none", evidence: "none" },
  // What leads to a work leads to its author.
  work: { user: "people", workId: "sentence", url: "sentence", kind: "none", text: "sentence" },
  erased: {},
  unknown: { payload: "bytes", bytes: "none" },
};

/** Returns how a field of an event tells of people; `none` for one that no event has. */
export function tells(type: EventType, field: string): Tells<null> {
  const own: Readonly<Record<string, Tells<null>>> = OF_TYPE[type];
  const ofAll: Readonly<Record<string, Tells<null>>> = OF_ALL;
  return own[field] ?? ofAll[field] ?? "none";
}

/** Returns the event without those sentences of the platform that are to go; itself when none is. */
export function withoutSentences<E extends LiveEvent | NewEvent>(event: E, goes: (sentence: string) => boolean = () => true): E {
  let left = event;
  for (const [field, how] of Object.entries(OF_TYPE[event.type])) {
    if (how !== "sentence") continue;
    const sentence: unknown = event[field as keyof E];
    // Only what may be null is called a sentence.
    if (typeof sentence === "string" && goes(sentence)) left = { ...left, [field]: null };
  }
  return left;
}
