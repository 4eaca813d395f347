import type { EventType } from "../events/event.js";
import type { RoomKey } from "./log.js";
import type { Session } from "./rooms.js";

/** Largest count that a row holds: what a number of JavaScript holds exactly. */
export const COUNT_MAX = Number.MAX_SAFE_INTEGER;

/** Key of a broadcast's statistics: its room_id. Events of no broadcast are counted under "". */
export type SessionKey = string;

/** Key of guests whose identity is hidden: they received it, and who they are is not known. */
export const HIDDEN_RECEIVER = "hidden";

/** Name in the event with the greatest seq; seq 0 is no name. */
export interface Named {
  name: string | null;
  nameSeq: number;
}

/** Counts of gifts: acts of giving (combos), how many of them have ended, units, worth. Diamonds of one row stop at 2^63 − 1. */
export interface Given {
  combos: number;
  settled: number;
  units: number;
  diamonds: bigint;
  unpricedUnits: number;
}

/** Activity of one person in a broadcast. People without a known id are in no such row. */
export interface PersonFigures extends Named, Given {
  readonly userId: string;
  /** Number of all their events. */
  events: number;
  chats: number;
  /** Number of likes, not of like events. */
  likes: number;
  joins: number;
  follows: number;
  shares: number;
  /** Highest consumption grade (财富等级) in their events; null where none did. */
  level: number | null;
  /** Highest level in the room's fans club in their events, of a membership that has not lapsed; null where none did. */
  club: number | null;
  /** Platform time of the first and the last event, ms UTC. */
  firstAt: number;
  lastAt: number;
}

/** Gifts of one kind from one person to one receiver. */
export interface GiftLine extends Given {
  /** Giver; null for people whose identity is hidden or unknown, many or one. */
  readonly userId: string | null;
  /** Receiver; null for the anchor, or when the platform did not say. `hidden`: guests whose identity is hidden. */
  readonly receiverId: string | null;
  readonly giftId: string;
  gift: Named;
  receiver: Named;
}

/** Combo as some events show it: whose it is, and whether an event has settled it. */
interface ComboSeen {
  readonly userId: string | null;
  readonly line: string;
  settled: boolean;
}

/** Score of a person in one of the platform's ranks, as some events show it. */
interface RankSeen extends Named {
  readonly list: string;
  readonly userId: string;
  /** Event that showed it first, and the score there. */
  firstSeq: number;
  first: number;
  high: number;
}

/**
 * Diamonds that the platform's ranks say were given, at least: the rises of scores since they were first seen. `received`: how many of these the
 * gifts explain that reached us. Never part of any sum of gifts.
 */
export interface Witness {
  readonly witnessed: number;
  readonly received: number;
}

/** Figures of one person by the ranks. */
export interface PersonWitness extends Witness {
  readonly userId: string;
  readonly name: string | null;
}

/** Statistics that some events of one broadcast add to it. */
export interface SessionDelta {
  readonly room: RoomKey;
  readonly sessionId: SessionKey;
  readonly firstSeq: number;
  lastSeq: number;
  readonly totals: Totals;
  /** Minutes of platform time: ms UTC / 60 000, rounded down. */
  readonly minutes: Map<number, Minute>;
  readonly people: Map<string, PersonFigures>;
  readonly lines: Map<string, GiftLine>;
  readonly combos: Map<string, ComboSeen>;
  readonly words: Map<string, number>;
  readonly emoji: Map<string, number>;
  readonly ranks: Map<string, RankSeen>;
}

/** Statistics of a broadcast. */
export interface SessionStatistics extends Pick<Given, "combos" | "settled"> {
  readonly sessionId: SessionKey;
  readonly totals: Totals;
  /** Numbers of different people: of any event, of chats, of gifts with units. People whose identity is hidden are not among them. */
  readonly people: number;
  readonly chatters: number;
  readonly gifters: number;
  readonly witness: Witness;
  readonly busiest: { readonly minute: number; readonly events: number } | null;
  /** Whether some of its events may have been removed before they were counted. */
  readonly partial: boolean;
  /** Number of positions of the log that are still to be counted; while the broadcast is counted again, what is left of that too. */
  readonly behind: number;
  readonly isCountedAgain: boolean;
}

/** One minute of a broadcast. */
export interface Minute {
  readonly minute: number;
  readonly totals: Totals;
  /** Seq of its event that was stored first: what happened in it is read from there. */
  firstSeq: number;
}

export const PEOPLE_ORDERS = ["diamonds", "units", "chats", "likes", "events"] as const;
/** Count that people are ranked by; people who did nothing of it are left out. */
export type PeopleOrder = (typeof PEOPLE_ORDERS)[number];

export const GIFT_GROUPS = ["gift", "user", "receiver", "line"] as const;
/** Key that gifts are summed by. `user` leaves out those of people whose identity is hidden: they are no one's. */
export type GiftGroup = (typeof GIFT_GROUPS)[number];

/** Sum of gifts. What it is not summed by is null. */
export interface GiftSum extends Given {
  readonly userId: string | null;
  readonly userName: string | null;
  readonly receiverId: string | null;
  readonly receiverName: string | null;
  readonly giftId: string | null;
  readonly giftName: string | null;
  /** Place where a page after this row begins. */
  readonly place: readonly [rank: number, units: number, key: string];
}

export const WORD_KINDS = ["word", "emoji"] as const;
export type WordKind = (typeof WORD_KINDS)[number];
/**
 * Most different words (and emoji) that are kept of a broadcast: when there are more than the greater number, the least frequent go until
 * the smaller one is left. A word that went and came again is thus counted too low by what it had; the frequent ones are exact.
 */
export const WORDS_MAX = 25_000;
export const WORDS_KEPT = 20_000;

export interface WordCount {
  readonly text: string;
  readonly count: number;
}

/** Person in one of the room's broadcasts. */
export interface PersonSession extends PersonFigures {
  readonly sessionId: SessionKey;
  /** Place where a page after this row begins: greater is newer. */
  readonly place: number;
}

/** Person in one room, over all of its broadcasts. */
export interface PersonRoom extends Omit<PersonFigures, "name" | "nameSeq"> {
  readonly room: RoomKey;
  /** Newest name that they had in the room. */
  readonly name: string | null;
  /** Number of broadcasts in which they were seen; what belongs to no broadcast counts as one. */
  readonly sessions: number;
}

export const BROADCAST_ORDERS = [
  "openedAt",
  "length",
  "viewers",
  "peak",
  "chats",
  "gifters",
  "diamonds",
  "diamondsPerMinute",
  "follows",
] as const;
/** Figure that broadcasts of many rooms are ordered by; those of which it is unknown come last. */
export type BroadcastOrder = (typeof BROADCAST_ORDERS)[number];

/** Conditions for a list of broadcasts of many rooms. */
export interface WhichBroadcasts {
  readonly by: BroadcastOrder;
  /** Whether the least comes first. */
  readonly ascending?: boolean;
  /** Only of these rooms; null for all. */
  readonly among: readonly RoomKey[] | null;
  /** Only those that began at this time or later, ms UTC. */
  readonly from?: number;
  /** Only those that began before this time, ms UTC. */
  readonly to?: number;
  /** Part of the title or of the anchor's name; capitals of A to Z do not matter. */
  readonly text?: string;
  /** Place of the last one of the page before. */
  readonly after?: RankedBroadcast["place"];
}

/** Broadcast in a list of those of many rooms. */
export interface RankedBroadcast {
  readonly session: Session;
  /** Place where a page after it begins. */
  readonly place: readonly [value: number, openedAt: number, n: number];
}

/** Search for people by their names. */
export interface NameSearch {
  /** Part of the name, or the whole id. Capitals and the width of letters do not matter. */
  readonly text: string;
  /** Only people who were seen in these rooms; null for all. */
  readonly among: readonly RoomKey[] | null;
  /** Place where the page before ended. */
  readonly after?: NonNullable<FoundPeople["place"]>;
}

/** Person who was found, over all broadcasts that were searched. */
export interface FoundPerson extends Omit<PersonRoom, "room" | "level" | "club"> {
  /** Name that was looked for, as a broadcast had it; null where the person was found by their id. */
  readonly foundAs: string | null;
  readonly rooms: number;
  /** Room in which they were last. */
  readonly lastRoom: RoomKey;
}

/** Page of people who were found; it may hold fewer than asked for, or none, while there is a place to go on from. */
export interface FoundPeople {
  /** Each once: those of the broadcasts that were counted last first. */
  readonly people: readonly FoundPerson[];
  /** Place to go on from; null when all has been looked at. */
  readonly place: readonly [n: number, userId: string] | null;
}

/** People of a broadcast by a trait: so many of them have this level, or this level in the room's club. */
export interface LevelCount {
  readonly level: number;
  readonly people: number;
}

/** Portrait of the people of a broadcast who can be distinguished. */
export interface SessionAudience {
  readonly people: number;
  /** Number of them who were in no broadcast of the room that was counted before this one; null where none was. */
  readonly newcomers: number | null;
  readonly gifters: number;
  /** Number of these who gave nothing in any broadcast of the room that was counted before this one; null where none was. */
  readonly firstGifters: number | null;
  /** Consumption grades, lowest first; those whose grade is not known are in none. */
  readonly levels: readonly LevelCount[];
  /** Levels in the room's fans club, lowest first; who is in none was no member, as far as is known. */
  readonly clubLevels: readonly LevelCount[];
  /** Diamonds of all of them, and of those alone who gave most: the first one, ten and hundred. */
  readonly diamonds: bigint;
  readonly top: { readonly one: bigint; readonly ten: bigint; readonly hundred: bigint };
}

/** Value that changes in the course of a broadcast, in the newest event by the platform's time, of those of one time the last stored. */
interface StatReading {
  /** Platform time, ms UTC. */
  at: number;
  seq: number;
  value: number;
}

/** Totals of the events of a broadcast, or of one minute of it. Counts stop at 2^53 − 1; sums of diamonds have no bound. */
export interface Totals {
  /** Events by type; a type without events is absent. */
  types: Partial<Record<EventType, number>>;
  /** Units of gifts: the sum of `delta`. */
  units: number;
  /** Worth of the gifts, as far as their prices are known: the sum of `diamonds`. */
  diamonds: bigint;
  /** Units whose price is unknown; they are part of `units`, and of no sum of diamonds. */
  unpricedUnits: number;
  /** Likes that reached us: the sum of `count`. */
  likes: number;
  /** Largest total of likes that the platform reported. */
  likesTotal: number | null;
  /** Number of people in the room, as last reported, and at most. */
  online: StatReading | null;
  onlineMax: number | null;
  /** Number of people who had ever been in the room, at most. */
  viewers: number | null;
  /** Number of the anchor's followers, as last reported. */
  followers: StatReading | null;
  gaps: number;
  /** Length of the gaps, as far as that is known, ms. */
  gapMs: number;
  /** Number of gaps of unknown length. */
  unmeasuredGaps: number;
  /** Events of people whose identity is hidden or unknown: they are many people or one, so they are no person's. */
  hidden: { events: number; chats: number; units: number; diamonds: bigint };
  /** Platform time of the earliest and the latest event, ms UTC. */
  firstAt: number | null;
  lastAt: number | null;
}

/** Returns the totals of no events. */
export function emptyTotals(): Totals {
  return {
    types: {},
    units: 0,
    diamonds: 0n,
    unpricedUnits: 0,
    likes: 0,
    likesTotal: null,
    online: null,
    onlineMax: null,
    viewers: null,
    followers: null,
    gaps: 0,
    gapMs: 0,
    unmeasuredGaps: 0,
    hidden: { events: 0, chats: 0, units: 0, diamonds: 0n },
    firstAt: null,
    lastAt: null,
  };
}

/** Adds totals to others. In whatever order parts are added, the whole is the same. */
export function addTotals(into: Totals, from: Totals): void {
  for (const [type, count] of Object.entries(from.types)) into.types[type as EventType] = plus(into.types[type as EventType] ?? 0, count);
  into.units = plus(into.units, from.units);
  into.diamonds += from.diamonds;
  into.unpricedUnits = plus(into.unpricedUnits, from.unpricedUnits);
  into.likes = plus(into.likes, from.likes);
  into.likesTotal = most(into.likesTotal, from.likesTotal);
  into.online = newest(into.online, from.online);
  into.onlineMax = most(into.onlineMax, from.onlineMax);
  into.viewers = most(into.viewers, from.viewers);
  into.followers = newest(into.followers, from.followers);
  into.gaps = plus(into.gaps, from.gaps);
  into.gapMs = plus(into.gapMs, from.gapMs);
  into.unmeasuredGaps = plus(into.unmeasuredGaps, from.unmeasuredGaps);
  into.hidden.events = plus(into.hidden.events, from.hidden.events);
  into.hidden.chats = plus(into.hidden.chats, from.hidden.chats);
  into.hidden.units = plus(into.hidden.units, from.hidden.units);
  into.hidden.diamonds += from.hidden.diamonds;
  into.firstAt = least(into.firstAt, from.firstAt);
  into.lastAt = most(into.lastAt, from.lastAt);
}

/** Returns the number of all events. */
export function eventsOf({ types }: Totals): number {
  return Object.values(types).reduce(plus, 0);
}

/** Adds two counts to an exact integer: beyond 2^53 − 1 it stops there. */
export function plus(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Returns the larger of two values of which either may be unknown. */
function most(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}

/** Returns the smaller of two values of which either may be unknown. */
function least(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a;
}

/** Returns the newer reading. */
function newest(a: StatReading | null, b: StatReading | null): StatReading | null {
  return a === null || (b !== null && (b.at - a.at || b.seq - a.seq) > 0) ? b : a;
}

/** Returns totals as JSON text; diamonds as text, since they may not fit a number. */
export function totalsText(totals: Totals): string {
  return JSON.stringify(totals, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

/** Returns the totals of a {@link totalsText}. */
export function totalsOf(text: string): Totals {
  const totals = JSON.parse(text) as Totals;
  totals.diamonds = BigInt(totals.diamonds);
  totals.hidden.diamonds = BigInt(totals.hidden.diamonds);
  return totals;
}
