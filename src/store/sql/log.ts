import type { EventType, LiveEvent } from "../../events/event.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { AppendObservers } from "../health.js";
import type { Appended, ComboMark, LogPage, Page, PageLines, Removal, RoomBatch, RoomKey, RoomRemoval, StoreLog, Where } from "../log.js";
import { logPageOf, PAGE_BYTES, type Plan, pageOf, planBackward, planForward, SCAN_LIMIT } from "../page.js";
import { DamagedEvent, eventOf, mayReplace, type Row, rowOf, StoredEvent } from "../stored-event.js";
import type { Waker } from "../waker.js";
import { lockConsumers } from "./consumers.js";
import { resetSession } from "./statistics.js";
import { arraysWithin, type Dialect, row, rows, run, type SqlCell, type SqlDatabase, type SqlValue, type SqlWork } from "./work.js";

/** Condition on the rows of a table, and its parameters: `$1`, `$2` … */
interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/**
 * Events' table of an engine, and what the engine keeps up beside it. PostgreSQL has a table for each day, so that a reader first finds out the
 * days of what it looks for; SQLite has one table, and no days.
 */
export interface EventTable {
  /** SQL for the oldest kept seq of a room of `heads h`, or null. */
  readonly oldest: string;
  /** SQL for the first position after `$1` at which an event may be kept, or null. */
  readonly firstAfter: string;
  /** SQL for the days, as `[day, first seq, last seq]`, of the events of a room of `heads h` after or before the seq `$2`; or null. */
  readonly daysAfter: string;
  readonly daysBefore: string;
  /** Returns SQL for a text whose bytes are wanted, as they are read soonest: as bytes, or as it is. */
  bytesOf(text: string): string;
  /** Returns an id as it is stored. */
  storedId(id: string): SqlCell;
  /** Returns the days whose tables may hold seqs of a range of a room, or positions of a range. */
  days(room: RoomKey, range: Removal): SqlWork<readonly number[]>;
  daysAt(range: Removal): SqlWork<readonly number[]>;
  /** Returns the days that ids tell. */
  daysOf(ids: readonly string[]): readonly number[];
  /** Return the condition of a range of a room's seqs, of some seqs of a room, of some ids of a room, of a range of positions, on these days. */
  within(days: readonly number[], room: RoomKey, range: Removal): Condition;
  at(days: readonly number[], room: RoomKey, seqs: readonly number[]): Condition;
  known(days: readonly number[], room: RoomKey, ids: readonly string[]): Condition;
  between(days: readonly number[], range: Removal): Condition;
  /**
   * Brings what is kept beside the table in line with an event that was replaced.
   * @param was the event's id, and its position @param grown bytes by which its text is longer @param indexed whether it is in the search index
   */
  replaced(
    room: RoomKey,
    event: LiveEvent,
    was: { readonly id: string; readonly pos: number },
    grown: number,
    indexed: boolean,
  ): SqlWork<void>;
  /** Deletes the events of a range. */
  remove(room: RoomKey, range: Removal): SqlWork<void>;
}

/** Parts of a log that are an engine's own. */
interface LogParts {
  readonly id: string;
  readonly table: EventTable;
  readonly waker: Waker;
  append(batches: readonly RoomBatch[]): Promise<readonly Appended[]>;
  close(): Promise<void>;
}

/** Returns the condition of what is not being deleted: a broadcast's events are hidden from the moment that its deletion is open. */
function notDeleted(room: string): string {
  return `NOT EXISTS (SELECT 1 FROM deletions d WHERE d.room = ${room} AND d.ended_at IS NULL AND d.session_id = events.session_id
    AND d.until_seq >= events.seq)`;
}

/** Condition of what is shown: no event of a broadcast or a room that is being deleted. */
export const SHOWN = `${notDeleted("events.room")} AND EXISTS (SELECT 1 FROM rooms k WHERE k.room = events.room AND k.watched >= 0)`;

/** Most events deleted in one transaction: meanwhile nothing is appended to the room, or on SQLite nothing at all written. */
const REMOVE_CHUNK = 2000;

const KEPT = `seq, pos, octet_length(body) AS bytes, CAST(id AS text) AS id, revision, session_id AS "session"`;
/** Columns of an event that is replaced. */
const COLUMNS = ["id", "type", "session_id", "user_id", "combo_id", "combo_total", "settled", "diamonds", "revision", "body"];

/** Returns the log of a database. `close` closes the whole store. */
export function sqlLog({ dialect, ask, read, lane }: SqlDatabase, { id, table, waker, append, close }: LogParts): StoreLog {
  const write = lane();
  const observers = new AppendObservers();
  const { all, page, lines } = pageReader(dialect, table);
  const ranges = (rooms?: readonly RoomKey[]) =>
    rows<{ room: RoomKey; head: number; oldest: number | null }>(
      `SELECT h.room, h.head, ${table.oldest} AS oldest FROM heads h
       ${rooms === undefined ? "" : `WHERE h.room ${dialect.among("$1", "bigint")}`} ORDER BY h.room`,
      ...(rooms === undefined ? [] : [rooms]),
    );
  /** Returns columns of the events with these ids. @param shown only of those that are shown */
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
    read: (after, limit, where = {}) => read(() => all(after, limit, where)),
    readRoom: (room, after, limit, where = {}) => read(() => page(room, after, limit, where, "ASC")),
    head: () => ask(logHead),
    seqAt: (room, pos) => read(() => seqAt(table, room, pos)),
    lines: (room, after, until, limit, where = {}) => read(() => lines(room, after, until, limit, where)),
    readRoomBefore: (room, before, limit, where = {}) => read(() => page(room, before, limit, where, "DESC")),
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
    wake: () => waker.notify(),
    replace: async (room, events) => {
      const copies = structuredClone(events);
      return write(() => replaceEvents(dialect, table, room, copies), events.length);
    },
    remove: async (room, from, to, reason) => {
      const [found] = await ask(() => ranges([room]));
      const last = Math.min(to, found?.head ?? 0);
      for (let next = Math.max(from, 1); next <= last; next += REMOVE_CHUNK) {
        const chunk = { from: next, to: Math.min(next + REMOVE_CHUNK - 1, last) };
        await write(() => removeEvents(dialect, table, room, chunk, reason), 1 + chunk.to - chunk.from);
      }
    },
    close,
  };
}

/** Returns the newest position. */
export function* logHead(): SqlWork<number> {
  return (yield* row<{ pos: number }>("SELECT pos FROM log_head"))?.pos ?? 0;
}

/** Searches among the room's events, from the head on: who comes back mostly has all but the newest. */
function* seqAt(table: EventTable, room: RoomKey, pos: number): SqlWork<number> {
  const head = (yield* row<{ head: number }>("SELECT head FROM heads WHERE room = $1", room))?.head ?? 0;
  /** Returns the first kept event from this seq on. */
  const from = function* (seq: number) {
    const range = { from: seq, to: head };
    const { sql, values } = table.within(yield* table.days(room, range), room, range);
    return yield* row<{ seq: number; pos: number }>(`SELECT seq, pos FROM events WHERE ${sql} ORDER BY seq LIMIT 1`, ...values);
  };
  // Everything below `low` is at or before the position; the first event after it is `next`, or lies from `low` to before `high`.
  let low = 1;
  let high = head + 1;
  let next = head + 1;
  for (let step = 1; low < high; step *= 2) {
    const middle = low === 1 ? Math.max(low, high - step) : Math.floor((low + high) / 2);
    const found = yield* from(middle);
    if (found !== undefined && found.pos <= pos) low = found.seq + 1;
    else {
      if (found !== undefined) next = Math.min(next, found.seq);
      high = middle;
    }
  }
  const lost = yield* row<{ from: number }>(
    `SELECT from_seq AS "from" FROM removals WHERE room = $1 AND to_seq = $2 AND pos > $3`,
    ...[room, next - 1, pos],
  );
  return (lost?.from ?? next) - 1;
}

/** Facts that a page is planned by: a row for each of the removals that are near, or one without. */
interface PageLook {
  readonly head: number;
  /** Newest position of the log. */
  readonly end: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly days: readonly (readonly [day: number, first: number, last: number])[] | null;
  /** Whether something of the room is being deleted. */
  readonly deleting: boolean | number;
}

/** Columns of an event that pages are made of. */
type EventColumns = [
  room: RoomKey,
  seq: number,
  pos: number,
  type: EventType,
  sessionId: string | null,
  userId: string | null,
  diamonds: number | null,
  body: string,
];
const EVENT_COLUMNS = "room, seq, pos, type, session_id, user_id, diamonds, body";

function storedEvent([room, seq, pos, type, sessionId, userId, diamonds, body]: EventColumns): StoredEvent {
  return new StoredEvent({ room, seq, pos }, { type, sessionId, userId, diamonds, body });
}

/** Returns the work that reads a page. It runs on one snapshot, so that head, removals and events are of one moment. */
export function pageReader(dialect: Dialect, table: EventTable) {
  const look = (
    days: string,
    near: string,
    order: "ASC" | "DESC",
  ) => `SELECT h.head, (SELECT pos FROM log_head) AS "end", r.from_seq AS "from", r.to_seq AS "to", ${days} AS days,
      EXISTS (SELECT 1 FROM deletions WHERE room = $1 AND ended_at IS NULL) AS deleting
    FROM heads h LEFT JOIN (SELECT * FROM removals WHERE room = $1 AND ${near} ORDER BY from_seq ${order} LIMIT 2) r ON r.room = h.room
    WHERE h.room = $1 ORDER BY r.from_seq ${order}`;
  const looks = {
    ASC: look(table.daysAfter, "to_seq > $2", "ASC"),
    DESC: look(table.daysBefore, "from_seq < $2", "DESC"),
  };
  /** Returns the condition of what is looked for in some range. @param hides whether something is being deleted that it is not to be found in */
  const matching = (
    { sql, values: given }: Condition,
    { rooms, types, sessionId, userId, minDiamonds, tests }: Where,
    hides: boolean,
  ): Condition => {
    const values = [...given];
    const terms = [sql];
    const add = (term: (name: string) => string, value: SqlValue | undefined) => {
      if (value !== undefined) terms.push(term(`$${values.push(value)}`));
    };
    // The sign keeps the engines from going through all of these rooms' events by their seqs.
    add((name) => `+room ${dialect.among(name, "bigint")}`, rooms && [...rooms]);
    if (types !== undefined)
      terms.push(types.length === 0 ? "false" : `type IN (${types.map((type) => `$${values.push(type)}`).join(", ")})`);
    add((name) => `session_id = ${name}`, sessionId);
    add((name) => `user_id = ${name}`, userId);
    add((name) => `diamonds >= ${name}`, minDiamonds);
    // As src/events/test-event.ts names them.
    if (tests === false) terms.push("(session_id IS NOT NULL OR substr(CAST(id AS text), 1, 5) <> 'test:')");
    if (hides) terms.push(notDeleted("events.room"));
    return { sql: terms.join(" AND "), values };
  };
  /** Returns the events that fulfil a condition, and whether there may be more. */
  function* found({ sql, values }: Condition, by: string, limit: number): SqlWork<{ events: StoredEvent[]; isFull: boolean }> {
    if (limit <= 0) return { events: [], isFull: true };
    const { rows, cut } = yield* arraysWithin<EventColumns>(
      { of: "body", by, bytes: PAGE_BYTES },
      `SELECT ${EVENT_COLUMNS} FROM events WHERE ${sql} ORDER BY ${by} LIMIT $${values.length + 1}`,
      ...[...values, limit],
    );
    return { events: rows.map(storedEvent), isFull: cut || rows.length >= limit };
  }
  /** Plans a page; `wanted` is null where nothing is to be looked at. @param until of a page forward, the seq after which nothing is looked at */
  function* planned(room: RoomKey, cursor: number, where: Where, order: "ASC" | "DESC", until = Number.POSITIVE_INFINITY) {
    const looked = yield* rows<PageLook>(looks[order], room, cursor);
    const { head = 0, end = 0, days, deleting } = looked[0] ?? {};
    const removals = looked.flatMap(({ from, to }): readonly Removal[] => (from === null || to === null ? [] : [{ from, to }]));
    const plan: Plan = (order === "ASC" ? planForward : planBackward)(cursor, Math.min(head, until), removals);
    const near = (range: Removal) => (days ?? []).flatMap(([day, first, last]) => (last >= range.from && first <= range.to ? [day] : []));
    const within = (range: Removal) => table.within(near(range), room, range);
    const wanted = plan.to < plan.from ? null : matching(within(plan), where, Boolean(deleting) && where.deleted !== true);
    return { head, end, plan, wanted, within };
  }
  return {
    /** Reads a page of the whole log. */
    *all(cursor: number, limit: number, where: Where): SqlWork<LogPage> {
      const look = yield* row<{ head: number; first: number | null; deleting: boolean | number }>(
        `SELECT pos AS head, ${table.firstAfter} AS first, EXISTS (SELECT 1 FROM deletions WHERE ended_at IS NULL) AS deleting FROM log_head`,
        cursor,
      );
      const { head = 0, first = null, deleting = false } = look ?? {};
      const range = { from: first ?? head + 1, to: first === null ? head : Math.min(head, first - 1 + SCAN_LIMIT) };
      const hides = Boolean(deleting) && where.deleted !== true;
      const { events, isFull } =
        range.to < range.from
          ? { events: [], isFull: false }
          : yield* found(matching(table.between(yield* table.daysAt(range), range), where, hides), "pos", limit);
      const scanned = isFull ? (events.at(-1)?.pos ?? Math.min(cursor, head)) : range.to;
      const isIn = where.rooms === undefined ? "" : `AND room ${dialect.among("$3", "bigint")}`;
      const removed = yield* rows<RoomRemoval>(
        `SELECT room, from_seq AS "from", to_seq AS "to", pos FROM removals WHERE pos > $1 AND pos <= $2 ${isIn} ORDER BY pos`,
        ...[cursor, scanned, ...(where.rooms === undefined ? [] : [[...where.rooms]])],
      );
      return logPageOf(events, scanned, head, removed);
    },
    *page(room: RoomKey, cursor: number, limit: number, where: Where, order: "ASC" | "DESC"): SqlWork<Page> {
      const { head, end, plan, wanted, within } = yield* planned(room, cursor, where, order);
      const { events, isFull } = wanted === null ? { events: [], isFull: false } : yield* found(wanted, `seq ${order}`, limit);
      const last = events.at(-1);
      if (order === "DESC") {
        const scanned = isFull ? (last?.seq ?? plan.to + 1) : plan.from;
        return pageOf(events.reverse(), { scanned, head, pos: end }, plan);
      }
      const scanned = isFull ? (last?.seq ?? plan.from - 1) : plan.to;
      if (isFull && last !== undefined) return pageOf(events, { scanned, head, pos: last.pos }, plan);
      const { sql, values } = within({ from: scanned + 1, to: head });
      const next =
        scanned >= head ? undefined : yield* row<{ pos: number }>(`SELECT pos FROM events WHERE ${sql} ORDER BY seq LIMIT 1`, ...values);
      return pageOf(events, { scanned, head, pos: next === undefined ? end : next.pos - 1 }, plan);
    },
    *lines(room: RoomKey, after: number, until: number, limit: number, where: Where): SqlWork<PageLines> {
      const { plan, wanted } = yield* planned(room, after, where, "ASC", until);
      const joined =
        wanted === null || limit <= 0
          ? undefined
          : yield* row<JoinedLines>(
              `SELECT count(*) AS count, max(seq) AS last, CAST(coalesce(sum(octet_length(body)), 0) AS bigint) AS size,
                 ${table.bytesOf(`string_agg('{"seq":' || seq || ',' || substr(body, 2) || '\n', '' ORDER BY seq)`)} AS text
               FROM (SELECT seq, body, sum(octet_length(body)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS taken
                 FROM (SELECT seq, body FROM events WHERE ${wanted.sql} ORDER BY seq LIMIT $${wanted.values.length + 1}) page) pages
               WHERE taken - octet_length(body) < ${PAGE_BYTES}`,
              ...[...wanted.values, limit],
            );
      const { count = 0, last = null, size = 0, text = null } = joined ?? {};
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

interface KeptEvent {
  readonly seq: number;
  readonly pos: number;
  readonly bytes: number;
  readonly id: string;
  readonly revision: number;
  readonly session: string | null;
}

function* replaceEvents(dialect: Dialect, table: EventTable, room: RoomKey, events: readonly LiveEvent[]): SqlWork<readonly number[]> {
  if (events.length === 0) return [];
  const consumed = yield* lockConsumers();
  const seqs = events.map(({ seq }) => seq);
  const days = yield* table.days(room, { from: Math.min(...seqs), to: Math.max(...seqs) });
  const { sql, values } = table.at(days, room, seqs);
  const found = yield* rows<KeptEvent>(`SELECT ${KEPT} FROM events WHERE ${sql} ORDER BY seq ${dialect.forUpdate}`, ...values);
  const kept = new Map(found.map((one) => [one.seq, one]));
  const moved: number[] = [];
  const counted = new Map<string, Removal>();
  for (const event of events) {
    const before = kept.get(event.seq);
    if (before === undefined) continue;
    if (!mayReplace(before.id, event.id))
      throw new DyliveError("bad_request", msg`event ${room}:${event.seq} is ${before.id}, not ${event.id}`);
    if (before.revision !== event.revision) {
      moved.push(event.seq);
      continue;
    }
    const now = rowOf(event, before.revision + 1);
    const bytes = Buffer.byteLength(now.body);
    kept.set(event.seq, { ...before, bytes, id: now.id, revision: now.revision, session: now.sessionId });
    yield* replaceOne(table, room, event.seq, before.id, now);
    yield* table.replaced(room, event, before, bytes - before.bytes, before.pos <= consumed.search);
    if (before.pos > consumed.statistics) continue;
    for (const session of [before.session ?? "", now.sessionId ?? ""]) {
      const { from, to } = counted.get(session) ?? { from: event.seq, to: event.seq };
      counted.set(session, { from: Math.min(from, event.seq), to: Math.max(to, event.seq) });
    }
  }
  for (const [session, { from, to }] of counted) yield* resetSession(room, session, from, to);
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

/** Removes the events of a range, and records that it was removed; ranges that touch become one. */
function* removeEvents(dialect: Dialect, table: EventTable, room: RoomKey, range: Removal, reason: string): SqlWork<void> {
  // With the head locked, no append to the room comes between: the seqs of its days stay what they are.
  yield* row(`SELECT head FROM heads WHERE room = $1 ${dialect.forUpdate}`, room);
  yield* lockConsumers();
  const { sql, values } = table.within(yield* table.days(room, range), room, range);
  const last = yield* row<{ pos: number }>(`SELECT pos FROM events WHERE ${sql} ORDER BY seq DESC LIMIT 1`, ...values);
  yield* table.remove(room, range);
  yield* dialect.lock("remove");
  const near = yield* rows<RoomRemoval>(
    `DELETE FROM removals WHERE room = $1 AND from_seq <= $2 AND to_seq >= $3 RETURNING from_seq AS "from", to_seq AS "to", pos`,
    ...[room, range.to + 1, range.from - 1],
  );
  const from = Math.min(range.from, ...near.map((one) => one.from));
  const to = Math.max(range.to, ...near.map((one) => one.to));
  const pos = Math.max(last?.pos ?? 0, ...near.map((one) => one.pos));
  yield* run("INSERT INTO removals(room, from_seq, to_seq, reason, pos) VALUES ($1, $2, $3, $4, $5)", room, from, to, reason, pos);
}
