import type { Clock } from "../clock.js";
import type { Call } from "./calls.js";

/** How long a newer call lets an older one hand over its answer before the older one's connection is cut. */
const STALL_MS = 5_000;

interface Seat {
  current: Call;
  next: { readonly call: Call; give(turn: boolean): void } | null;
  /** Stops the watch on an answer that is not taken; set once a newer call waits for this one. */
  stall: AbortController | null;
}

/**
 * Lets the calls of one position run one at a time. A newer call ends an older one that waits; at most one stands behind the
 * one that runs. Nothing is kept of a key that nobody uses.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #seats = new Map<string, Seat>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys in use. */
  get size(): number {
    return this.#seats.size;
  }

  /** Waits for the call's turn: the function that ends it, or null when the call was ended before its turn came. */
  async enter(key: string, call: Call): Promise<(() => void) | null> {
    const seat = this.#seats.get(key);
    if (seat === undefined) {
      this.#seats.set(key, { current: call, next: null, stall: null });
      return this.#release(key);
    }
    seat.current.end("newer");
    seat.next?.give(false);
    seat.next = null;
    this.#watch(seat);
    const got = await new Promise<boolean>((resolve) => {
      const give = (turn: boolean) => {
        call.signal.removeEventListener("abort", leave);
        resolve(turn);
      };
      const leave = () => {
        if (seat.next?.call === call) seat.next = null;
        give(false);
      };
      if (call.signal.aborted) return give(false);
      call.signal.addEventListener("abort", leave, { once: true });
      seat.next = { call, give };
    });
    return got ? this.#release(key) : null;
  }

  #release(key: string): () => void {
    let released = false;
    return () => {
      const seat = this.#seats.get(key);
      if (released || seat === undefined) return;
      released = true;
      seat.stall?.abort();
      seat.stall = null;
      const { next } = seat;
      if (next === null) {
        this.#seats.delete(key);
        return;
      }
      seat.current = next.call;
      seat.next = null;
      next.give(true);
    };
  }

  #watch(seat: Seat): void {
    if (seat.stall !== null) return;
    const stall = new AbortController();
    const { current } = seat;
    seat.stall = stall;
    this.#clock.sleep(STALL_MS, stall.signal).then(
      () => current.breakOff(),
      () => {},
    );
  }
}
