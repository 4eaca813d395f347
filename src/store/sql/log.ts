import type { EventType, LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { AppendObservers } from "../health.js";
import type { Appended, ComboMark, Log, Page, PageLines, Removal, RoomBatch, RoomKey, Where } from "../log.js";
import { addRemoval, PAGE_BYTES, type Plan, pageOf, planBackward, planForward } from "../page.js";
import { DamagedEvent, eventOf, mayReplace, type Row, rowOf, StoredEvent } from "../stored-event.js";
import type { Waker } from "../waker.js";
import { arraysWithin, type Dialect, row, rows, run, type SqlCell, type SqlDatabase, type SqlValue, type SqlWork } from "./work.js";

/** Condition on the rows of a table, and its parameters: `$1`, `$2` … */
interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/**
 * Events' table of an engine: how its rows are named, and what the engine keeps up beside it. PostgreSQL has a table for each day, so that
 * whoever looks for events first finds out their days; SQLite has one table, and no days.
 */
export interface EventTable {
  /** Column that a room's events are in order by. */
  readonly order: string;
  /** SQL for the oldest kept seq of a room of `heads h`, or null. */
  readonly oldest: string;
  /** SQL for the days, as `[day, first seq, last seq]`, of the events of a room of `heads h` after or before the seq `$2`; or null. */
  readonly daysAfter: string;
  readonly daysBefore: string;
  /** Returns SQL for a text whose bytes are wanted, as they are read soonest: as bytes, or as it is. */
  bytesOf(text: string): string;
  /** Returns an id as it is stored. */
  storedId(id: string): SqlCell;
  /** Returns the days whose tables may hold seqs of a range of a room. */
  days(room: RoomKey, range: Removal): SqlWork<readonly number[]>;
  /** Returns the days that ids tell. */
  daysOf(ids: readonly string[]): readonly number[];
  /** Return the condition of a range of a room's seqs, of some seqs of a room, of some ids of a room, which are on these days. */
  within(days: readonly number[], room: RoomKey, range: Removal): Condition;
  at(days: readonly number[], room: RoomKey, seqs: readonly number[]): Condition;
  known(days: readonly number[], room: RoomKey, ids: readonly string[]): Condition;
  /**
   * Brings what is kept beside the table in line with an event that was replaced.
   * @param id of the event as it was @param grown bytes by which its text is longer @param indexed whether it is in the search index
   */
  replaced(room: RoomKey, event: LiveEvent, id: string, grown: number, indexed: boolean): SqlWork<void>;
  /** Deletes the events of a range. @param indexed seq up to which the room's events are in the search index */
  remove(room: RoomKey, range: Removal, indexed: number): SqlWork<void>;
}

/** Parts of a log that are an engine's own. */
interface LogParts {
  readonly id: string;
  readonly table: EventTable;
  readonly waker: Waker;
  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]>;
  close(): Promise<void>;
}

/** Returns the condition of what is not being deleted: a broadcast's events are shown to nobody from the moment that its deletion is open. */
export function notDeleted(room: string): string {
  return `NOT EXISTS (SELECT 1 FROM deletions d WHERE d.room = ${room} AND d.ended_at IS NULL AND d.session_id = events.session_id
    AND d.until_seq >= events.seq)`;
}

/** Most events deleted in one transaction: meanwhile nothing is appended to the room, or on SQLite nothing at all written. */
const REMOVE_CHUNK = 2000;

const KEPT = `seq, octet_length(body) AS bytes, CAST(id AS text) AS id, revision, session_id AS "session"`;
/** Columns of an event that is replaced. */
const COLUMNS = ["id", "type", "session_id", "user_id", "combo_id", "combo_total", "settled", "diamonds", "revision", "body"];

/** Returns the log of a database. `close` closes the whole store. */
export function sqlLog({ dialect, ask, read, lane }: SqlDatabase, { id, table, waker, append, close }: LogParts): Log {
  const write = lane();
  const observers = new AppendObservers();
  const { page, lines } = pageReader(table);
  const ranges = (rooms?: readonly RoomKey[]) =>
    rows<{ room: RoomKey; head: number; oldest: number | null }>(
      `SELECT h.room, h.head, ${table.oldest} AS oldest FROM heads h
       ${rooms === undefined ? "" : `WHERE h.room ${dialect.among("$1", "bigint")}`} ORDER BY h.room`,
      ...(rooms === undefined ? [] : [rooms]),
    );
  /** Returns columns of the events with these ids. @param shown only of those that somebody may be shown */
  const byIds = <T>(columns: string, room: RoomKey, ids: readonly string[], shown: boolean) => {
    const { sql, values } = table.known(table.daysOf(ids), room, ids);
    const kept = shown ? ` AND ${notDeleted(`$${values.length + 1}`)}` : "";
    return ask(() =>
      rows<T>(`SELECT CAST(id AS text) AS id, ${columns} FROM events WHERE ${sql}${kept}`, ...values, ...(shown ? [room] : [])),
    );
  };
  return {
    id,
    append: (batches) => observers.during(batches, () => append(batches)),
    observe: (observer) => observers.add(observer),
    read: (room, after, limit, where = {}) => read(() => page(room, after, limit, where, "ASC")),
    lines: (room, after, until, limit, where = {}) => read(() => lines(room, after, until, limit, where)),
    readBefore: (room, before, limit, where = {}) => read(() => page(room, before, limit, where, "DESC")),
    removals: (room, after, until) =>
      ask(() =>
        rows<Removal>(
          `SELECT from_seq AS "from", to_seq AS "to" FROM removals WHERE room = $1 AND to_seq > $2 AND from_seq <= $3 ORDER BY from_seq`,
          ...[room, after, until],
        ),
      ),
    heads: async (rooms) => {
      const found = new Map((await ask(() => ranges(rooms))).map(({ room, oldest, head }) => [room, { oldest: oldest ?? head + 1, head }]));
      return rooms === undefined ? found : new Map(rooms.map((room) => [room, found.get(room) ?? { oldest: 1, head: 0 }]));
    },
    combos: (room, ids) =>
      ask(function* () {
        const marks = yield* rows<{ id: string; high: number | null; settled: number | null }>(
          `SELECT combo_id AS id, max(combo_total) AS high, max(CASE WHEN settled THEN 1 ELSE 0 END) AS settled FROM events
           WHERE room = $1 AND combo_id ${dialect.among("$2", "text")} GROUP BY combo_id`,
          ...[room, ids],
        );
        return new Map(marks.map(({ id, high, settled }): [string, ComboMark] => [id, { high: high ?? 0, settled: settled === 1 }]));
      }),
    known: async (room, ids) => new Set((await byIds<{ id: string }>("seq", room, ids, false)).map((one) => one.id)),
    byId: async (room, ids) => {
      const found = await byIds<{ id: string; seq: number; body: string }>("seq, body", room, ids, true);
      return new Map(found.map((one) => [one.id, eventOf(room, one.seq, one.body)]));
    },
    wakes: (signal) => waker.wakes(signal),
    replace: async (room, events) => {
      const copies = structuredClone(events);
      return write(() => replaceEvents(dialect, table, room, copies), events.length);
    },
    remove: async (room, from, to, reason) => {
      const [found] = await ask(() => ranges([room]));
      const last = Math.min(to, found?.head ?? 0);
      for (let next = Math.max(from, 1); next <= last; next += REMOVE_CHUNK) {
        const chunk = { from: next, to: Math.min(next + REMOVE_CHUNK - 1, last) };
        await write(() => removeEvents(dialect, table, room, chunk, reason), REMOVE_CHUNK);
      }
    },
    close,
  };
}

/** Facts that a page is planned by: a row for each of the removals that are near, or one without. */
interface PageLook {
  readonly head: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly days: readonly (readonly [day: number, first: number, last: number])[] | null;
  /** Whether something of the room is being deleted. */
  readonly deleting: boolean | number;
}

/** Columns of an event that pages are made of. */
type EventColumns = [seq: number, type: EventType, sessionId: string | null, userId: string | null, diamonds: number | null, body: string];

/** Returns the work that reads a page. It runs on one snapshot, so that head, removals and events are of one moment. */
export function pageReader(table: EventTable) {
  const look = (
    days: string,
    near: string,
    order: "ASC" | "DESC",
  ) => `SELECT h.head, r.from_seq AS "from", r.to_seq AS "to", ${days} AS days,
      EXISTS (SELECT 1 FROM deletions WHERE room = $1 AND ended_at IS NULL) AS deleting
    FROM heads h LEFT JOIN (SELECT * FROM removals WHERE room = $1 AND ${near} ORDER BY from_seq ${order} LIMIT 2) r ON r.room = h.room
    WHERE h.room = $1 ORDER BY r.from_seq ${order}`;
  const looks = {
    ASC: look(table.daysAfter, "to_seq > $2", "ASC"),
    DESC: look(table.daysBefore, "from_seq < $2", "DESC"),
  };
  /** Returns the condition of what is looked for in some range. */
  const matching = ({ sql, values: given }: Condition, { types, sessionId, userId, minDiamonds, tests }: Where): Condition => {
    const values = [...given];
    const terms = [sql];
    const add = (term: (name: string) => string, value: SqlValue | undefined) => {
      if (value !== undefined) terms.push(term(`$${values.push(value)}`));
    };
    if (types !== undefined)
      terms.push(types.length === 0 ? "false" : `type IN (${types.map((type) => `$${values.push(type)}`).join(", ")})`);
    add((name) => `session_id = ${name}`, sessionId);
    add((name) => `user_id = ${name}`, userId);
    add((name) => `diamonds >= ${name}`, minDiamonds);
    // As src/events/test-event.ts names them.
    if (tests === false) terms.push("(session_id IS NOT NULL OR substr(CAST(id AS text), 1, 5) <> 'test:')");
    return { sql: terms.join(" AND "), values };
  };
  /** Plans a page; `wanted` is null where nothing is to be looked at. @param until of a page forward, the seq after which nothing is looked at */
  function* planned(
    room: RoomKey,
    cursor: number,
    where: Where,
    order: "ASC" | "DESC",
    until = Number.POSITIVE_INFINITY,
  ): SqlWork<{ readonly head: number; readonly plan: Plan; readonly wanted: Condition | null }> {
    const found = yield* rows<PageLook>(looks[order], room, cursor);
    const { head = 0, days, deleting } = found[0] ?? {};
    const removals = found.flatMap(({ from, to }): readonly Removal[] => (from === null || to === null ? [] : [{ from, to }]));
    const plan = (order === "ASC" ? planForward : planBackward)(cursor, Math.min(head, until), removals);
    if (plan.to < plan.from) return { head, plan, wanted: null };
    const near = (days ?? []).filter(([, first, last]) => last >= plan.from && first <= plan.to).map(([day]) => day);
    const { sql, values } = matching(table.within(near, room, plan), where);
    const hides = deleting && where.deleted !== true;
    const wanted = hides ? { sql: `${sql} AND ${notDeleted(`$${values.length + 1}`)}`, values: [...values, room] } : { sql, values };
    return { head, plan, wanted };
  }
  return {
    *page(room: RoomKey, cursor: number, limit: number, where: Where, order: "ASC" | "DESC"): SqlWork<Page> {
      const { head, plan, wanted } = yield* planned(room, cursor, where, order);
      let events: StoredEvent[] = [];
      let cut = false;
      if (wanted !== null && limit > 0) {
        const found = yield* arraysWithin<EventColumns>(
          { of: "body", by: `${table.order} ${order}`, bytes: PAGE_BYTES },
          `SELECT seq, type, session_id, user_id, diamonds, body FROM events WHERE ${wanted.sql}
           ORDER BY ${table.order} ${order} LIMIT $${wanted.values.length + 1}`,
          ...[...wanted.values, limit],
        );
        cut = found.cut;
        events = found.rows.map(
          ([seq, type, sessionId, userId, diamonds, body]) => new StoredEvent(room, seq, { type, sessionId, userId, diamonds, body }),
        );
      }
      const last = events.at(-1)?.seq;
      const isFull = cut || events.length >= limit;
      if (order === "ASC") return pageOf(events, isFull ? (last ?? plan.from - 1) : plan.to, head, plan);
      return pageOf(events.reverse(), isFull ? (last ?? plan.to + 1) : plan.from, head, plan);
    },
    *lines(room: RoomKey, after: number, until: number, limit: number, where: Where): SqlWork<PageLines> {
      const { plan, wanted } = yield* planned(room, after, where, "ASC", until);
      const found =
        wanted === null || limit <= 0
          ? undefined
          : yield* row<JoinedLines>(
              `SELECT count(*) AS count, max(seq) AS last, CAST(coalesce(sum(octet_length(body)), 0) AS bigint) AS size,
                 ${table.bytesOf(`string_agg('{"seq":' || seq || ',' || substr(body, 2) || '\n', '' ORDER BY seq)`)} AS text
               FROM (SELECT seq, body, sum(octet_length(body)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS taken
                 FROM (SELECT seq, body FROM events WHERE ${wanted.sql} ORDER BY ${table.order} LIMIT $${wanted.values.length + 1}) page) pages
               WHERE taken - octet_length(body) < ${PAGE_BYTES}`,
              ...[...wanted.values, limit],
            );
      const { count = 0, last = null, size = 0, text = null } = found ?? {};
      const isFull = count >= limit || size >= PAGE_BYTES;
      const scanned = isFull ? (last ?? plan.from - 1) : plan.to;
      return { bytes: wholeLines(room, text ?? ""), scanned, ...(plan.removed && { removed: plan.removed }) };
    },
  };
}

/** Lines of some events, and what they are together. */
interface JoinedLines {
  readonly count: number;
  readonly last: number | null;
  /** Bytes of the events. */
  readonly size: number;
  readonly text: string | Uint8Array | null;
}

/** Returns lines as bytes. @throws DamagedEvent when that of an event is cut short, as {@link StoredEvent} does */
function wholeLines(room: RoomKey, text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let begin = 0, end = bytes.indexOf(NEWLINE); end >= 0; begin = end + 1, end = bytes.indexOf(NEWLINE, begin))
    if (bytes[end - 1] !== CLOSING_BRACE) {
      const seq = /^{"seq":(\d+)/.exec(Buffer.from(bytes.subarray(begin, begin + 30)).toString("latin1"))?.[1];
      throw new DamagedEvent(room, Number(seq));
    }
  return bytes;
}

const NEWLINE = 10;
const CLOSING_BRACE = 125;

/**
 * Locks a room's search index and returns how far it goes: it holds every kept event up to this seq, and none after. Nobody indexes or changes
 * the room's events until the transaction ends.
 */
export function* lockIndex(room: RoomKey): SqlWork<number> {
  const locked = yield* row<{ indexed: number }>(
    "INSERT INTO search_rooms(room) VALUES ($1) ON CONFLICT (room) DO UPDATE SET room = excluded.room RETURNING indexed",
    room,
  );
  return locked?.indexed ?? 0;
}

function* replaceEvents(dialect: Dialect, table: EventTable, room: RoomKey, events: readonly LiveEvent[]): SqlWork<readonly number[]> {
  if (events.length === 0) return [];
  const indexed = yield* lockIndex(room);
  const seqs = events.map(({ seq }) => seq);
  const days = yield* table.days(room, { from: Math.min(...seqs), to: Math.max(...seqs) });
  const { sql, values } = table.at(days, room, seqs);
  const found = yield* rows<{ seq: number; bytes: number; id: string; revision: number; session: string | null }>(
    `SELECT ${KEPT} FROM events WHERE ${sql} ORDER BY ${table.order} ${dialect.forUpdate}`,
    ...values,
  );
  const kept = new Map(found.map((one) => [one.seq, one]));
  const moved: number[] = [];
  for (const event of events) {
    const before = kept.get(event.seq);
    if (before === undefined) continue;
    if (!mayReplace(before.id, event.id))
      throw new DyliveError("bad_request", told`event ${room}:${event.seq} is ${before.id}, not ${event.id}`);
    if (before.revision !== event.revision) {
      moved.push(event.seq);
      continue;
    }
    const now = rowOf(event, before.revision + 1);
    const bytes = Buffer.byteLength(now.body);
    kept.set(event.seq, { seq: event.seq, bytes, id: now.id, revision: now.revision, session: now.sessionId });
    yield* replaceOne(table, room, event.seq, before.id, now);
    yield* table.replaced(room, event, before.id, bytes - before.bytes, event.seq <= indexed);
    yield* markStale(dialect, room, [before.session ?? "", now.sessionId ?? ""], event.seq);
  }
  return moved;
}

function* replaceOne(table: EventTable, room: RoomKey, seq: number, id: string, now: Row): SqlWork<void> {
  const { sql, values } = table.at(table.daysOf([id]), room, [seq]);
  const set = COLUMNS.map((name, at) => `${name} = $${values.length + at + 1}`);
  yield* run(
    `UPDATE events SET ${set.join(", ")} WHERE ${sql}`,
    ...[...values, table.storedId(now.id), now.type, now.sessionId, now.userId, now.comboId, now.comboTotal, now.settled, now.diamonds],
    ...[now.revision, now.body],
  );
}

/**
 * Marks the statistics of broadcasts of which an event was or is: what they have counted is no longer so. In the transaction that replaces
 * the event, so that none is missed.
 */
function* markStale({ least, greatest }: Dialect, room: RoomKey, sessionIds: readonly string[], seq: number): SqlWork<void> {
  const stale = "statistics_stale";
  for (const sessionId of [...new Set(sessionIds)].sort())
    yield* run(
      `INSERT INTO ${stale}(room, session_id, from_seq, to_seq) VALUES ($1, $2, $3, $3) ON CONFLICT (room, session_id) DO UPDATE SET
         from_seq = ${least}(${stale}.from_seq, excluded.from_seq), to_seq = ${greatest}(${stale}.to_seq, excluded.to_seq)`,
      ...[room, sessionId, seq],
    );
}

/** Removes the events of a range, and records that it was removed; ranges that touch become one. */
function* removeEvents(dialect: Dialect, table: EventTable, room: RoomKey, range: Removal, reason: string): SqlWork<void> {
  // With the head, nobody appends to the room meanwhile: the seqs of its days stay what they are.
  yield* row(`SELECT head FROM heads WHERE room = $1 ${dialect.forUpdate}`, room);
  yield* table.remove(room, range, yield* lockIndex(room));
  yield* dialect.lock("remove");
  const near = yield* rows<Removal>(
    `DELETE FROM removals WHERE room = $1 AND from_seq <= $2 AND to_seq >= $3 RETURNING from_seq AS "from", to_seq AS "to"`,
    ...[room, range.to + 1, range.from - 1],
  );
  for (const { from, to } of addRemoval(near, range))
    yield* run("INSERT INTO removals(room, from_seq, to_seq, reason) VALUES ($1, $2, $3, $4)", room, from, to, reason);
}
