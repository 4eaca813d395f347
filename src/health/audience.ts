import type { NewEvent } from "../events/event.js";

/** Facts that the platform last told of a broadcast's audience. Null is "it has not said". */
export interface ToldAudience {
  /** https URL of the cover; its signature expires, so it is not stored. */
  readonly cover: string | null;
  /** People in the room. */
  readonly online: number | null;
  /** People who came so far. */
  readonly totalViewers: number | null;
  /** The platform's own count of likes. */
  readonly likes: number | null;
}

const NOTHING: ToldAudience = { cover: null, online: null, totalViewers: null, likes: null };

/** Keeps what the platform last said of a room's broadcast, its cover from the reading of its page, its counts from its messages. */
export class Audience {
  #told = NOTHING;

  get told(): ToldAudience {
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
