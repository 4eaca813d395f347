import { channel } from "node:diagnostics_channel";
import { FakeClock, yieldToEventLoop } from "../clock.js";

/** The simulator's own step: between two of them nothing happens by itself. */
const STEP_MS = 100;
/** A request that takes so many turns of the event loop is one that waits for the clock (the platform is late). */
const MOST_TURNS = 400;

/**
 * A clock for real sockets on loopback that goes on only while nothing is on its way: what it measures is what was waited for, and not
 * how busy the machine was. HTTP requests are seen by undici's own diagnostics.
 */
export class Lockstep extends FakeClock {
  #asking = 0;
  #writing = 0;
  readonly #begun = () => void this.#asking++;
  readonly #ended = () => void this.#asking--;

  constructor() {
    super();
    for (const [name, listen] of this.#channels()) channel(name).subscribe(listen);
  }

  /** Goes on until something is so, at most `ms`. @returns how long it took, ms */
  async until(what: () => Promise<unknown> | unknown, ms: number): Promise<number> {
    const begun = this.now();
    for (;;) {
      await this.#settle();
      const found = await what();
      if (found !== false && found !== null && found !== undefined) return this.now() - begun;
      if (this.now() - begun >= ms) throw new Error(`still not so after ${ms} ms of the clock: ${what}`);
      await this.advance(STEP_MS);
    }
  }

  /** Goes on by `ms`. */
  async go(ms: number): Promise<void> {
    for (const end = this.now() + ms; this.now() < end; ) {
      await this.advance(Math.min(STEP_MS, end - this.now()));
      await this.#settle();
    }
  }

  /** Stands still while the disk does something, which nobody sees: it may take longer than the clock would wait for anything. */
  async during<T>(written: Promise<T>): Promise<T> {
    this.#writing++;
    try {
      return await written;
    } finally {
      this.#writing--;
    }
  }

  stop(): void {
    for (const [name, listen] of this.#channels()) channel(name).unsubscribe(listen);
  }

  async #settle(): Promise<void> {
    await yieldToEventLoop(2);
    while (this.#writing > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.#asking === 0) return;
    for (let turn = 0; turn < MOST_TURNS && this.#asking > 0; turn++) await yieldToEventLoop(1);
    await yieldToEventLoop(6); // what follows an answer, such as a handshake
  }

  #channels(): [string, () => void][] {
    return [
      ["undici:request:create", this.#begun],
      ["undici:request:trailers", this.#ended],
      ["undici:request:error", this.#ended],
    ];
  }
}
