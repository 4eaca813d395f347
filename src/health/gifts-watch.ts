import type { NewEvent } from "../events/event.js";

/** Whether gifts reach us: a guest gets none, and an account may get only the first ones (facts/peers-and-users.md section 0). */
export type GiftsState = "flowing" | "suppressed" | "unknown";

const RISES_NEEDED = 2; // one rise may be a gift that was on its way
const MOST_USERS = 500;

/** Judges by evidence: contributors' scores that rise while no gift comes mean that gifts are given and kept from us. */
export class GiftsWatch {
  /** Scores by kind of rank and user: the kinds count differently. */
  readonly #scores = new Map<string, number>();
  /** Number of rises of scores since the last gift. */
  #rises = 0;
  #state: GiftsState = "unknown";

  get state(): GiftsState {
    return this.#state;
  }

  /** Begins anew for a new connection or another account: what was seen before says nothing. */
  reset(): void {
    this.#scores.clear();
    this.#rises = 0;
    this.#state = "unknown";
  }

  /** Takes every event, in order. */
  see(event: NewEvent): void {
    if (event.type === "gift") {
      if (event.delta === 0) return;
      this.#rises = 0;
      this.#state = "flowing";
      return;
    }
    const entries = event.type === "rank" ? event.entries : event.type === "stats" ? (event.ranks ?? []) : [];
    let rose = false;
    for (const { score: number, scoreText, user } of entries) {
      const id = user.id ?? user.secUid;
      // RoomRank tells scores as texts only; one that is shortened (1.2万) is not exact enough to tell a rise.
      const score = number ?? (scoreText !== null && /^\d{1,15}$/.test(scoreText) ? Number(scoreText) : null);
      if (id === null || score === null) continue;
      const who = `${event.type}:${id}`;
      const before = this.#scores.get(who);
      if (before !== undefined && score > before) rose = true;
      if (before !== undefined || this.#scores.size < MOST_USERS) this.#scores.set(who, score);
    }
    if (!rose) return;
    this.#rises++;
    if (this.#rises >= RISES_NEEDED) this.#state = "suppressed";
  }
}
