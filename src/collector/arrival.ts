import type { Clock } from "../runtime/clock.js";

/** The old connection's last frames are stored by then, and the new one has them too. */
const OVERLAP_MS = 1000;

/** When a room that another process goes on collecting becomes ours: a second after our own connection stands. */
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

  /** The connection stands; told more than once it stands since the first. */
  opened(): void {
    this.#stands();
  }
}
