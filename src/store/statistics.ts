import type { RoomKey } from "./log.js";
import type { StatReading, Totals } from "./totals.js";

/** The key of a broadcast's statistics: its room_id. Events of no broadcast are counted under "". */
export type SessionKey = string;

/** The key of guests whose identity is hidden: they received it, and nobody can say who they are. */
export const HIDDEN_RECEIVER = "hidden";

/** A name as the event with the greatest seq told it; seq 0 is no name. */
export interface Named {
  name: string | null;
  nameSeq: number;
}

/** Gifts: acts of giving (combos), how many of them have ended, units, worth. Diamonds of one row stop at 2^63 − 1. */
export interface Given {
  combos: number;
  settled: number;
  units: number;
  diamonds: bigint;
  unpricedUnits: number;
}

/** What one person did in a broadcast. People without a known id are in no such row. */
export interface Person extends Named, Given {
  readonly userId: string;
  /** All their events. */
  events: number;
  chats: number;
  /** Likes, not like events. */
  likes: number;
  joins: number;
  follows: number;
  shares: number;
  /** Platform time, ms UTC. */
  firstAt: number;
  lastAt: number;
}

/** Who gave which gift to whom. */
export interface GiftLine extends Given {
  /** Null: people whose identity is hidden or unknown, many or one. */
  readonly userId: string | null;
  /** Null: the anchor, or nobody said. `hidden`: guests whose identity is hidden. */
  readonly receiverId: string | null;
  readonly giftId: string;
  gift: Named;
  receiver: Named;
}

/** What a combo adds: its name, whose it is, and whether an event has settled it. */
export interface ComboSeen {
  readonly userId: string | null;
  readonly line: string;
  settled: boolean;
}

/** What some events of one broadcast add to its statistics. */
export interface SessionDelta {
  readonly firstSeq: number;
  lastSeq: number;
  readonly totals: Totals;
  /** By minute of platform time: ms UTC / 60 000, rounded down. */
  readonly minutes: Map<number, Totals>;
  readonly people: Map<string, Person>;
  readonly lines: Map<string, GiftLine>;
  readonly combos: Map<string, ComboSeen>;
  readonly words: Map<string, number>;
  readonly emoji: Map<string, number>;
}

/** What some events of a room add. Parts may be added in any order, each exactly once. */
type Delta = ReadonlyMap<SessionKey, SessionDelta>;

/** What is to be counted next of a room: what is new, or a broadcast that was reset. */
export interface CountTask {
  readonly room: RoomKey;
  /** Null: everything that is new. */
  readonly sessionId: SessionKey | null;
  /** Events after this seq … */
  readonly after: number;
  /** … up to this one, included. */
  readonly until: number;
  /** Names the state of the statistics that this task belongs to. */
  readonly version: number;
}

/** A task that was carried out up to `scanned`. */
export interface Counted {
  readonly task: CountTask;
  readonly scanned: number;
  /** A range on the way whose events were no longer kept, so that they could not be counted. */
  readonly removed?: readonly [from: number, to: number];
  readonly delta: Delta;
}

/** What was counted of a broadcast. */
export interface SessionStatistics extends Pick<Given, "combos" | "settled"> {
  readonly sessionId: SessionKey;
  readonly totals: Totals;
  /** Different people: of any event, of chats, of gifts with units. People whose identity is hidden are not among them. */
  readonly people: number;
  readonly chatters: number;
  readonly gifters: number;
  readonly busiest: { readonly minute: number; readonly events: number } | null;
  /** Some of its events may have been removed before they were counted. */
  readonly partial: boolean;
  /** Events of the room that are still to be looked at. */
  readonly behind: number;
}

/** One minute of a broadcast. */
export interface Minute {
  readonly minute: number;
  readonly totals: Totals;
}

export const PEOPLE_ORDERS = ["diamonds", "units", "chats", "likes", "events"] as const;
/** What people are ranked by; who did nothing of it is left out. */
export type PeopleOrder = (typeof PEOPLE_ORDERS)[number];

export const GIFT_GROUPS = ["gift", "user", "receiver", "line"] as const;
/** What gifts are summed by. `user` leaves out those of people whose identity is hidden: they are no one's. */
export type GiftGroup = (typeof GIFT_GROUPS)[number];

/** A sum of gifts. What it is not summed by is null. */
export interface GiftSum extends Given {
  readonly userId: string | null;
  readonly userName: string | null;
  readonly receiverId: string | null;
  readonly receiverName: string | null;
  readonly giftId: string | null;
  readonly giftName: string | null;
  /** Where a page after this row begins. */
  readonly place: readonly [rank: number, units: number, key: string];
}

export const WORD_KINDS = ["word", "emoji"] as const;
export type WordKind = (typeof WORD_KINDS)[number];
/**
 * Different words (and emoji) that are kept of a broadcast: when there are more than the greater number, the least frequent go until the smaller
 * one is left. So a word that went and came again is counted too low by what it had; the frequent ones are exact.
 */
export const WORDS_MAX = 25_000;
export const WORDS_KEPT = 20_000;

export interface WordCount {
  readonly text: string;
  readonly count: number;
}

/** A person in one of the room's broadcasts. */
export interface PersonSession extends Person {
  readonly sessionId: SessionKey;
  /** Where a page after this row begins: greater is newer. */
  readonly place: number;
}

/** How far a room is counted. */
export interface Progress {
  readonly room: RoomKey;
  /** Events that are still to be looked at, those of broadcasts that are counted again included. */
  readonly behind: number;
}

/**
 * What the events of every broadcast add up to: computed from the log by a reader (`statistics/`), whose rows and cursor commit together.
 * They outlive the events: a removal (retention) takes nothing away. Events that are replaced (erase, redecode) have their broadcasts counted
 * again, from what is then kept.
 */
export interface Statistics {
  /** Rooms with something to do. */
  progress(): Promise<readonly Progress[]>;
  /** What is to be counted next; null when everything is. */
  task(room: RoomKey): Promise<CountTask | null>;
  /** Deletes some rows of broadcasts that were reset. @returns whether there are more */
  sweep(room: RoomKey): Promise<boolean>;
  /** Adds what was counted and moves on, both or neither. @returns false when the task was overtaken: nothing was added */
  commit(counted: Counted): Promise<boolean>;
  /** Forgets a broadcast's statistics; they are counted again from the log. */
  reset(room: RoomKey, sessionId: SessionKey): Promise<void>;
  /**
   * Takes a person out of what was counted of events that are no longer kept, from which nothing is counted again: their rows go, or stay under
   * another id; their gifts become those of hidden people.
   * @param as the id that stands for them; null for none
   */
  forget(userId: string, as: string | null): Promise<void>;
  /**
   * Drops the statistics of one broadcast of the room whose last event was before a time, if there is one; they are not counted again.
   * @param before platform time, ms UTC
   * @returns whether one was dropped
   */
  expire(room: RoomKey, before: number): Promise<boolean>;
  /** The statistics of these broadcasts; one of which nothing was counted is absent. */
  sessions(room: RoomKey, sessionIds: readonly SessionKey[]): Promise<ReadonlyMap<SessionKey, SessionStatistics>>;
  /** Minutes with events after a minute, in order of time. */
  minutes(room: RoomKey, sessionId: SessionKey, after: number, limit: number): Promise<readonly Minute[]>;
  /** People with the most first, then by id. @param after the last one of the page before */
  people(
    room: RoomKey,
    sessionId: SessionKey,
    by: PeopleOrder,
    limit: number,
    after?: readonly [value: bigint, userId: string],
  ): Promise<readonly Person[]>;
  /** Sums of gifts, those worth most first. @param userId only this person's */
  gifts(
    room: RoomKey,
    sessionId: SessionKey,
    ask: { readonly by: GiftGroup; readonly userId?: string; readonly limit: number; readonly after?: GiftSum["place"] },
  ): Promise<readonly GiftSum[]>;
  /** The most frequent words or emoji of a broadcast's chat. @param after the last one of the page before */
  words(room: RoomKey, sessionId: SessionKey, kind: WordKind, limit: number, after?: WordCount): Promise<readonly WordCount[]>;
  /** A person in the room's broadcasts, newest first. @param before the place of the last one of the page before */
  person(room: RoomKey, userId: string, limit: number, before?: number): Promise<readonly PersonSession[]>;
}

export type { StatReading as Reading, Totals as Tally };
