import { SOURCES } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import { Drift } from "../platform/wire/drift.js";
import { WireError } from "../platform/wire/reader.js";
import { RecordingReader, type RecordingRecord } from "../platform/wire/recording.js";
import { breathe, type Clock, untilAborted } from "../runtime/clock.js";
import { readRecords } from "../sources/recording.js";
import type { Spooled, SpooledPart } from "../store/cluster.js";
import { isNotOwner } from "../store/health.js";
import { gapEvent, type Waited, waited } from "./own-events.js";
import type { Broadcast, Pipeline } from "./pipeline.js";
import { SPOOL_LOST } from "./spool-drain.js";

/** Bytes that are read at once. */
const CHUNK_BYTES = 256 * 1024;

/** One file of a spool, as its room's pipeline takes it. */
interface SpoolPart {
  readonly broadcast: Broadcast;
  /** Batches of frames: bounded, and read when they are asked for. */
  readonly batches: Iterable<readonly Waited[]>;
  /** Damaged records among those that were read so far. */
  readonly passedOver: () => number;
}

/** Reads a file of a spool up to where it is torn; null when there is nothing in it. @throws WireError bad_record when it is none */
export function readSpoolPart(bytes: Uint8Array): SpoolPart | null {
  const reader = new RecordingReader();
  const first = reader.push(bytes.subarray(0, CHUNK_BYTES));
  if (reader.meta === null) return null;
  const { roomId, webRid, anchorId = null, source: name } = reader.meta;
  const source = SOURCES.find((one) => one === name) ?? "recording";
  return {
    broadcast: { sessionId: roomId || null, webRid: webRid || null, anchorId, source },
    batches: batchesOf(first, reader, bytes),
    passedOver: () => reader.skipped,
  };
}

function* batchesOf(first: readonly RecordingRecord[], reader: RecordingReader, bytes: Uint8Array): Generator<readonly Waited[]> {
  const drift = new Drift(); // what is damaged was counted when it came
  for (const batch of readRecords(first, drift)) yield waited(batch);
  for (let at = CHUNK_BYTES; at < bytes.length; at += CHUNK_BYTES)
    for (const batch of readRecords(reader.push(bytes.subarray(at, at + CHUNK_BYTES)), drift)) yield waited(batch);
}

/**
 * Runs a file of another process's spool through the room's pipeline; what was stored already is not stored again.
 * @throws DyliveError not_owner, what the store throws when it is down; WireError bad_record
 */
export async function absorbSpooled(bytes: Uint8Array, pipeline: Pipeline, health: RoomHealth | null, signal: AbortSignal): Promise<void> {
  const part = readSpoolPart(bytes);
  if (part === null) return;
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const batch of part.batches) {
    signal.throwIfAborted();
    for (const { receivedAt } of batch) [from, to] = [Math.min(from, receivedAt), Math.max(to, receivedAt)];
    const stored = await pipeline.store(batch, part.broadcast);
    for (const [reason, n] of stored.drops) health?.drop(reason, n);
    await breathe(); // what comes now has its turn
  }
  // A torn end is no news: how long the process that was killed had been away is a gap already.
  if (part.passedOver() > 0 && from <= to) await pipeline.own(gapEvent(pipeline.room, part.broadcast, from, to, SPOOL_LOST));
}

interface SpooledReaderDeps {
  readonly spooled: Pick<Spooled, "done">;
  readonly clock: Clock;
  /** Returns the oldest parts that are ours to store: of the rooms that are collected here, or of those that nobody collects. */
  readonly take: (limit: number) => Promise<readonly SpooledPart[]>;
  /** Runs a part through its room's pipeline. @returns false when that cannot be done now. @throws what the store throws when it is down */
  readonly absorb: (part: SpooledPart, signal: AbortSignal) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

const LOOK_EVERY_MS = 2000;
/** Parts of some MB that are in memory at once. */
const PARTS = 4;

/** Stores what was spooled and uploaded, part after part. */
export class SpooledReader {
  readonly #deps: SpooledReaderDeps;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(deps: SpooledReaderDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Ends at once; what is under way comes again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const more = await untilAborted(this.#round(signal), signal).catch((error: unknown) => {
        if (!signal.aborted) this.#deps.onError(error);
        return false;
      });
      if (!more) await this.#deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }

  /** @returns whether there may be more to do at once */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { spooled, take } = this.#deps;
    const parts = await take(PARTS);
    const done: number[] = [];
    for (const part of parts) {
      if (signal.aborted) break;
      if (await this.#absorb(part, signal)) done.push(part.n);
    }
    if (done.length > 0) await spooled.done(done);
    return done.length > 0 && done.length === parts.length;
  }

  async #absorb(part: SpooledPart, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#deps.absorb(part, signal);
    } catch (error) {
      if (isNotOwner(error)) return false; // whoever has the room now stores it
      if (!(error instanceof WireError)) throw error;
      this.#deps.onError(error); // no recording, and never will be
      return true;
    }
  }
}
