import { DyliveError } from "../errors.js";

/** A refusal says nothing about now after this time: who still has something to store tries every second. */
const REFUSED_FOR_MS = 30_000;

/** Whether the store takes what is appended, by what became of this process's last append. */
export class AppendHealth {
  #refused: { readonly at: number; readonly error: DyliveError } | null = null;

  /** An append was stored. */
  took(): void {
    this.#refused = null;
  }

  /** An append was refused; only the store's own failures count, not those of what was given to it. @param at ms UTC */
  failed(error: unknown, at: number): void {
    if (!(error instanceof DyliveError)) return;
    if (error.row.status >= 500) this.#refused = { at, error };
  }

  /** Why the store took nothing when it was last asked to; null when it did, or that was too long ago. @param now ms UTC */
  refusedBy(now: number): DyliveError | null {
    return this.#refused === null || Math.abs(now - this.#refused.at) > REFUSED_FOR_MS ? null : this.#refused.error;
  }
}
