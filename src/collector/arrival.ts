import type { Clock } from "../runtime/clock.js";

/** Overlap of two connections, in ms: the old one's last frames are stored by then, and the new one has them too. */
const OVERLAP_MS = 1000;

/** Takes over a room that another process goes on collecting: a second after our own connection stands. */
export class Arrival {
  /** Resolves when the room is ours. @throws what claiming it throws; the signal's reason */
  readonly done: Promise<void>;
  #stands: () => void = () => {};

  /** @param claim makes the room ours */
  constructor(clock: Clock, claim: () => Promise<void>, signal: AbortSignal) {
    this.done = new Promise<void>((resolve) => {
      this.#stands = resolve;
    }).then(async () => {
      await clock.sleep(OVERLAP_MS, signal);
      await claim();
    });
    this.done.catch(() => {}); // in a quiet room nobody waits for it
  }

  /** Notes that the connection stands; called more than once, it stands since the first call. */
  opened(): void {
    this.#stands();
  }
}
