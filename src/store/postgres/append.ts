import type { Appended, RoomBatch, RoomKey } from "../log.js";
import { type Row, rowOf } from "../row.js";
import type { PostgresConnection } from "./connection.js";
import { dayOf } from "./day.js";
import type { Days } from "./days.js";
import { isMissingDay } from "./refusal.js";

/** Batch made ready for storing: later changes to the events do not reach the store. */
export interface PostgresBatch {
  readonly room: RoomKey;
  readonly epoch: number;
  readonly rows: readonly Row[];
  readonly days: readonly number[];
}

/** Row of the answer of `append_events`. */
interface AppendTold {
  readonly o_n: number;
  readonly o_room: number;
  readonly o_seq: number;
  readonly o_epoch: number;
}

const SQL = "SELECT * FROM append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/** Turns a batch into rows. */
export function prepareBatch({ room, epoch, events }: RoomBatch): PostgresBatch {
  const rows = events.map((event) => rowOf(event));
  return { room, epoch, rows, days: rows.map(({ id }) => dayOf(id)) };
}

/** Appends batches in one transaction, which is one statement. */
export async function appendBatches(
  connection: PostgresConnection,
  days: Days,
  batches: readonly PostgresBatch[],
): Promise<readonly Appended[]> {
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

function send(connection: PostgresConnection, batches: readonly PostgresBatch[]): Promise<readonly AppendTold[]> {
  const each = <T>(of: (row: Row, batch: PostgresBatch, at: number) => T) =>
    batches.flatMap((batch) => batch.rows.map((row, at) => of(row, batch, at)));
  return connection.borrow((session) =>
    session.rows<AppendTold>(
      SQL,
      [...new Set(batches.map(({ room }) => room))],
      each((_, { room }) => room),
      each((_, { epoch }) => epoch),
      each((_, batch, at) => batch.days[at] ?? 0),
      each(({ id }) => id),
      each(({ type }) => type),
      each(({ sessionId }) => sessionId),
      each(({ userId }) => userId),
      each(({ comboId }) => comboId),
      each(({ comboTotal }) => comboTotal),
      each(({ settled }) => settled),
      each(({ diamonds }) => diamonds),
      each(({ revision }) => revision),
      each(({ body }) => body),
    ),
  );
}

function resultsOf(batches: readonly PostgresBatch[], told: readonly AppendTold[]): readonly Appended[] {
  const seqs = new Map(told.flatMap(({ o_n, o_seq }) => (o_n > 0 ? [[o_n, o_seq] as const] : [])));
  const heads = new Map(told.flatMap(({ o_n, o_room, o_seq, o_epoch }) => (o_n > 0 ? [] : [[o_room, { head: o_seq, epoch: o_epoch }]])));
  let n = 0;
  return batches.map(({ room, epoch, rows }) => {
    const mark = heads.get(room);
    if (mark === undefined || mark.epoch !== epoch) {
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
