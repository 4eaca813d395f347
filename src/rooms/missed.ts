import type { Resume } from "../log/rooms.js";
import type { Received } from "../sources/source.js";

/** An interval in which we know that something was missed, ms UTC. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** An interval that is not over, as it is kept for the next process: `silent` is over only when people are heard again. */
type OpenGap = NonNullable<Resume["missing"]>;

/** What is being missed: one interval at a time, over when messages come again. */
export class Missed {
  #open: OpenGap | null = null;

  /** What is being missed now. */
  get open(): OpenGap | null {
    return this.#open;
  }

  /** Something is missed from `since` on; what began before stays as it is. `silent` is over only when people are heard again. */
  begin(since: number | null, reason: string, silent = false): void {
    if (since !== null) this.#open ??= { since, reason, silent };
  }

  /** Goes on with what an earlier process was missing, if it was. */
  goOn(open: OpenGap | undefined): void {
    if (open !== undefined) this.#open ??= open;
  }

  /** Frames came at `at` again. @returns what is over by that */
  end(at: number, peopleHeard: boolean): Gap | null {
    return this.#open === null || (this.#open.silent && !peopleHeard) ? null : this.close(at);
  }

  /** It is over at `at` whatever comes: another broadcast has begun. */
  close(at: number): Gap | null {
    const open = this.#open;
    this.#open = null;
    return open === null || at <= open.since ? null : { from: open.since, to: at, reason: open.reason };
  }
}

/** The interval in which the messages of damaged frames were made: from the frame before the first to the last. Null when none is damaged. */
export function damagedIn(batch: readonly Received[], lastFrameAt: number): Gap | null {
  const first = batch.findIndex(({ damaged }) => damaged === true);
  const last = batch.findLast(({ damaged }) => damaged === true);
  if (last === undefined) return null;
  const before = batch[first - 1]?.receivedAt ?? lastFrameAt;
  return { from: Math.min(before, last.receivedAt - 1), to: last.receivedAt, reason: "a frame was damaged on its way" };
}
