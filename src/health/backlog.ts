import type { Received } from "../platform/access/read.js";

/** Wait for the log from which messages that were received are late, ms: a slow commit takes less. */
export const LATE_MS = 5000;

/** Messages that wait in one place. */
interface WaitingFrames {
  count: number;
  /** When the oldest of them was received, ms UTC; null while none waits. */
  since: number | null;
}

/**
 * Counts what was received of a room and what of it waits for the log: for the log itself, or in the spool. What the log has stored, knew already or
 * turned down does not wait, nor does a message that gives no event.
 */
export class Backlog {
  readonly #inHand: WaitingFrames = { count: 0, since: null };
  readonly #spooled: WaitingFrames = { count: 0, since: null };
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

  /** Whether messages of the room wait in the spool. */
  get isSpooled(): boolean {
    return this.#spooled.count > 0;
  }

  /** Number of messages that wait. */
  get waiting(): number {
    return Math.max(0, this.#inHand.count) + Math.max(0, this.#spooled.count);
  }

  /** Time at which the oldest of them was received, ms UTC; null when none waits. */
  get waitingSince(): number | null {
    const all = [this.#inHand.since, this.#spooled.since].filter((at) => at !== null);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Tells whether some have waited for too long. */
  isLate(now: number): boolean {
    const since = this.waitingSince;
    return since !== null && now - since >= LATE_MS;
  }

  /** Counts a frame that came. */
  arrived(frame: Received): void {
    const count = messagesIn([frame]);
    this.#received += count;
    this.#lastReceivedAt = Math.max(this.#lastReceivedAt ?? 0, frame.receivedAt);
    add(this.#inHand, count, frame.receivedAt);
  }

  /** Notes that a batch that came is on its way into the log: what came before it is there. */
  taking(batch: readonly Received[]): void {
    if (this.#inHand.count > 0) this.#inHand.since = batch[0]?.receivedAt ?? this.#inHand.since;
  }

  /** Notes that the log or the spool has a batch, or that it is another process's to store. */
  taken(batch: readonly Received[]): void {
    add(this.#inHand, -messagesIn(batch), null);
  }

  /** Drops what else came by a connection: it goes with the connection. */
  dropped(): void {
    add(this.#inHand, -this.#inHand.count, null);
  }

  /** Notes that a batch waits in the spool from now on. */
  spooled(batch: readonly Received[]): void {
    add(this.#spooled, messagesIn(batch), batch[0]?.receivedAt ?? null);
  }

  /** Notes that a batch of the spool is on its way into the log. */
  draining(batch: readonly Received[]): void {
    if (this.#spooled.count > 0) this.#spooled.since = batch[0]?.receivedAt ?? this.#spooled.since;
  }

  /** Notes that a batch of the spool is in the log, or that the spool did not take it. */
  drained(batch: readonly Received[]): void {
    add(this.#spooled, -messagesIn(batch), null);
  }

  /** Notes that nothing is left in the spool. */
  spoolEmpty(): void {
    add(this.#spooled, -this.#spooled.count, null);
  }
}

function messagesIn(batch: readonly Received[]): number {
  return batch.reduce((sum, { response }) => sum + (response?.messages.length ?? 0), 0);
}

function add(waiting: WaitingFrames, count: number, at: number | null): void {
  waiting.count += count;
  if (waiting.count <= 0) waiting.since = null;
  else waiting.since ??= at;
}
