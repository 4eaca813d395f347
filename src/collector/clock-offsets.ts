import type { Received } from "../platform/access/read.js";
import type { Clock } from "../runtime/clock.js";
import type { Ahead, Noted } from "../store/rooms.js";

/** Difference up to which clocks are taken to agree, in ms: messages reach us up to some seconds after the platform's time of them. */
export const AGREE_MS = 5000;
/** Time over which the least delay tells the platform's clock, in ms: what the store holds back for a while is read late. */
const WINDOW_MS = 60_000;

/**
 * Knows by how much the clock of this process is ahead of clocks that others read too, so that times of other processes, and our own from before
 * the clock was set, can be compared with now. Within the process, times are {@link steady}.
 */
export class ClockOffsets {
  readonly #clock: Clock;
  /** Wall clock less uptime when this began. */
  readonly #base: number | null;
  #platform: { readonly ahead: number; readonly at: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#base = this.#aheadOfUptime();
  }

  /** Returns the time now, ms UTC, as the clock would say it if nobody had set it since this began. */
  now(): number {
    return this.steady(this.#clock.now());
  }

  /** Returns a time of a moment ago, ms UTC, as the clock would have said it if nobody had set it since this began. */
  steady(at: number): number {
    return at - this.#set();
  }

  /** Returns a {@link steady} time by the clock as it is set now, ms UTC. */
  wall(at: number): number {
    return at + this.#set();
  }

  /** Learns the platform's time of frames that just came. */
  learn(batch: readonly Received[]): void {
    const last = batch.findLast(({ response }) => response !== null && response.now > 0);
    if (last?.response === null || last === undefined) return;
    const at = this.steady(last.receivedAt);
    const ahead = at - last.response.now;
    if (this.#platform === null || ahead <= this.#platform.ahead || Math.abs(at - this.#platform.at) > WINDOW_MS)
      this.#platform = { ahead, at };
  }

  /** Notes a {@link steady} time, so that another process can read it. */
  note(at: number): Noted {
    return { at, ahead: this.#ahead() };
  }

  /** Returns a time that anybody noted, by our clock as it is set now, ms UTC; null when nothing tells how the clocks differed. */
  read({ at, ahead }: Noted): number | null {
    const ours = this.#ahead();
    // The uptime first: it knows no delay. It is of our clock at the beginning, and `steady` since.
    const known = Object.keys(ours).find((name) => ahead[name] !== undefined);
    if (known === undefined) return null;
    const differ = (ours[known] ?? 0) - (ahead[known] ?? 0);
    return at + (Math.abs(differ) <= AGREE_MS ? 0 : differ) + this.#set();
  }

  #ahead(): Ahead {
    const up = this.#clock.uptime?.();
    return {
      ...(up !== undefined && this.#base !== null && { [`up:${up.start}`]: this.#base }),
      ...(this.#platform !== null && { platform: this.#platform.ahead }),
    };
  }

  /** Returns by how much the clock was set forward since this began, ms. */
  #set(): number {
    const ahead = this.#aheadOfUptime();
    if (ahead === null || this.#base === null) return 0;
    return Math.abs(ahead - this.#base) <= AGREE_MS ? 0 : ahead - this.#base;
  }

  #aheadOfUptime(): number | null {
    const up = this.#clock.uptime?.();
    return up === undefined ? null : Math.round(this.#clock.now() - up.ms);
  }
}
