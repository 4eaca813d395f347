import type { LiveEvent } from "../api/model.js";

/** A line of a list of danmu. A changed line is a new object with the same `key`. */
export interface DanmuLine {
  readonly key: string;
  /** What is shown; of a combo its newest event. */
  readonly event: LiveEvent;
  /** ms; of no meaning where lines stay for ever */
  readonly until: number;
}

export interface LineRules {
  /** Lines at once; the oldest give way. */
  readonly most: number;
  /** How long a line stays after its last news, ms; 0 is for ever. */
  readonly stayMs: number;
  /** Least worth of a combo so far, diamonds; a gift of unknown price is worth none. */
  readonly min: number;
  readonly isShown: (event: LiveEvent) => boolean;
}

/**
 * The newest messages, a combo of gifts as one line that counts up in its place. A combo whose line has gone comes back at the end with what
 * it has by then; its end alone brings nothing back.
 */
export class DanmuLines {
  readonly #rules: LineRules;
  #lines: DanmuLine[] = [];

  constructor(rules: LineRules) {
    this.#rules = rules;
  }

  take(event: LiveEvent, now: number): void {
    const { most, stayMs, min, isShown } = this.#rules;
    if (!isShown(event)) return;
    const until = now + stayMs;
    if (event.type !== "gift") this.#lines.push({ key: `${event.room} ${event.seq}`, event, until });
    else {
      if (event.comboTotal * (event.unitDiamonds ?? 0) < min) return;
      const at = this.#lines.findIndex((line) => line.event.type === "gift" && line.event.comboId === event.comboId);
      const line = this.#lines[at];
      if (line !== undefined) this.#lines[at] = { key: line.key, event, until: event.delta > 0 ? until : line.until };
      else if (event.delta > 0) this.#lines.push({ key: `${event.room} ${event.seq}`, event, until });
    }
    if (this.#lines.length > most) this.#lines.splice(0, this.#lines.length - most);
  }

  /** The lines of this moment, the oldest first. */
  at(now: number): readonly DanmuLine[] {
    if (this.#rules.stayMs > 0) this.#lines = this.#lines.filter(({ until }) => until >= now);
    return this.#lines;
  }
}
