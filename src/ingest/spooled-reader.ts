import { WireError } from "../platform/wire/error.js";
import { type Clock, untilAborted } from "../runtime/clock.js";
import { isNotOwner } from "../runtime/store-down.js";
import type { Spooled, SpooledPart } from "../store/cluster.js";

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
  readonly #parts: SpooledReaderDeps;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(parts: SpooledReaderDeps) {
    this.#parts = parts;
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
        if (!signal.aborted) this.#parts.onError(error);
        return false;
      });
      if (!more) await this.#parts.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    }
  }

  /** @returns whether there may be more to do at once */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { spooled, take } = this.#parts;
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
      return await this.#parts.absorb(part, signal);
    } catch (error) {
      if (isNotOwner(error)) return false; // whoever has the room now stores it
      if (!(error instanceof WireError)) throw error;
      this.#parts.onError(error); // no recording, and never will be
      return true;
    }
  }
}
