import type { NewEvent } from "../events/event.js";

const MASKED_SAMPLE = 20;

/** What can be said of how much of a broadcast we see: hidden names, and the share of likes that reached us (the platform samples them). */
export class Sight {
  #users = 0;
  #maskedUsers = 0;
  #likes = 0;
  #firstTotal: number | null = null;
  #lastTotal: number | null = null;

  /** A new broadcast. */
  reset(): void {
    this.#users = 0;
    this.#maskedUsers = 0;
    this.#likes = 0;
    this.#firstTotal = null;
    this.#lastTotal = null;
  }

  /** Every event in order. */
  see(event: NewEvent): void {
    if ("user" in event && event.user) {
      this.#users++;
      if (event.user.masked) this.#maskedUsers++;
    }
    if (event.type !== "like" || event.total === null) return;
    if (this.#firstTotal === null) this.#firstTotal = event.total;
    else this.#likes += event.count;
    this.#lastTotal = Math.max(this.#lastTotal ?? 0, event.total);
  }

  /** Whether the room hides who its people are; null before twenty were seen. */
  get masked(): boolean | null {
    return this.#users < MASKED_SAMPLE ? null : this.#maskedUsers * 2 > this.#users;
  }

  /** Likes that reached us as a share of the room's own count since our first; null before the count moved. */
  get likesSeen(): number | null {
    const risen = (this.#lastTotal ?? 0) - (this.#firstTotal ?? 0);
    return risen <= 0 ? null : Math.min(1, Math.round((this.#likes / risen) * 1000) / 1000);
  }
}
