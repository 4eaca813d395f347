import type { EventType, LiveEvent, NewEvent, NewEventOf } from "./event.js";

/**
 * Ways in which a field tells of people.
 * - `nobody`: codes, counts, ids of what is no person, names of gifts and goods, sentences of dylive.
 * - `people`: people or ids of people, each in a place of its own.
 * - `words`: what the person of the event wrote. It is theirs, whoever it names; people who stand in it as such are people.
 * - `sentence`: text of the platform, which may name people anywhere in it and does not say which, or leads to them. It can be taken out.
 * - `giving`: ids of one giving, which may be made of the ids of who gave and who received.
 * - `bytes`: a message as it came, which may hold anything.
 */
type Tells<Value> = "nobody" | "people" | "words" | "giving" | "bytes" | (null extends Value ? "sentence" : never);

type Base = NewEventOf<"erased">;

const OF_ALL: { readonly [F in keyof Base]-?: Tells<Base[F]> } = {
  id: "giving",
  room: "nobody",
  webRid: "nobody",
  sessionId: "nobody",
  method: "nobody",
  type: "nobody",
  time: "nobody",
  timeEstimated: "nobody",
  history: "nobody",
  receivedAt: "nobody",
  source: "nobody",
  revision: "nobody",
};

type OwnFields = { readonly [T in EventType]: Omit<NewEventOf<T>, keyof Base> };

/** Of each type its own fields: one that is added does not compile before it is decided here what it tells of people. */
const OF_TYPE: { readonly [T in EventType]: { readonly [F in keyof OwnFields[T]]-?: Tells<OwnFields[T][F]> } } = {
  chat: { user: "people", text: "words", kind: "nobody", segments: "words", luckyBag: "nobody" },
  gift: {
    user: "people",
    kind: "nobody",
    gift: "nobody",
    delta: "nobody",
    comboTotal: "nobody",
    unitsPerClick: "nobody",
    settled: "nobody",
    unitDiamonds: "nobody",
    diamonds: "nobody",
    receiver: "people",
    comboId: "giving",
    traceId: "giving",
    test: "nobody",
    valueFen: "nobody",
    luckyCubeId: "nobody",
  },
  like: { user: "people", count: "nobody", total: "nobody" },
  join: { user: "people", memberCount: "nobody", via: "nobody" },
  follow: { user: "people", followers: "nobody" },
  share: { user: "people", target: "nobody" },
  leave: { user: "people" },
  moderation: { user: "people", action: "nobody", operator: "people" },
  fansclub: { user: "people", action: "nobody", text: "sentence" },
  stats: { online: "nobody", totalViewers: "nobody", onlineText: "nobody", totalText: "nobody", tickets: "nobody", ranks: "people" },
  rank: { list: "nobody", entries: "people", receiver: "people", total: "nobody" },
  control: { action: "nobody", code: "nobody", tips: "sentence" },
  notice: { user: "people", text: "sentence", pinned: "nobody", deletes: "nobody" },
  pin: { pins: "people", version: "nobody" },
  product: { action: "nobody", explaining: "nobody", products: "nobody", categories: "nobody", total: "nobody", text: "sentence" },
  battle: { battleId: "nobody", phase: "nobody", scores: "people", text: "sentence" },
  linkmic: {
    action: "nobody",
    code: "nobody",
    channelId: "nobody",
    users: "people",
    scores: "people",
    text: "sentence",
    version: "nobody",
  },
  lottery: {
    user: "people",
    action: "nobody",
    lotteryId: "nobody",
    diamonds: "nobody",
    participants: "nobody",
    luckyCount: "nobody",
    startAt: "nobody",
    drawAt: "nobody",
    conditions: "nobody",
    winners: "people",
    text: "sentence",
    version: "nobody",
  },
  state: { from: "nobody", to: "nobody", evidence: "nobody" },
  gap: { from: "nobody", to: "nobody", reason: "nobody" },
  system: { kind: "nobody", text: "nobody", session: "nobody", evidence: "nobody" },
  // What leads to a work leads to its author.
  work: { user: "people", workId: "sentence", url: "sentence", kind: "nobody", text: "sentence" },
  erased: {},
  unknown: { payload: "bytes", bytes: "nobody" },
};

/** Returns how a field of an event tells of people; one that no event has tells of nobody. */
export function tells(type: EventType, field: string): Tells<null> {
  const own: Readonly<Record<string, Tells<null>>> = OF_TYPE[type];
  const ofAll: Readonly<Record<string, Tells<null>>> = OF_ALL;
  return own[field] ?? ofAll[field] ?? "nobody";
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
