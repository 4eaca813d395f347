/** An interval in which messages were missed, ms. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** An interval that is not over. */
interface OpenGap {
  /** Steady time, ms. */
  readonly since: number;
  readonly reason: string;
  /** Whether only messages of people end it. */
  readonly silent: boolean;
  /** Length up to which nothing was missed, ms. */
  readonly toleranceMs: number;
}

/** Difference up to which a beginning after the end is the skew of two machines' clocks, ms; beyond it, a clock was set back. */
const SKEW_MS = 5000;

/** Tracks what is being missed of a broadcast, one interval at a time. Times are steady, ms. */
export class GapTracker {
  #open: OpenGap | null = null;

  get open(): OpenGap | null {
    return this.#open;
  }

  /** Opens a gap, unless one is open; null as the beginning opens none. */
  begin(since: number | null, reason: string, { silent = false, toleranceMs = 0 }: Partial<OpenGap> = {}): void {
    if (since !== null) this.#open ??= { since, reason, silent, toleranceMs };
  }

  /** Ends the open gap. @returns null if none was open, or nothing was missed */
  end(at: number): Gap | null {
    const open = this.#open;
    this.#open = null;
    if (open === null) return null;
    const ms = at - open.since;
    if (ms <= open.toleranceMs && ms > -SKEW_MS) return null;
    return { from: open.since, to: at, reason: open.reason };
  }
}
