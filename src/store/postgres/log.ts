import type { LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Appended, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "../log.js";
import { eventOf } from "../stored-event.js";
import { Waker } from "../waker.js";
import { prepareBatch } from "./append.js";
import { removeEvents, replaceEvents } from "./change.js";
import type { PostgresConnection } from "./connection.js";
import { dayOf } from "./day.js";
import { Days } from "./days.js";
import { Flusher } from "./flush.js";
import { SerialLane } from "./lane.js";
import { readAfter, readBefore } from "./read.js";
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
  readonly #changes: SerialLane;
  readonly #waker: Waker;
  readonly #watch: HeadWatch;

  constructor(connection: PostgresConnection, id: string) {
    this.id = id;
    this.#connection = connection;
    this.#flusher = new Flusher(connection, new Days(connection));
    this.#changes = new SerialLane(connection);
    this.#watch = new HeadWatch(connection, (rooms) => this.#waker.notify(rooms));
    this.#waker = new Waker(this.#watch.start);
    connection.onClose(() => this.#waker.close());
  }

  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    return this.#connection.guard(async () => {
      const appended = await this.#flusher.append(batches.map(prepareBatch));
      const moved = appended.filter(({ stored }) => stored?.some((seq) => seq !== null)).map(({ room, head }): Head => [room, head]);
      if (moved.length === 0) return appended;
      this.#watch.hear(moved);
      void this.#connection.guard(() => tellOthers(this.#connection, moved)).catch(() => undefined);
      return appended;
    });
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
