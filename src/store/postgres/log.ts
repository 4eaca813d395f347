import { randomBytes } from "node:crypto";
import { yieldToEventLoop } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { FULL_GROUP, groupPauseMs, MAX_WAITING } from "../group-commit.js";
import type { Appended, ComboMark, RoomBatch, RoomKey, StoreLog } from "../log.js";
import { sqlLog } from "../sql/log.js";
import { rows, run } from "../sql/work.js";
import { type Row, rowOf } from "../stored-event.js";
import { Waker } from "../waker.js";
import type { PostgresConnection } from "./connection.js";
import { watchChannel } from "./connection.js";
import { Days, dayOf, EVENTS } from "./events.js";
import { isMissingDay, isValues } from "./refusal.js";
import { binaryArray } from "./session.js";

/** Most events or ids of one statement: more would hold the heads of its rooms for too long. The rest takes the next one. */
const MAX_WEIGHT = 5000;

interface GroupedCall<Asked, Answer> {
  readonly asked: Asked;
  readonly weight: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets calls share statements: one is under way at a time, and what comes meanwhile shares the next one. The order of calls is thus kept,
 * and the more there is to do the more is done at once. A call that fails takes no other with it. Real timers, not the store's clock: this
 * paces the database.
 */
class Grouped<Asked, Answer> {
  /** Does what is asked by one statement. @returns the answers, in order */
  readonly #work: (asked: readonly Asked[]) => Promise<readonly Answer[]>;
  /** Events or ids that something is about. */
  readonly #weightOf: (asked: Asked) => number;
  #calls: GroupedCall<Asked, Answer>[] = [];
  #waiting = 0;
  #running = false;
  /** Time before which there is no statement, unless much waits (performance.now). */
  #notBefore = 0;
  /** Ends the wait for that. */
  #hurry = () => {};

  constructor(weightOf: (asked: Asked) => number, work: (asked: readonly Asked[]) => Promise<readonly Answer[]>) {
    this.#weightOf = weightOf;
    this.#work = work;
  }

  /** Does something with the next statement. @throws what the database throws */
  ask(asked: Asked): Promise<Answer> {
    const weight = 1 + this.#weightOf(asked);
    if (this.#waiting + weight > MAX_WAITING && this.#calls.length > 0)
      return Promise.reject(new DyliveError("internal", msg`${this.#waiting} events wait for the database already`));
    return new Promise((resolve, reject) => {
      this.#calls.push({ asked, weight, resolve, reject });
      this.#waiting += weight;
      if (!this.#running) void this.#run();
      else if (this.#waiting >= FULL_GROUP) this.#hurry();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Calls of the same turn share the first statement too.
    await yieldToEventLoop();
    while (this.#calls.length > 0) {
      await this.#pause();
      const calls = this.#take();
      const began = performance.now();
      await this.#settle(calls);
      this.#notBefore = began + groupPauseMs(calls.length);
    }
    this.#running = false;
  }

  async #pause(): Promise<void> {
    const ms = this.#notBefore - performance.now();
    if (ms < 1 || this.#waiting >= FULL_GROUP) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(): readonly GroupedCall<Asked, Answer>[] {
    let weight = 0;
    let count = 0;
    for (const call of this.#calls) {
      if (count > 0 && weight + call.weight > MAX_WEIGHT) break;
      weight += call.weight;
      count++;
    }
    this.#waiting -= weight;
    return this.#calls.splice(0, count);
  }

  async #settle(calls: readonly GroupedCall<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await this.#work(calls.map(({ asked }) => asked));
      for (const [n, { resolve, reject }] of calls.entries()) {
        const answer = answers[n];
        if (answer === undefined) reject(new DyliveError("internal", "the database answered fewer than were asked"));
        else resolve(answer);
      }
    } catch (error) {
      if (calls.length > 1 && isValues(error)) for (const call of calls) await this.#settle([call]);
      else for (const call of calls) call.reject(error);
    }
  }
}

/** Batch made ready for storing: later changes to the events do not reach the store. */
interface PostgresBatch {
  readonly room: RoomKey;
  readonly epoch: number | null;
  readonly rows: readonly Row[];
  readonly days: readonly number[];
}

/** Row of the answer of `append_events`. */
interface AppendAnswer {
  readonly o_n: number;
  readonly o_room: number;
  readonly o_seq: number;
  readonly o_epoch: number;
}

const SQL = "SELECT * FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/** Turns a batch into rows. */
function prepareBatch({ room, epoch, events }: RoomBatch): PostgresBatch {
  const rows = events.map((event) => rowOf(event));
  return { room, epoch, rows, days: rows.map(({ id }) => dayOf(id)) };
}

/** Appends batches in one transaction, which is one statement. */
async function appendBatches(connection: PostgresConnection, days: Days, batches: readonly PostgresBatch[]): Promise<readonly Appended[]> {
  const wanted = new Set(batches.flatMap((batch) => batch.days));
  await days.make(wanted);
  try {
    return resultsOf(batches, await send(connection, batches));
  } catch (error) {
    if (!isMissingDay(error)) throw error;
    days.forget();
    await days.make(wanted);
    return resultsOf(batches, await send(connection, batches));
  }
}

function send(connection: PostgresConnection, batches: readonly PostgresBatch[]): Promise<readonly AppendAnswer[]> {
  type Type = Parameters<typeof binaryArray>[0];
  const each = (type: Type, of: (row: Row, batch: PostgresBatch, at: number) => string | number | boolean | null) =>
    binaryArray(
      type,
      batches.flatMap((batch) => batch.rows.map((row, at) => of(row, batch, at))),
    );
  const values = [
    binaryArray("bigint", [...new Set(batches.map(({ room }) => room))]),
    each("bigint", (_, { room }) => room),
    each("bigint", (_, { epoch }) => epoch),
    each("integer", (_, batch, at) => batch.days[at] ?? 0),
    each("text", ({ id }) => id),
    each("text", ({ type }) => type),
    each("text", ({ sessionId }) => sessionId),
    each("text", ({ userId }) => userId),
    each("text", ({ comboId }) => comboId),
    each("bigint", ({ comboTotal }) => comboTotal),
    each("boolean", ({ settled }) => settled),
    each("bigint", ({ diamonds }) => diamonds),
    each("integer", ({ revision }) => revision),
    each("text", ({ body }) => body),
  ];
  return connection.borrow(() => rows<AppendAnswer>(SQL, ...values));
}

function resultsOf(batches: readonly PostgresBatch[], answer: readonly AppendAnswer[]): readonly Appended[] {
  const seqs = new Map(answer.flatMap(({ o_n, o_seq }) => (o_n > 0 ? [[o_n, o_seq] as const] : [])));
  const heads = new Map(answer.flatMap(({ o_n, o_room, o_seq, o_epoch }) => (o_n > 0 ? [] : [[o_room, { head: o_seq, epoch: o_epoch }]])));
  let n = 0;
  return batches.map(({ room, epoch, rows }) => {
    const mark = heads.get(room);
    if (mark === undefined || (epoch === null ? mark.epoch < 0 : mark.epoch !== epoch)) {
      n += rows.length;
      return { room, head: mark?.head ?? 0, fenced: true };
    }
    let tooOld = 0;
    const stored = rows.map(() => {
      const seq = seqs.get(++n) ?? null;
      if (seq !== -1) return seq;
      tooOld++;
      return null;
    });
    for (const seq of stored) mark.head = Math.max(mark.head, seq ?? 0);
    return { room, head: mark.head, stored, ...(tooOld > 0 && { tooOld }) };
  });
}

const CHANNEL = "dylive_heads";
/** Tells the other processes that there are new events, after their commit. Inside of it, all commits of the database would wait in line. */
async function tellOthers(connection: PostgresConnection, self: string): Promise<void> {
  // A process that misses this finds the same when it looks again.
  await connection.borrow(() => run("SELECT pg_notify($1, $2)", CHANNEL, self)).catch(() => undefined);
}

/** Returns the log in PostgreSQL. `close` closes the whole store. @throws DyliveError bad_config when the database has no log */
export async function postgresLog(connection: PostgresConnection): Promise<StoreLog> {
  const id = await logIdOf(connection);
  const days = new Days(connection);
  const appends = new Grouped(
    (batches: readonly PostgresBatch[]) => batches.reduce((sum, { rows }) => sum + rows.length, 0),
    async (calls) => {
      const appended = await appendBatches(connection, days, calls.flat());
      if (appended.some(({ stored }) => stored?.some((seq) => seq !== null))) {
        waker.notify();
        void connection.guard(() => tellOthers(connection, self)).catch(() => undefined);
      }
      let end = 0;
      return calls.map(({ length }) => {
        end += length;
        return appended.slice(end - length, end);
      });
    },
  );
  const self = randomBytes(9).toString("base64url");
  const onNotice = (from: string | null) => {
    if (from !== self) waker.notify();
  };
  const waker: Waker = new Waker((signal) => watchChannel(connection, CHANNEL, onNotice, signal));
  connection.onClose(() => waker.close());
  const log = sqlLog(connection, {
    id,
    table: EVENTS,
    waker,
    append: (batches) => connection.guard(() => appends.ask(batches.map(prepareBatch))),
    close: () => connection.close(),
  });
  const known = new Grouped(idsOf, (calls) => knownIn(connection, calls));
  const combos = new Grouped(idsOf, (calls) => combosIn(connection, calls));
  return {
    ...log,
    known: (room, ids) => known.ask({ room, ids }),
    combos: (room, ids) => combos.ask({ room, ids }),
  };
}

/** Ids that are looked for in a room's log. */
interface Sought {
  readonly room: RoomKey;
  readonly ids: readonly string[];
}

const idsOf = ({ ids }: Sought) => ids.length;

/** Ids of many rooms, as rows of an `unnest` of three arrays: the number of who asked, the room, the id. */
const SOUGHT = "unnest($1::integer[], $2::bigint[], $3::text[]) AS sought(n, room, id)";

function soughtBy(calls: readonly Sought[]) {
  return [
    calls.flatMap(({ ids }, n) => ids.map(() => n)),
    calls.flatMap(({ room, ids }) => ids.map(() => room)),
    calls.flatMap(({ ids }) => ids),
  ] as const;
}

/** Returns for each which of its ids are in its room's log. */
async function knownIn(connection: PostgresConnection, calls: readonly Sought[]): Promise<readonly ReadonlySet<string>[]> {
  const days = EVENTS.daysOf(calls.flatMap(({ ids }) => ids));
  const found = await connection.ask(() =>
    rows<{ n: number; id: string }>(
      `SELECT n, id FROM ${SOUGHT} CROSS JOIN LATERAL
         (SELECT FROM events e WHERE e.day = ANY($4::integer[]) AND e.room = sought.room AND e.id = sought.id LIMIT 1) AS found`,
      ...soughtBy(calls),
      days,
    ),
  );
  const known = calls.map(() => new Set<string>());
  for (const { n, id } of found) known[n]?.add(id);
  return known;
}

/** Returns for each the marks of its combos that its room's log has. */
async function combosIn(connection: PostgresConnection, calls: readonly Sought[]): Promise<readonly ReadonlyMap<string, ComboMark>[]> {
  const found = await connection.ask(() =>
    rows<{ n: number; id: string; high: number | null; settled: boolean | null }>(
      `SELECT n, id, high, settled FROM ${SOUGHT} CROSS JOIN LATERAL
         (SELECT max(combo_total) AS high, bool_or(settled) AS settled FROM events e WHERE e.room = sought.room AND e.combo_id = sought.id
          HAVING count(*) > 0) AS found`,
      ...soughtBy(calls),
    ),
  );
  const combos = calls.map(() => new Map<string, ComboMark>());
  for (const { n, id, high, settled } of found) combos[n]?.set(id, { high: high ?? 0, settled: settled === true });
  return combos;
}

/** Returns the name of the log that a database holds. */
async function logIdOf(connection: PostgresConnection): Promise<string> {
  const found = await connection.ask(() =>
    rows<{ key: string; value: string }>("SELECT key, value FROM meta WHERE key IN ('log_id', 'copying')"),
  );
  const id = found.find(({ key }) => key === "log_id")?.value;
  if (id !== undefined) return id;
  if (found.length === 0) throw new DyliveError("bad_config", "the database has lost its id");
  throw new DyliveError(
    "bad_config",
    "a store was being copied into it, which was not finished: make it anew and run `dylive migrate sqlite-to-postgres` again",
  );
}
