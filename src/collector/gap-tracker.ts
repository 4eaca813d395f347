import type { Missing, Noted } from "../store/rooms.js";
import { AGREE_MS, type ClockOffsets } from "./clock-offsets.js";

/** An interval in which we know that something was missed, ms UTC. */
export interface Gap {
  /** Null where the clock was set meanwhile, or was another machine's, and nothing tells by how much they differ. */
  readonly from: number | null;
  readonly to: number;
  readonly reason: string;
}

/** Tracks what is being missed: one interval at a time, over when messages come again. */
export class GapTracker {
  readonly #offsets: Pick<ClockOffsets, "read">;
  #open: Missing | null = null;

  constructor(offsets: Pick<ClockOffsets, "read">) {
    this.#offsets = offsets;
  }

  /** Interval that is being missed now. */
  get open(): Missing | null {
    return this.#open;
  }

  /**
   * Notes that something is missed from `since` on; what began before stays as it is.
   * @param about `silent`: it is over only when people are heard again; `longerThanMs`: one that turns out to be no longer was none
   */
  begin(since: Noted | readonly Noted[] | null, reason: string, about: Partial<Pick<Missing, "silent" | "longerThanMs">> = {}): void {
    if (since !== null) this.#open ??= { since: [since].flat(), reason, silent: false, ...about };
  }

  /** Goes on with what an earlier process was missing, if it was. */
  goOn(open: Missing | undefined): void {
    if (open !== undefined) this.#open ??= open;
  }

  /** Takes an interval up again that turned out not to be over: what began meanwhile lies within it. */
  resume(open: Missing): void {
    this.#open = open;
  }

  /** Notes that something came again at `at` (ms UTC, our clock now). @returns what is over by that */
  end(at: number, { messages, people }: { readonly messages: boolean; readonly people: boolean }): Gap | null {
    if (this.#open === null || (this.#open.silent && !people)) return null;
    const from = this.#since();
    // What tells how the clocks differ comes with the messages.
    if (!messages && from === null) return null;
    // It cannot have begun after it is over: what told how the clocks differ was wrong. Of one that may be none it says that there was none, as
    // where the process that had the room went on with it longer than the first of our frames had to wait.
    const isWrong = from !== null && from > at + AGREE_MS && this.#open.longerThanMs === undefined;
    return this.#over(isWrong ? null : from, at);
  }

  /** Ends the interval at `at` (ms UTC, our clock now) whatever comes: another broadcast has begun. */
  close(at: number): Gap | null {
    return this.#over(this.#since(), at);
  }

  #over(from: number | null, at: number): Gap | null {
    const open = this.#open;
    this.#open = null;
    if (open === null || (from !== null && at - from <= (open.longerThanMs ?? 0))) return null;
    return { from, to: at, reason: open.reason };
  }

  /** Returns since when something is missed, by our clock as it is now; null when nothing is open, or nobody knows. */
  #since(): number | null {
    const known = this.#open?.since.map((noted) => this.#offsets.read(noted)).filter((at) => at !== null) ?? [];
    return known.length === 0 ? null : Math.max(...known);
  }
}
