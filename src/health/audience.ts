import type { NewEvent } from "../events/event.js";
import type { RoomStatus } from "./state.js";

const NOTHING: RoomStatus["broadcast"] = { cover: null, online: null, totalViewers: null, likes: null };

/** Keeps what the platform last said of a room's broadcast, its cover from the reading of its page, its counts from its messages. */
export class Audience {
  #told = NOTHING;

  get told(): RoomStatus["broadcast"] {
    return this.#told;
  }

  /** Begins a new broadcast: counts are of one, its cover comes from the reading that found it. */
  reset(): void {
    this.#told = { ...NOTHING, cover: this.#told.cover };
  }

  /** Takes the cover that a reading of the room's page named. */
  read(cover: string | null): void {
    this.#told = { ...this.#told, cover };
  }

  /** Takes every event, in order. */
  see(event: NewEvent): void {
    if (event.type === "stats") {
      const { online, totalViewers } = event;
      this.#told = { ...this.#told, online: online ?? this.#told.online, totalViewers: totalViewers ?? this.#told.totalViewers };
    } else if (event.type === "like" && event.total !== null) {
      this.#told = { ...this.#told, likes: Math.max(this.#told.likes ?? 0, event.total) };
    }
  }
}

const MASKED_SAMPLE = 20;

/** Measures how much of a broadcast we see: hidden names, and the share of likes that reached us (the platform samples them). */
export class Coverage {
  #users = 0;
  #maskedUsers = 0;
  #likes = 0;
  #firstTotal: number | null = null;
  #lastTotal: number | null = null;

  /** Begins a new broadcast. */
  reset(): void {
    this.#users = 0;
    this.#maskedUsers = 0;
    this.#likes = 0;
    this.#firstTotal = null;
    this.#lastTotal = null;
  }

  /** Takes every event, in order. */
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
