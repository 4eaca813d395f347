import type { Received } from "./source.js";

/** Bytes of memory that a batch out of a file may take. Real frames are far smaller: hundreds of them are one batch. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Returns the bytes of memory that something received takes: as it came, and as inflated, which may be a thousand times as much. */
export function heldBytes({ raw, response }: Pick<Received, "raw" | "response">): number {
  // The messages of a frame are parts of one buffer.
  return raw.length + (response?.messages[0]?.payload.buffer.byteLength ?? 0);
}

/** Reads what comes out of a file, in batches of bounded memory: each is read when the one before was taken. */
export function* inBatches(received: Iterable<Received>): Generator<readonly Received[], void> {
  let batch: Received[] = [];
  let held = 0;
  for (const one of received) {
    batch.push(one);
    held += heldBytes(one);
    if (held < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    held = 0;
  }
  if (batch.length > 0) yield batch;
}
