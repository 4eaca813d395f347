import type { Clock } from "../runtime/clock.js";
import type { SeenBy } from "../store/rooms.js";

/** States of one session of a room. `idle` has nothing to connect to, or its room is given up for a moment; `lost` and `refused` try again later. */
export const SESSION_STATES = ["idle", "connecting", "connected", "lost", "refused"] as const;
type SessionState = (typeof SESSION_STATES)[number];

/** Evidence of one session of a room. Times are ms UTC. */
export interface SessionEvidence {
  /** Its name: `default` where the room has only the one by its settings. */
  readonly session: string;
  readonly state: SessionState;
  readonly since: number;
  /** Why it is lost or refused; null in other states. */
  readonly reason: string | null;
  /** When it tries again, where it waits for that by itself. */
  readonly retryAt: number | null;
  /** Last frame, also an answer to a heartbeat. */
  readonly lastReceivedAt: number | null;
  /** Messages that it received in this broadcast, those that another session had too among them. */
  readonly received: number;
  /** Intervals of this broadcast in which it was not connected though it should have been. The room's gaps are where all were. */
  readonly outages: { readonly count: number; readonly totalMs: number };
}

/** Keeps the state of one session with its evidence. */
export class SessionHealth {
  /** Its name, and who it is on the platform. */
  readonly by: SeenBy;
  readonly #clock: Clock;
  #state: SessionState = "idle";
  #since: number;
  #reason: string | null = null;
  #retryAt: number | null = null;
  #lastReceivedAt: number | null = null;
  #received = 0;
  #outages = { count: 0, totalMs: 0 };
  /** Since when it is out; null while it is connected, or has nothing to connect to. */
  #outSince: number | null = null;

  #onStanding: (stands: boolean) => void = () => {};

  constructor(by: SeenBy, clock: Clock) {
    this.by = by;
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Sets what is told when its connection stands, or no more. */
  onStanding(listener: (stands: boolean) => void): void {
    this.#onStanding = listener;
  }

  /** Begins another broadcast: what is counted of one starts over. */
  broadcast(): void {
    this.#received = 0;
    this.#outages = { count: 0, totalMs: 0 };
    if (this.#outSince !== null) this.#outSince = this.#clock.now();
  }

  to(state: SessionState, reason: string | null = null, retryAt: number | null = null): void {
    const now = this.#clock.now();
    if (state !== this.#state) this.#since = now;
    const isOut = state === "lost" || state === "refused";
    if (isOut && this.#outSince === null) {
      this.#outSince = now;
      this.#outages = { ...this.#outages, count: this.#outages.count + 1 };
    } else if (!isOut && state !== "connecting" && this.#outSince !== null) {
      this.#outages = { ...this.#outages, totalMs: this.#outages.totalMs + Math.max(0, now - this.#outSince) };
      this.#outSince = null;
    }
    if ((state === "connected") !== (this.#state === "connected")) this.#onStanding(state === "connected");
    this.#state = state;
    this.#reason = reason;
    this.#retryAt = retryAt;
  }

  received(at: number, messages: number): void {
    this.#lastReceivedAt = at;
    this.#received += messages;
  }

  get evidence(): SessionEvidence {
    const out = this.#outSince === null ? 0 : Math.max(0, this.#clock.now() - this.#outSince);
    const { count, totalMs } = this.#outages;
    return {
      session: this.by.name,
      state: this.#state,
      since: this.#since,
      reason: this.#reason,
      retryAt: this.#retryAt,
      lastReceivedAt: this.#lastReceivedAt,
      received: this.#received,
      outages: { count, totalMs: totalMs + out },
    };
  }
}
