import { type Clock, randomBetween } from "../runtime/clock.js";

/** Outcome of a visit of a page: it was answered, it was refused to the visitor, or it came to nothing for reasons of our own. */
export type Visit = "answered" | "refused" | "failed";

/** Pause between two visits, and the rest after every tenth, in ms (facts/videos.md 5.2). */
const BETWEEN_MS = [5000, 8000] as const;
const REST_MS = [20_000, 35_000] as const;
const REST_AFTER = 10;
/** Refusals by which visits are stopped: this share of so many of the last, as soon as there are enough to tell. */
const REFUSED_SHARE = 0.6;
const LAST = 20;
const ENOUGH = 10;
const PAUSE_MS = 300_000;

/**
 * Says when the next page may be visited: a few seconds after the last, after every tenth with a rest, and after many refusals not for five
 * minutes. The first visit after that is a probe: when it is refused, the pause begins again.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #share: number;
  #nextAt = 0;
  #pausedUntil: number | null = null;
  /** When this was asked or heard something last, ms UTC. */
  #seenAt = 0;
  #visits = 0;
  #last: boolean[] = [];

  /**
   * @param random gives numbers from 0 up to 1
   * @param share of the pauses between visits that is made; 1 at the real platform
   */
  constructor(clock: Clock, random: () => number = Math.random, share = 1) {
    this.#clock = clock;
    this.#random = random;
    this.#share = share;
  }

  /** When the next page may be visited, ms UTC; it may be over. */
  get nextAt(): number {
    this.#now();
    return this.#nextAt;
  }

  /** The end of the pause after many refusals, ms UTC; it is over while the probe is due. Null when there is no pause. */
  get pausedUntil(): number | null {
    this.#now();
    return this.#pausedUntil;
  }

  /** Counts the visits by which refusals are judged. */
  get last(): { readonly visits: number; readonly refused: number } {
    return { visits: this.#last.length, refused: this.#last.filter((refused) => refused).length };
  }

  /** Takes note of a visit that has just ended. */
  note(visit: Visit): void {
    const now = this.#now();
    this.#visits++;
    const rest = this.#visits % REST_AFTER === 0 ? this.#between(REST_MS) : 0;
    this.#nextAt = now + this.#between(BETWEEN_MS) + rest;
    if (visit === "failed") return; // says nothing about the platform, not even as a probe
    this.#last = [...this.#last, visit === "refused"].slice(-LAST);
    if (this.#pausedUntil === null ? this.#isRefused() : visit === "refused") {
      this.#pausedUntil = now + PAUSE_MS;
      this.#nextAt = this.#pausedUntil;
    } else if (this.#pausedUntil !== null) {
      this.#pausedUntil = null;
      this.#last = [];
    }
  }

  /** Returns the time, and takes the pauses along with a clock that was set back: it makes none longer. */
  #now(): number {
    const now = this.#clock.now();
    const backMs = Math.max(0, this.#seenAt - now);
    this.#nextAt -= backMs;
    if (this.#pausedUntil !== null) this.#pausedUntil -= backMs;
    this.#seenAt = now;
    return now;
  }

  #isRefused(): boolean {
    const { visits, refused } = this.last;
    return visits >= ENOUGH && refused >= visits * REFUSED_SHARE;
  }

  #between([from, to]: readonly [number, number]): number {
    return Math.round(randomBetween(from, to, this.#random) * this.#share);
  }
}
