import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import { AppendObservers } from "../append-health.js";
import type { Appended, AppendObserver, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "../log.js";
import { type Plan, pageOf, planBackward, planForward, type Removal } from "../page.js";
import type { Value } from "../sql/work.js";
import { eventOf, StoredEvent } from "../stored-event.js";
import { Waker } from "../waker.js";
import { Flusher, prepareBatch } from "./append.js";
import { removeEvents, replaceEvents } from "./change.js";
import { type PostgresConnection, SerialWriter } from "./connection.js";
import { dayOf } from "./day.js";
import { Days } from "./days.js";
import type { PostgresSession } from "./session.js";
import { type Head, HeadWatch, tellOthers } from "./wakes.js";

/** Events deleted in one transaction: meanwhile nothing is appended to the room. */
const REMOVE_CHUNK = 2000;

const BY_ID = "FROM events WHERE day = ANY($1::integer[]) AND room = $2 AND id = ANY($3::text[])";

type Range = { readonly oldest: number; readonly head: number };

/** Log in PostgreSQL. `close` closes the whole store. */
export class PostgresLog implements Log {
  readonly id: string;
  readonly #connection: PostgresConnection;
  readonly #flusher: Flusher;
  readonly #changes: SerialWriter;
  readonly #observers = new AppendObservers();
  readonly #waker: Waker;
  readonly #watch: HeadWatch;

  constructor(connection: PostgresConnection, id: string) {
    this.id = id;
    this.#connection = connection;
    this.#flusher = new Flusher(connection, new Days(connection));
    this.#changes = new SerialWriter(connection);
    this.#watch = new HeadWatch(connection, (rooms) => this.#waker.notify(rooms));
    this.#waker = new Waker(this.#watch.start);
    connection.onClose(() => this.#waker.close());
  }

  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    const append = async () => {
      const appended = await this.#flusher.append(batches.map(prepareBatch));
      const moved = appended.filter(({ stored }) => stored?.some((seq) => seq !== null)).map(({ room, head }): Head => [room, head]);
      if (moved.length === 0) return appended;
      this.#watch.hear(moved);
      void this.#connection.guard(() => tellOthers(this.#connection, moved)).catch(() => undefined);
      return appended;
    };
    return this.#observers.during(batches, () => this.#connection.guard(append));
  }

  observe(observer: AppendObserver): void {
    this.#observers.add(observer);
  }

  read(room: RoomKey, after: number, limit: number, where: Where = {}): Promise<Page> {
    return this.#connection.read((session) => readAfter(session, room, after, limit, where));
  }

  readBefore(room: RoomKey, before: number, limit: number, where: Where = {}): Promise<Page> {
    return this.#connection.read((session) => readBefore(session, room, before, limit, where));
  }

  async heads(rooms?: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, Range>> {
    const found = await this.#connection.ask((session) => rangesOf(session, rooms));
    const ranges = new Map(found.map(({ room, oldest, head }) => [room, { oldest: oldest ?? head + 1, head }]));
    return rooms === undefined ? ranges : new Map(rooms.map((room) => [room, ranges.get(room) ?? { oldest: 1, head: 0 }]));
  }

  async combos(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, ComboMark>> {
    const marks = await this.#connection.ask((session) =>
      session.rows<{ id: string; high: number | null; settled: boolean | null }>(
        `SELECT combo_id AS id, max(combo_total) AS high, bool_or(settled) AS settled FROM events
         WHERE room = $1 AND combo_id = ANY($2::text[]) GROUP BY combo_id`,
        room,
        ids,
      ),
    );
    return new Map(marks.map(({ id, high, settled }) => [id, { high: high ?? 0, settled: settled === true }]));
  }

  async known(room: RoomKey, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#connection.ask((session) => session.rows<{ id: string }>(`SELECT id ${BY_ID}`, daysOf(ids), room, ids));
    return new Set(rows.map(({ id }) => id));
  }

  async byId(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, LiveEvent>> {
    const rows = await this.#connection.ask((session) =>
      session.rows<{ id: string; seq: number; body: string }>(`SELECT id, seq, body ${BY_ID}`, daysOf(ids), room, ids),
    );
    return new Map(rows.map(({ id, seq, body }) => [id, eventOf(seq, body)]));
  }

  wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>> {
    return this.#waker.wakes(signal);
  }

  async replace(room: RoomKey, events: readonly LiveEvent[]): Promise<void> {
    const copies = structuredClone(events);
    await this.#changes.write((session) => replaceEvents(session, room, copies));
  }

  async remove(room: RoomKey, from: number, to: number, reason: "retention"): Promise<void> {
    const [found] = await this.#connection.ask((session) => rangesOf(session, [room]));
    const last = Math.min(to, found?.head ?? 0);
    for (let next = Math.max(from, 1); next <= last; next += REMOVE_CHUNK) {
      const chunk = { from: next, to: Math.min(next + REMOVE_CHUNK - 1, last) };
      await this.#changes.write((session) => removeEvents(session, room, chunk, reason));
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** Returns the name of the log that a database holds. */
export async function logIdOf(connection: PostgresConnection): Promise<string> {
  const rows = await connection.ask((session) =>
    session.rows<{ key: string; value: string }>("SELECT key, value FROM meta WHERE key IN ('log_id', 'copying')"),
  );
  const id = rows.find(({ key }) => key === "log_id")?.value;
  if (id !== undefined) return id;
  if (rows.length === 0) throw new DyliveError("bad_config", "the database has lost its id");
  throw new DyliveError(
    "bad_config",
    "a store was being copied into it, which is not finished: run `dylive migrate sqlite-to-postgres` again",
  );
}

function daysOf(ids: readonly string[]): readonly number[] {
  return [...new Set(ids.map(dayOf))];
}

function rangesOf(session: PostgresSession, rooms?: readonly RoomKey[]) {
  return session.rows<{ room: RoomKey; head: number; oldest: number | null }>(
    `SELECT h.room, h.head, (SELECT min(d.min_seq) FROM room_days d WHERE d.room = h.room) AS oldest FROM heads h
     ${rooms === undefined ? "" : "WHERE h.room = ANY($1::bigint[])"} ORDER BY h.room`,
    ...(rooms === undefined ? [] : [rooms]),
  );
}

/** Facts that a page is planned by. Days as [day, first seq, last seq], removals as [first seq, last seq]. */
interface ReadLook {
  readonly head: number;
  readonly removals: readonly (readonly [number, number])[];
  readonly days: readonly (readonly [number, number, number])[];
}
type EventColumns = ConstructorParameters<typeof StoredEvent>[1] & { readonly seq: number };

/** SQL condition that names the events' table, so that no day can be dropped before the transaction ends. */
const HOLD_DAYS = "NOT EXISTS (SELECT FROM events WHERE false)";

const look = (removals: string, days: string) => `SELECT h.head,
    (SELECT coalesce(json_agg(json_build_array(r.from_seq, r.to_seq)), '[]') FROM (${removals} LIMIT 2) r) AS removals,
    (SELECT coalesce(json_agg(json_build_array(d.day, d.min_seq, d.max_seq)), '[]') FROM room_days d WHERE d.room = h.room AND ${days}) AS days
  FROM heads h WHERE h.room = $1 AND ${HOLD_DAYS}`;
const LOOK_AFTER = look("SELECT from_seq, to_seq FROM removals WHERE room = $1 AND to_seq > $2 ORDER BY from_seq", "d.max_seq > $2");
const LOOK_BEFORE = look(
  "SELECT from_seq, to_seq FROM removals WHERE room = $1 AND from_seq < $2 ORDER BY from_seq DESC",
  "d.min_seq < $2",
);

/**
 * Returns a page of events after a seq. Call it inside a transaction on one snapshot, so that head, removals and events are of one moment.
 */
export async function readAfter(session: PostgresSession, room: RoomKey, after: number, limit: number, where: Where): Promise<Page> {
  const found = await session.row<ReadLook>(LOOK_AFTER, room, after);
  if (found === undefined) return pageOf([], 0, 0);
  const plan = planForward(after, found.head, found.removals.map(removalOf));
  const rows = await rowsOf(session, room, plan, found, limit, where, "ASC");
  return pageOf(rows, rows.length >= limit ? (rows.at(-1)?.seq ?? plan.from - 1) : plan.to, found.head, plan);
}

/** Returns a page as {@link readAfter} does, of the newest events before a seq. */
async function readBefore(session: PostgresSession, room: RoomKey, before: number, limit: number, where: Where): Promise<Page> {
  const found = await session.row<ReadLook>(LOOK_BEFORE, room, before);
  if (found === undefined) return pageOf([], 1, 0);
  const plan = planBackward(before, found.head, found.removals.map(removalOf));
  const rows = (await rowsOf(session, room, plan, found, limit, where, "DESC")).toReversed();
  return pageOf(rows, rows.length >= limit ? (rows[0]?.seq ?? plan.to + 1) : plan.from, found.head, plan);
}

/** Returns the days that may hold seqs of a range. */
function daysIn(days: ReadLook["days"], from: number, to: number): readonly number[] {
  return days.filter(([, min, max]) => max >= from && min <= to).map(([day]) => day);
}

async function rowsOf(
  session: PostgresSession,
  room: RoomKey,
  { from, to }: Plan,
  { days }: ReadLook,
  limit: number,
  { types, sessionId, userId, minDiamonds }: Where,
  order: "ASC" | "DESC",
): Promise<readonly StoredEvent[]> {
  if (to < from || limit <= 0) return [];
  const values: Value[] = [daysIn(days, from, to), room, from, to, limit];
  const terms = ["day = ANY($1::integer[])", "room = $2", "seq BETWEEN $3 AND $4"];
  const add = (term: (name: string) => string, value: Value | undefined) => {
    if (value !== undefined) terms.push(term(`$${values.push(value)}`));
  };
  add((name) => `type = ANY(${name}::text[])`, types);
  add((name) => `session_id = ${name}`, sessionId);
  add((name) => `user_id = ${name}`, userId);
  add((name) => `diamonds >= ${name}`, minDiamonds);
  // Planned with the values at hand: only the tables of these days are looked at, even for their existence.
  const rows = await session.rows<EventColumns>(
    `SELECT seq, type, session_id AS "sessionId", user_id AS "userId", diamonds, body FROM events
     WHERE ${terms.join(" AND ")} ORDER BY seq ${order} LIMIT $5`,
    ...values,
  );
  return rows.map((row) => new StoredEvent(row.seq, row));
}

function removalOf([from, to]: readonly [number, number]): Removal {
  return { from, to };
}
