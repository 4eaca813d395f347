import type { LiveEvent, LiveEventOf, RankEntry, User } from "../events/event.js";
import type { RoomKey } from "../store/log.js";
import {
  addTotals,
  emptyTotals,
  type GiftLine,
  type Given,
  HIDDEN_RECEIVER,
  type Named,
  type PersonFigures,
  plus,
  type SessionDelta,
  type Totals,
} from "../store/statistics.js";
import type { StoredEvent } from "../store/stored-event.js";
import type { Vocabulary } from "./words.js";

const MINUTE_MS = 60_000;

/**
 * Sums up what events of any rooms add to the statistics of their broadcasts; test events add nothing. A function of the events alone, and of each of
 * them apart: events may be cut into parts anywhere, and the parts added in any order.
 */
export function fold(rows: readonly Pick<StoredEvent, "room" | "event">[], vocabulary: Vocabulary): readonly SessionDelta[] {
  const deltas = new Map<string, SessionDelta>();
  for (const { room, event } of rows) {
    if (event.source === "test") continue;
    const key = `${room} ${event.sessionId ?? ""}`;
    const delta = deltas.get(key) ?? emptyDelta(room, event);
    deltas.set(key, delta);
    delta.lastSeq = event.seq;
    add(delta, event, vocabulary);
  }
  return [...deltas.values()];
}

function emptyDelta(room: RoomKey, { sessionId, seq }: LiveEvent): SessionDelta {
  return {
    ...{ room, sessionId: sessionId ?? "", firstSeq: seq, lastSeq: seq },
    totals: emptyTotals(),
    minutes: new Map(),
    people: new Map(),
    lines: new Map(),
    combos: new Map(),
    words: new Map(),
    emoji: new Map(),
    ranks: new Map(),
  };
}

function add(delta: SessionDelta, event: LiveEvent, vocabulary: Vocabulary): void {
  const one = totalsOfOne(event);
  addTotals(delta.totals, one);
  const minute = Math.floor(event.time / MINUTE_MS);
  const known = delta.minutes.get(minute);
  if (known === undefined) delta.minutes.set(minute, { minute, totals: one, firstSeq: event.seq });
  else {
    addTotals(known.totals, one);
    known.firstSeq = Math.min(known.firstSeq, event.seq);
  }
  if ("user" in event) addPerson(delta, event);
  addScores(delta, event);
  if (event.type === "gift" && event.test !== true) addGift(delta, event);
  if (event.type === "chat") addChat(delta, event, vocabulary);
}

function totalsOfOne(event: LiveEvent): Totals {
  const totals = emptyTotals();
  totals.types[event.type] = 1;
  totals.firstAt = event.time;
  totals.lastAt = event.time;
  if ("user" in event && event.user !== undefined && personId(event.user) === null) {
    totals.hidden.events = 1;
    totals.hidden.chats = event.type === "chat" ? 1 : 0;
  }
  switch (event.type) {
    case "gift": {
      const { units, diamonds, unpricedUnits } = worthOf(event);
      Object.assign(totals, { units, diamonds, unpricedUnits });
      if (personId(event.user) === null) Object.assign(totals.hidden, { units, diamonds });
      break;
    }
    case "like":
      totals.likes = whole(event.count);
      totals.likesTotal = event.total;
      break;
    case "stats":
      readOnline(totals, event, event.online);
      totals.viewers = event.totalViewers;
      break;
    case "join":
      readOnline(totals, event, event.memberCount);
      break;
    case "follow":
      if (event.followers !== null) totals.followers = { at: event.time, seq: event.seq, value: event.followers };
      break;
    case "gap":
      totals.gaps = 1;
      if (event.from === null) totals.unmeasuredGaps = 1;
      else totals.gapMs = whole(event.to - event.from);
      break;
    default:
      // Of these only their number is counted. A new type does not compile before it is decided here or above.
      event.type satisfies
        | "chat"
        | "share"
        | "leave"
        | "moderation"
        | "fansclub"
        | "rank"
        | "state"
        | "system"
        | "work"
        | "erased"
        | "unknown"
        | "control"
        | "notice"
        | "pin"
        | "product"
        | "battle"
        | "linkmic"
        | "lottery";
  }
  return totals;
}

function readOnline(totals: Totals, { time: at, seq }: LiveEvent, online: number | null): void {
  if (online === null) return;
  totals.online = { at, seq, value: online };
  totals.onlineMax = online;
}

function addPerson({ people }: SessionDelta, event: Extract<LiveEvent, { user?: unknown }>): void {
  const id = event.user === undefined ? null : personId(event.user);
  if (event.user === undefined || id === null) return;
  const person = people.get(id) ?? newPerson(id, event.time);
  people.set(id, person);
  countEvent(person, event, event.user.nickname);
  const { payLevel, fansClub } = event.user;
  person.level = higher(person.level, payLevel);
  person.club = higher(person.club, fansClub === null || fansClub.lapsed === true ? null : fansClub.level);
  if (event.type === "gift") give(person, worthOf(event));
}

/**
 * Notes what the platform's ranks say. Scores of the rank that has texts alone have no known unit, and those of one guest's contributors are of
 * one guest: neither bears witness.
 */
function addScores(delta: SessionDelta, event: LiveEvent): void {
  if (event.type === "rank" && event.list === "audience") for (const entry of event.entries) addScore(delta, "audience", entry, event.seq);
  if (event.type === "stats") for (const entry of event.ranks ?? []) addScore(delta, "viewers", entry, event.seq);
  if ("user" in event && event.user?.roomDiamonds !== undefined)
    addScore(delta, "own", { user: event.user, score: event.user.roomDiamonds }, event.seq);
}

function addScore({ ranks }: SessionDelta, list: string, { user, score }: Pick<RankEntry, "user" | "score">, seq: number): void {
  const userId = personId(user);
  if (userId === null || score === null || !Number.isSafeInteger(score)) return;
  const key = `${list} ${userId}`;
  const known = ranks.get(key) ?? { list, userId, name: null, nameSeq: 0, firstSeq: seq, first: score, high: score };
  ranks.set(key, known);
  Object.assign(known, newestName(known, namedBy(user.nickname, seq)));
  if (seq < known.firstSeq) Object.assign(known, { firstSeq: seq, first: score });
  known.high = Math.max(known.high, score);
}

function addGift(delta: SessionDelta, event: LiveEventOf<"gift">): void {
  const { user, receiver, gift, comboId, settled } = event;
  const userId = personId(user);
  const receiverId = receiver === null ? null : (personId(receiver) ?? HIDDEN_RECEIVER);
  const key = lineKey({ userId, receiverId, giftId: gift.id });
  const names = {
    gift: namedBy(gift.name, event.seq),
    receiver: namedBy(receiverId === HIDDEN_RECEIVER ? null : receiver?.nickname, event.seq),
  };
  const line = delta.lines.get(key) ?? { userId, receiverId, giftId: gift.id, ...names, ...nothingGiven() };
  delta.lines.set(key, line);
  give(line, worthOf(event));
  line.gift = newestName(line.gift, names.gift);
  line.receiver = newestName(line.receiver, names.receiver);
  const combo = delta.combos.get(comboId);
  if (combo === undefined) delta.combos.set(comboId, { userId, line: key, settled });
  else combo.settled ||= settled;
}

function addChat(delta: SessionDelta, event: LiveEventOf<"chat">, vocabulary: Vocabulary): void {
  // The passphrase of a lucky bag is what the bag asks for, not what people say.
  if (event.luckyBag) return;
  for (const word of vocabulary.wordsOf(event.text)) delta.words.set(word, (delta.words.get(word) ?? 0) + 1);
  for (const emoji of vocabulary.emojiOf(event)) delta.emoji.set(emoji, (delta.emoji.get(emoji) ?? 0) + 1);
}

function worthOf({ delta, diamonds, test }: LiveEventOf<"gift">): Worth {
  // No person gave it: the Open Platform made it to try an app.
  if (test === true) return { units: 0, diamonds: 0n, unpricedUnits: 0 };
  const units = whole(delta);
  return { units, diamonds: BigInt(whole(diamonds ?? 0)), unpricedUnits: diamonds === null ? units : 0 };
}

/**
 * Returns the id by which a person is counted; only a known id tells who they are. Masked people all look alike, and are never taken for
 * one.
 */
function personId(user: User): string | null {
  return user.masked ? null : user.id;
}

/** Makes a person of whom nothing is counted yet. @param at ms UTC of their first event */
function newPerson(userId: string, at: number): PersonFigures {
  const counts = { events: 0, chats: 0, likes: 0, joins: 0, follows: 0, shares: 0 };
  return { userId, name: null, nameSeq: 0, ...counts, ...nothingGiven(), level: null, club: null, firstAt: at, lastAt: at };
}

/** Returns the higher of two levels; null where neither is known. */
function higher(one: number | null, other: number | null): number | null {
  if (other === null || !Number.isSafeInteger(other) || other < 0) return one;
  return one === null ? other : Math.max(one, other);
}

/** Counts an event of a person; of a gift, that it was one, but not what it was worth. */
function countEvent(person: PersonFigures, event: LiveEvent, name: string | null): void {
  if (name !== null) Object.assign(person, namedBy(name, event.seq));
  person.events++;
  person.firstAt = Math.min(person.firstAt, event.time);
  person.lastAt = Math.max(person.lastAt, event.time);
  if (event.type === "chat") person.chats++;
  else if (event.type === "join") person.joins++;
  else if (event.type === "follow") person.follows++;
  else if (event.type === "share") person.shares++;
  else if (event.type === "like") person.likes = plus(person.likes, whole(event.count));
}

/** Returns a sum of no gifts. */
function nothingGiven(): Given {
  return { combos: 0, settled: 0, units: 0, diamonds: 0n, unpricedUnits: 0 };
}

/** Units and diamonds that one gift event brought. */
type Worth = Pick<Given, "units" | "diamonds" | "unpricedUnits">;

/** Adds what a gift event brought. */
function give(given: Given, { units, diamonds, unpricedUnits }: Worth): void {
  given.units = plus(given.units, units);
  given.diamonds += diamonds;
  given.unpricedUnits = plus(given.unpricedUnits, unpricedUnits);
}

/** Returns a name with the event that had it; none when it had none. */
function namedBy(name: string | null | undefined, seq: number): Named {
  return name === null || name === undefined ? { name: null, nameSeq: 0 } : { name, nameSeq: seq };
}

/** Returns a count of an event; what is none (in an imported event) counts as 0. */
function whole(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** Returns the name that the event with the greater seq had. */
function newestName({ name, nameSeq }: Named, from: Named): Named {
  return from.nameSeq > nameSeq ? { name: from.name, nameSeq: from.nameSeq } : { name, nameSeq };
}

/** Returns the key of who gave what to whom. Ids hold no spaces: they are digits, or written by us. */
function lineKey({ userId, receiverId, giftId }: Pick<GiftLine, "userId" | "receiverId" | "giftId">): string {
  return `${userId ?? ""} ${receiverId ?? ""} ${giftId}`;
}
