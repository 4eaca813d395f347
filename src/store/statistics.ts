import type { RoomKey } from "./log.js";
import type { Totals } from "./totals.js";

/** Largest count that a row holds: what a number of JavaScript holds exactly. */
export const COUNT_MAX = Number.MAX_SAFE_INTEGER;

/** Key of a broadcast's statistics: its room_id. Events of no broadcast are counted under "". */
export type SessionKey = string;

/** Key of guests whose identity is hidden: they received it, and nobody can say who they are. */
export const HIDDEN_RECEIVER = "hidden";

/** Name as the event with the greatest seq told it; seq 0 is no name. */
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
  /** Platform time of the first and the last event, ms UTC. */
  firstAt: number;
  lastAt: number;
}

/** Gifts of one kind from one person to one receiver. */
export interface GiftLine extends Given {
  /** Giver; null for people whose identity is hidden or unknown, many or one. */
  readonly userId: string | null;
  /** Receiver; null for the anchor, or when nobody said. `hidden`: guests whose identity is hidden. */
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
export interface RankSeen extends Named {
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
  /** Number of the room's events that are still to be looked at. */
  readonly behind: number;
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

/** Progress of a room: how many of its events are still to be worked through. */
export interface Progress {
  readonly room: RoomKey;
  /** Number of events that are still to be looked at, those of broadcasts that are counted again included. */
  readonly behind: number;
}
