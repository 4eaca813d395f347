/** Meaning of silence for a connection: `dead` has no frames at all, `silent` only lacks messages that people cause. */
type Silence = "dead" | "silent";

/**
 * Time without a frame after which a connection is dead, in ms: the platform answers every heartbeat (10 s), and three are missing then.
 */
export const NO_FRAME_MS = 35_000;
/** Time without a frame after which a connection is silent, ms: an answer to a heartbeat, which is sent every 10 s, is missing then. */
export const SILENT_MS = 15_000;
const SHORTEST_MS = 30_000;
const LONGEST_MS = 600_000;
/** Longest silence before a room has shown its pace, in ms. */
const FIRST_MS = 60_000;
/** Number of times a room's usual gap after which silence is worth a question. */
const PATIENCE = 12;

/**
 * Judges the silence of the connections of one broadcast. Quiet rooms are silent too, so the patience grows with the room's own pace, and
 * silence is only a reason to ask the platform (design section 7), never a verdict. A value: what changes it returns another one.
 */
export class Watchdog {
  /** Time at which the last frame came, or the connection opened. */
  readonly lastFrameAt: number;
  /** Time at which the last interactive message came, or the connection opened. */
  readonly lastInteractiveAt: number;
  /** Mean ms between interactive messages, smoothed; null before the second. */
  readonly #gapMs: number | null;
  readonly #seen: number;
  readonly #patience: number;

  /** Begins to watch a broadcast. @param paceMs mean time between its interactive messages, as an earlier process knew it; null for none */
  static ofBroadcast(paceMs: number | null): Watchdog {
    return new Watchdog(0, 0, paceMs);
  }

  constructor(lastFrameAt = 0, lastInteractiveAt = 0, gapMs: number | null = null, seen = 0, patience = 1) {
    this.lastFrameAt = lastFrameAt;
    this.lastInteractiveAt = lastInteractiveAt;
    this.#gapMs = gapMs;
    this.#seen = seen;
    this.#patience = patience;
  }

  /** Begins to watch a connection that is open from `at` on; the room's pace, and the patience with its quiet, stay. */
  opened(at: number): Watchdog {
    return new Watchdog(at, at, this.#gapMs, this.#seen, this.#patience);
  }

  /** Takes what was received at `at`; `interactive` of its messages were caused by people. */
  received(at: number, interactive: number): Watchdog {
    if (interactive === 0) return new Watchdog(at, this.lastInteractiveAt, this.#gapMs, this.#seen, this.#patience);
    const gap = (at - this.lastInteractiveAt) / interactive;
    const smoothed = this.#gapMs === null ? gap : this.#gapMs * 0.9 + gap * 0.1;
    return new Watchdog(at, at, this.#seen > 0 ? smoothed : this.#gapMs, this.#seen + interactive, 1);
  }

  /** Returns the silence that is worth acting on now, or null. */
  silence(now: number): Silence | null {
    if (now - this.lastFrameAt >= NO_FRAME_MS) return "dead";
    return now - this.lastInteractiveAt >= this.limitMs * this.#patience ? "silent" : null;
  }

  /** Takes a silence that was asked about for the room's own quiet: the next question comes only after twice as long. */
  quiet(): Watchdog {
    return new Watchdog(this.lastFrameAt, this.lastInteractiveAt, this.#gapMs, this.#seen, Math.min(this.#patience * 2, 16));
  }

  /** Mean time between interactive messages, whole ms; null before the room has shown it. */
  get paceMs(): number | null {
    return this.#gapMs === null ? null : Math.round(this.#gapMs);
  }

  /** Whether a short absence costs no more than what the platform replays, 15 messages at most: known and slower than five a second. */
  get slow(): boolean {
    return this.#gapMs !== null && this.#gapMs > 200;
  }

  /** Longest silence of this room before one asks, ms. */
  get limitMs(): number {
    if (this.#gapMs === null) return FIRST_MS;
    return Math.min(Math.max(this.#gapMs * PATIENCE, SHORTEST_MS), LONGEST_MS);
  }
}
