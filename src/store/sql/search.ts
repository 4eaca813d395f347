import type { LiveEvent } from "../../events/event.js";
import type { Removal, RoomKey } from "../log.js";
import { PAGE_BYTES } from "../page.js";
import { type Found, type FoundAnywhere, isFound, queryOf, type SearchAsk, type SearchPlace, type SearchTime } from "../search.js";
import type { Progress } from "../statistics.js";
import { eventOf } from "../stored-event.js";
import { type EventTable, lockIndex, notDeleted } from "./log.js";
import { arrays, arraysWithin, row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Most events that one call compares: more would hold up other jobs. */
const SEARCH_TRIES = 5_000;
/** Number of them that a look at the index is worth, which may find nothing. */
const LEAST_TRIES = 50;
/** Events that one step puts into the index: their words take some 10 ms, for which SQLite's write lock is held. */
const STEP_EVENTS = 500;
/**
 * Hits that are asked for at once in a room: few at first, since the first page is often enough, then twice as many each time, up to the
 * most.
 */
const FIRST_HITS = 20;
const MOST_HITS = 1280;
/** Seqs that one call of `verify` compares: some 50 ms. */
const VERIFY_SEQS = 20_000;
/** Step between events whose words are compared, one in so many: each may be a search of its own. */
const VERIFY_WORDS_EVERY = 97;

const FROM = "FROM heads h LEFT JOIN search_rooms s ON s.room = h.room";
const BEHIND = "h.head - coalesce(s.indexed, 0)";

/** Result of comparing some of the index with the log. */
interface Verified {
  /** Seqs up to this one were compared. */
  readonly scanned: number;
  /** Seqs whose event is not in the index as it should be, or that are in the index and not kept. */
  readonly wrong: readonly number[];
}

/** Event of the log, and the bytes of its text. */
export interface IndexedEvent {
  readonly event: LiveEvent;
  readonly bytes: number;
}

/** Event that the index gives for a search, and the day that it is under, where the engine has such. */
export interface Hit {
  readonly seq: number;
  readonly day?: number;
}

/** Event of any room that the index gives for a search, with its platform time, and the day that it is under, where the engine has such. */
export interface TimedHit extends SearchTime {
  readonly day?: number;
}

/** Hits of a search of all rooms, newest first, and the place from which there may be more; null when there are none. */
export interface TimedHits {
  readonly hits: readonly TimedHit[];
  readonly next: SearchTime | null;
}

/** Search in all rooms, or in many. */
interface AskAnywhere extends Omit<SearchAsk, "places"> {
  /** Rooms that may be found; null: all. The system's never is. */
  readonly among: readonly RoomKey[] | null;
}

/** Full-text index of an engine, by words of ours (`store/search.ts`). */
export interface SearchIndex {
  /** Adds events, in order of seq. */
  add(room: RoomKey, events: readonly IndexedEvent[]): SqlWork<void>;
  /** Forgets everything, also how far rooms are indexed. */
  reset(): SqlWork<void>;
  /** As `Search.purge`. */
  purge(begin: boolean): SqlWork<boolean>;
  /** Returns events of a room from the newest on that fulfil a query of {@link queryOf} and are in the span of time. */
  hits(place: SearchPlace, ask: Pick<SearchAsk, "from" | "to">, query: string, count: number): SqlWork<readonly Hit[]>;
  /** Returns events of all rooms, newest first, that fulfil a query of {@link queryOf}, are in the span of time and come before a place. */
  anywhere(before: SearchTime, ask: Pick<AskAnywhere, "from" | "to" | "among">, query: string, count: number): SqlWork<TimedHits>;
  /** Returns seqs of a range that are only in the index, or only in the log. */
  apart(days: readonly number[], room: RoomKey, range: Removal): SqlWork<readonly number[]>;
  /** Returns the seqs of those of these events whose words are not in the index as they should be. */
  others(days: readonly number[], room: RoomKey, events: readonly LiveEvent[]): SqlWork<readonly number[]>;
}

/**
 * Index of what events are found by, made from the log by steps whose rows and cursor commit together. Replaced and removed events leave it
 * in the transaction that replaces or removes them.
 */
export type Search = ReturnType<typeof sqlSearch>;

/** Returns the search of a database. */
export function sqlSearch({ dialect, ask, read, lane }: SqlDatabase, table: EventTable, index: SearchIndex) {
  const write = lane();
  const indexedOf = function* (room: RoomKey): SqlWork<number> {
    return (yield* row<{ indexed: number }>("SELECT indexed FROM search_rooms WHERE room = $1", room))?.indexed ?? 0;
  };
  return {
    /** Returns the rooms with events that the index has not got yet. */
    progress: (): Promise<readonly Progress[]> =>
      ask(() => rows<Progress>(`SELECT h.room, ${BEHIND} AS behind ${FROM} WHERE ${BEHIND} > 0 ORDER BY h.room`)),
    /** Puts the next events of a room into the index. @returns whether there may be more */
    advance: (room: RoomKey): Promise<boolean> =>
      write(function* () {
        const { behind = 0, head = 0 } =
          (yield* row<{ behind: number; head: number }>(`SELECT h.head, ${BEHIND} AS behind ${FROM} WHERE h.room = $1`, room)) ?? {};
        // Nothing is written then: that would be a commit on the disk.
        if (behind <= 0) return false;
        const indexed = yield* lockIndex(room);
        if (indexed >= head) return true;
        const range = { from: indexed + 1, to: head };
        const { sql, values } = table.within(yield* table.days(room, range), room, range);
        const { rows: stored, cut } = yield* arraysWithin<[seq: number, body: string]>(
          { of: "body", by: table.order, bytes: PAGE_BYTES },
          `SELECT seq, body FROM events WHERE ${sql} ORDER BY ${table.order} LIMIT ${STEP_EVENTS}`,
          ...values,
        );
        yield* index.add(
          room,
          stored.map(([seq, body]) => ({ event: eventOf(room, seq, body), bytes: Buffer.byteLength(body) })),
        );
        const last = !cut && stored.length < STEP_EVENTS ? head : (stored.at(-1)?.[0] ?? head);
        yield* run("UPDATE search_rooms SET indexed = $2 WHERE room = $1", room, last);
        return true;
      }),
    /** Forgets the whole index; it is made again from the log. */
    reset: (): Promise<void> => write(() => index.reset()),
    /** Finds events. @throws DyliveError bad_request when nothing is asked for, or the text is too short or too long */
    find: (asked: SearchAsk, limit: number): Promise<Found> => read(() => find(asked, limit)),
    /** Finds events of any number of rooms, however many there are. @throws DyliveError as `find` does */
    findAnywhere: (asked: AskAnywhere, before: SearchTime, limit: number): Promise<FoundAnywhere> =>
      read(() => findAnywhere(asked, before, limit)),
    /**
     * Rewrites some of the index, so that the words of events that left it are gone from its pages too.
     * @param begin whether to begin: the calls after it go on
     * @returns whether there is more to do
     */
    purge: (begin: boolean): Promise<boolean> => write(() => index.purge(begin)),
    /** Compares the index with the log after a seq; null when there is no more to compare. */
    verify: (room: RoomKey, after: number): Promise<Verified | null> =>
      read(function* () {
        const indexed = yield* indexedOf(room);
        if (after >= indexed) return null;
        const range = { from: after + 1, to: Math.min(after + VERIFY_SEQS, indexed) };
        const days = yield* table.days(room, range);
        const { sql, values } = table.within(days, room, range);
        const sample = yield* rows<{ seq: number; body: string }>(
          `SELECT seq, body FROM events WHERE ${sql} AND seq % ${VERIFY_WORDS_EVERY} = 0`,
          ...values,
        );
        const events = sample.map(({ seq, body }) => eventOf(room, seq, body));
        const wrong = [...(yield* index.apart(days, room, range)), ...(yield* index.others(days, room, events))];
        return { scanned: range.to, wrong: [...new Set(wrong)].sort((a, b) => a - b) };
      }),
  };

  /** Merges what is found in rooms, newest first, until the page is full, all is looked at, or enough events were looked at. */
  function* find(asked: SearchAsk, limit: number): SqlWork<Found> {
    const began = performance.now();
    const query = queryOf(asked);
    const streams = asked.places.map((place) => new RoomSearch(table, index, place, asked, query));
    const sum = yield* row<{ behind: number }>(
      `SELECT CAST(coalesce(sum(${BEHIND}), 0) AS bigint) AS behind ${FROM} WHERE h.room ${dialect.among("$1", "bigint")}`,
      asked.places.map(({ room }) => room),
    );
    const events: LiveEvent[] = [];
    let tries = SEARCH_TRIES;
    for (const stream of streams) tries -= yield* stream.look(tries);
    // Which hit is the newest is known only while every room has shown its next one, or has none.
    while (events.length < limit && streams.every(({ hit, isDone }) => hit !== null || isDone)) {
      let newest: RoomSearch | null = null;
      for (const stream of streams)
        if (stream.hit !== null && stream.hit.time > (newest?.hit?.time ?? Number.NEGATIVE_INFINITY)) newest = stream;
      if (newest === null) break;
      events.push(newest.take());
      tries -= yield* newest.look(tries);
    }
    const left = streams.filter(({ hit, isDone }) => hit !== null || !isDone);
    const places = left.length === 0 ? null : left.map(({ room, before }) => ({ room, before }));
    return { events, places, behind: sum?.behind ?? 0, ms: performance.now() - began };
  }

  /** Goes through all rooms together, newest first, until the page is full, all is looked at, or enough events were looked at. */
  function* findAnywhere(asked: AskAnywhere, from: SearchTime, limit: number): SqlWork<FoundAnywhere> {
    const began = performance.now();
    const query = queryOf(asked);
    const { among } = asked;
    const isMeant = among === null ? "" : `AND h.room ${dialect.among("$1", "bigint")}`;
    const sum = yield* row<{ behind: number }>(
      `SELECT CAST(coalesce(sum(${BEHIND}), 0) AS bigint) AS behind ${FROM} JOIN rooms r ON r.room = h.room WHERE h.room > 0 AND r.watched >= 0 ${isMeant}`,
      ...(among === null ? [] : [among]),
    );
    const events: LiveEvent[] = [];
    let before: SearchTime | null = from;
    let count = FIRST_HITS;
    for (let tries = SEARCH_TRIES; before !== null && events.length < limit && tries > 0; ) {
      const { hits, next }: TimedHits = yield* index.anywhere(before, asked, query, Math.min(count, tries));
      const bodies = yield* bodiesOf(hits);
      tries -= Math.max(hits.length, LEAST_TRIES);
      count = Math.min(2 * count, MOST_HITS);
      before = next;
      for (const [at, { room, seq, time }] of hits.entries()) {
        const body = bodies.get(`${room}:${seq}`);
        const event = body === undefined ? null : eventOf(room, seq, body);
        if (event === null || !isFound(event, asked)) continue;
        events.push(event);
        if (events.length < limit) continue;
        if (at < hits.length - 1) before = { time, room, seq };
        break;
      }
    }
    return { events, before, behind: sum?.behind ?? 0, ms: performance.now() - began };
  }

  /** Returns the events of hits as they are stored, by `room:seq`, without those that are being deleted. */
  function* bodiesOf(hits: readonly TimedHit[]): SqlWork<ReadonlyMap<string, string>> {
    const byRoom = new Map<RoomKey, TimedHit[]>();
    for (const hit of hits) {
      const own = byRoom.get(hit.room);
      if (own === undefined) byRoom.set(hit.room, [hit]);
      else own.push(hit);
    }
    const bodies = new Map<string, string>();
    const kept = `SELECT room FROM rooms WHERE room ${dialect.among("$1", "bigint")} AND watched >= 0`;
    for (const { room } of yield* rows<{ room: RoomKey }>(kept, [...byRoom.keys()])) {
      const own = byRoom.get(room) ?? [];
      const days = [...new Set(own.flatMap(({ day }) => day ?? []))];
      const { sql, values } = table.at(
        days,
        room,
        own.map(({ seq }) => seq),
      );
      const found = yield* arrays<[seq: number, body: string]>(
        `SELECT seq, body FROM events WHERE ${sql} AND ${notDeleted(`$${values.length + 1}`)}`,
        ...[...values, room],
      );
      for (const [seq, body] of found) bodies.set(`${room}:${seq}`, body);
    }
    return bodies;
  }
}

/** Search on its way through one room. */
class RoomSearch {
  readonly room: RoomKey;
  /** The newest event that is found and was not taken yet. */
  hit: LiveEvent | null = null;
  /** Seq that the search has come to: events with a smaller one are still to be looked at, or are {@link hit}. */
  before: number;
  /** Whether all has been looked at. */
  isDone = false;
  readonly #table: EventTable;
  readonly #index: SearchIndex;
  readonly #ask: SearchAsk;
  readonly #query: string;
  /** Events that the index gave and nobody has compared yet, as they are stored; undefined for one that is not kept. */
  #candidates: (readonly [seq: number, body: string | undefined])[] = [];
  #count = FIRST_HITS;
  /** Seq before which the index is to be asked next; null when it has no more. */
  #next: number | null;

  constructor(table: EventTable, index: SearchIndex, { room, before }: SearchPlace, ask: SearchAsk, query: string) {
    this.room = room;
    this.before = before;
    this.#next = before;
    this.#table = table;
    this.#index = index;
    this.#ask = ask;
    this.#query = query;
  }

  /** Looks for the next hit, unless there is one. @param most events that are compared @returns how many were */
  *look(most: number): SqlWork<number> {
    let tries = 0;
    while (this.hit === null && !this.isDone && tries < most) {
      if (this.#candidates.length === 0 && this.#next !== null) this.#candidates = yield* this.#more(this.#next);
      const next = this.#candidates.shift();
      if (next === undefined) {
        this.isDone = true;
        break;
      }
      tries++;
      const [seq, body] = next;
      const event = body === undefined ? null : eventOf(this.room, seq, body);
      if (event !== null && isFound(event, this.#ask)) this.hit = event;
      else this.before = seq;
    }
    return tries;
  }

  /** Takes the hit, of which there is one. */
  take(): LiveEvent {
    const { hit } = this;
    if (hit === null) throw new TypeError("nothing was found");
    this.before = hit.seq;
    this.hit = null;
    return hit;
  }

  *#more(before: number) {
    const { room } = this;
    const hits = yield* this.#index.hits({ room, before }, this.#ask, this.#query, this.#count);
    this.#next = hits.length < this.#count ? null : (hits.at(-1)?.seq ?? null);
    this.#count = Math.min(2 * this.#count, MOST_HITS);
    if (hits.length === 0) return [];
    const days = [...new Set(hits.flatMap(({ day }) => day ?? []))];
    const seqs = hits.map(({ seq }) => seq);
    const { sql, values } = this.#table.at(days, room, seqs);
    const bodies = new Map(
      yield* arrays<[seq: number, body: string]>(
        `SELECT seq, body FROM events WHERE ${sql} AND ${notDeleted(`$${values.length + 1}`)}`,
        ...[...values, room],
      ),
    );
    return seqs.map((seq) => [seq, bodies.get(seq)] as const);
  }
}
