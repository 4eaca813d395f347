import type { Received } from "../platform/access/read.js";

/** Wait for the log from which messages that were received are late, ms: a slow commit takes less. */
export const LATE_MS = 5000;

/**
 * Counts what was received of a room and what of it waits for the log. What the log has stored, knew already or turned down does not wait, nor does a
 * message that gives no event.
 */
export class Backlog {
  #waiting = 0;
  #waitingSince: number | null = null;
  #received = 0;
  #lastReceivedAt: number | null = null;

  /** Messages since the collection began. */
  get received(): number {
    return this.#received;
  }

  /** Time at which the last frame came, whatever is in it, ms UTC. */
  get lastReceivedAt(): number | null {
    return this.#lastReceivedAt;
  }

  /** Number of messages that wait. */
  get waiting(): number {
    return Math.max(0, this.#waiting);
  }

  /** Time at which the oldest of them was received, ms UTC; null when none waits. */
  get waitingSince(): number | null {
    return this.#waitingSince;
  }

  /** Tells whether some have waited for too long. */
  isLate(now: number): boolean {
    return this.#waitingSince !== null && now - this.#waitingSince >= LATE_MS;
  }

  /** Counts a frame that came. */
  arrived(frame: Received): void {
    const count = messagesIn([frame]);
    this.#received += count;
    this.#lastReceivedAt = Math.max(this.#lastReceivedAt ?? 0, frame.receivedAt);
    this.#add(count, frame.receivedAt);
  }

  /** Notes that a batch that came is on its way into the log: what came before it is there. */
  taking(batch: readonly Received[]): void {
    if (this.#waiting > 0) this.#waitingSince = batch[0]?.receivedAt ?? this.#waitingSince;
  }

  /** Notes that the log has a batch. */
  taken(batch: readonly Received[]): void {
    this.#add(-messagesIn(batch), null);
  }

  /** Drops what else came by a connection: it goes with the connection. */
  dropped(): void {
    this.#add(-this.#waiting, null);
  }

  #add(count: number, at: number | null): void {
    this.#waiting += count;
    if (this.#waiting <= 0) this.#waitingSince = null;
    else this.#waitingSince ??= at;
  }
}

function messagesIn(batch: readonly Received[]): number {
  return batch.reduce((sum, { response }) => sum + (response?.messages.length ?? 0), 0);
}
