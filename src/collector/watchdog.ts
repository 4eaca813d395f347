/** Meaning of silence for a connection: `dead` has no frames at all, `silent` lacks messages, or those that people cause. */
type Silence = "dead" | "silent";

/**
 * Time without a frame after which a connection is dead, in ms: the platform answers every heartbeat (10 s), and three are missing then.
 */
export const NO_FRAME_MS = 35_000;
/** Time without a frame after which a connection is silent, ms: an answer to a heartbeat, which is sent every 10 s, is missing then. */
export const SILENT_MS = 15_000;
/**
 * Time without any message after which one asks what the room is, whatever its pace, ms: the quietest room has one every 11 s
 * (facts/changes-2026.md 7).
 */
const NO_MESSAGE_MS = 120_000;
/** Number of times that it is doubled, by questions that found the room live: 2, 4, 8, 16 minutes. */
const MOST_DOUBLINGS = 3;
/** Time after the opening in which the platform repeats what it sent before, ms. */
const REPEATS_MS = 10_000;
const SHORTEST_MS = 30_000;
const LONGEST_MS = 600_000;
/** Longest silence of people before a room has shown its pace, in ms. */
const FIRST_MS = 60_000;
/** Number of times a room's usual gap after which the silence of its people is worth a question. */
const PATIENCE = 12;

const START = {
  openedAt: 0,
  /** Time at which the last frame came, or the connection opened. */
  lastFrameAt: 0,
  /** Time at which the last message of any kind came, or the connection opened. */
  lastMessageAt: 0,
  /** Time at which the last interactive message came, or the connection opened. */
  lastInteractiveAt: 0,
  /** Mean ms between interactive messages, smoothed; null before the second. */
  gapMs: null as number | null,
  seen: 0,
  patience: 1,
  doublings: 0,
};

/**
 * Judges the silence of the connections of one broadcast. Silence is only a reason to ask the platform (design section 7), never a verdict. A
 * connection may be silent at all, or lack only what people cause, as one that the platform holds back (facts/peers-and-users.md 0): since
 * people of a quiet room are silent too, the patience with them grows with the room's pace. A value: what changes it returns another one.
 */
export class Watchdog {
  readonly #has: Readonly<typeof START>;

  constructor(has: Partial<typeof START> = {}) {
    this.#has = { ...START, ...has };
  }

  /** Begins to watch a broadcast. @param paceMs mean time between its interactive messages, as an earlier process knew it; null for none */
  static ofBroadcast(paceMs: number | null): Watchdog {
    return new Watchdog({ gapMs: paceMs });
  }

  get lastFrameAt(): number {
    return this.#has.lastFrameAt;
  }

  /** Begins to watch a connection that is open from `at` on; the room's pace, and the patience with its quiet, stay. */
  opened(at: number): Watchdog {
    return this.#with({ openedAt: at, lastFrameAt: at, lastMessageAt: at, lastInteractiveAt: at });
  }

  /** Takes what was received at `at`; `interactive` of its messages were caused by people. @param messages whether it was more than an answer to a heartbeat */
  received(at: number, interactive: number, messages = interactive > 0): Watchdog {
    const { openedAt, lastInteractiveAt, gapMs, seen } = this.#has;
    const heard = this.#with({
      lastFrameAt: at,
      ...(messages && { lastMessageAt: at }),
      ...(messages && at - openedAt > REPEATS_MS && { doublings: 0 }),
    });
    if (interactive === 0) return heard;
    const gap = (at - lastInteractiveAt) / interactive;
    const smoothed = gapMs === null ? gap : gapMs * 0.9 + gap * 0.1;
    return heard.#with({ lastInteractiveAt: at, gapMs: seen > 0 ? smoothed : gapMs, seen: seen + interactive, patience: 1, doublings: 0 });
  }

  /** Returns the silence that is worth acting on now, or null. */
  silence(now: number): Silence | null {
    const { lastFrameAt, lastInteractiveAt, patience } = this.#has;
    if (now - lastFrameAt >= NO_FRAME_MS) return "dead";
    return this.#lacksMessages(now) || now - lastInteractiveAt >= this.limitMs * patience ? "silent" : null;
  }

  /** Returns since when something may be missed because of the silence. */
  silentSince(now: number): number {
    return this.#lacksMessages(now) ? this.#has.lastMessageAt : this.#has.lastInteractiveAt;
  }

  #lacksMessages(now: number): boolean {
    return now - this.#has.lastMessageAt >= NO_MESSAGE_MS * 2 ** this.#has.doublings;
  }

  /** Takes a silence that was asked about at `now` for the room's own quiet: the next question comes only after twice as long. */
  quiet(now: number): Watchdog {
    const { patience, doublings } = this.#has;
    const more = this.#lacksMessages(now) ? 1 : 0;
    return this.#with({ patience: Math.min(patience * 2, 16), doublings: Math.min(doublings + more, MOST_DOUBLINGS) });
  }

  /** Mean time between interactive messages, whole ms; null before the room has shown it. */
  get paceMs(): number | null {
    return this.#has.gapMs === null ? null : Math.round(this.#has.gapMs);
  }

  /** Whether a short absence costs no more than what the platform replays, 15 messages at most: known and slower than five a second. */
  get slow(): boolean {
    return this.#has.gapMs !== null && this.#has.gapMs > 200;
  }

  /** Longest silence of this room's people before one asks, ms. */
  get limitMs(): number {
    const { gapMs } = this.#has;
    return gapMs === null ? FIRST_MS : Math.min(Math.max(gapMs * PATIENCE, SHORTEST_MS), LONGEST_MS);
  }

  #with(change: Partial<typeof START>): Watchdog {
    return new Watchdog({ ...this.#has, ...change });
  }
}
