import type { Received } from "../platform/access/source.js";
import type { Clock } from "../runtime/clock.js";

/** Longest pause in a recording that is waited for, in ms: an hour without a frame. */
const LONGEST_WAIT_MS = 3_600_000;

/** Replays what was received once with the gaps that it was received with, or `speed` times as fast. */
export async function* paced(
  batches: AsyncIterable<readonly Received[]>,
  { speed, clock }: { readonly speed: number; readonly clock: Clock },
  signal: AbortSignal,
): AsyncGenerator<readonly Received[]> {
  let recordedAt: number | null = null;
  let due = clock.now();
  let batch: Received[] = [];
  for await (const records of batches) {
    for (const record of records) {
      due += Math.min(Math.max(0, record.receivedAt - (recordedAt ?? record.receivedAt)), LONGEST_WAIT_MS) / speed;
      recordedAt = Math.max(recordedAt ?? 0, record.receivedAt);
      const wait = due - clock.now();
      if (wait > 1) {
        if (batch.length > 0) yield batch;
        batch = [];
        await clock.sleep(wait, signal).catch(() => {});
        if (signal.aborted) return;
      }
      batch.push(record);
    }
    if (batch.length > 0) yield batch;
    batch = [];
  }
}
