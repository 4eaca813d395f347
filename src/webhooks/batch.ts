import type { Batch } from "../feed/batch.js";
import type { RoomKey } from "../store/log.js";
import type { HookBatch, HookRow } from "../store/sql/hooks.js";
import type { StoredEvent } from "../store/stored-event.js";

/** The most events that a batch may be asked to hold. */
export const BATCH_EVENTS_MAX = 500;
/** Most bytes of a batch's events, unless one event alone is more. Most receivers take 1 MiB by default, some 100 KB. */
const BATCH_BYTES = 262_144;

/** Parameters of a batch. */
interface BatchOf {
  readonly hook: Pick<HookRow, "id" | "replays" | "maxEvents">;
  /** Name of the log in which the seqs count. */
  readonly logId: string;
  readonly room: RoomKey;
  /** Last seq that was sent or left out, with everything before it. */
  readonly after: number;
  /** ms UTC */
  readonly now: number;
}

/**
 * Makes a batch of what was read of the log; null when there is nothing to send in it. A removed range that was passed over is sent without
 * events too: the receiver is told what it will never get.
 * @param rows those read that the hook is to be sent
 */
export function makeBatch(
  { hook, logId, room, after, now }: BatchOf,
  read: Pick<Batch, "to" | "removed">,
  rows: readonly StoredEvent[],
): HookBatch | null {
  if (rows.length === 0 && read.removed === null) return null;
  const texts: string[] = [];
  let bytes = 0;
  for (const { text } of rows.slice(0, hook.maxEvents)) {
    bytes += Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes > BATCH_BYTES) break;
    texts.push(text);
  }
  const to = texts.length < rows.length ? (rows[texts.length - 1]?.seq ?? read.to) : read.to;
  const from = after + 1;
  const removed = read.removed === null ? "" : `"removed":[${JSON.stringify(read.removed)}],`;
  const head = `"hook":${JSON.stringify(hook.id)},"log":${JSON.stringify(logId)},"room":${room},"from":${from},"to":${to}`;
  const body = `{${head},${removed}"events":[${texts.join(",")}]}`;
  return { id: batchId(hook, logId, room, from, to), room, from, to, events: texts.length, createdAt: now, tries: 0, body };
}

/**
 * Returns the `webhook-id`: hook, room and range, and what makes them mean the same forever. After a restored backup seqs are given again,
 * in a log of another id; what somebody has sent again is a message of its own, or a receiver that knows the first would drop it.
 */
function batchId({ id, replays }: BatchOf["hook"], logId: string, room: RoomKey, from: number, to: number): string {
  return `${id}_${room}_${from}-${to}_${logId}${replays > 0 ? `_${replays}` : ""}`;
}
