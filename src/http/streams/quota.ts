import { DyliveError } from "../../runtime/errors.js";

/** Counts what each token holds open: one for a connection, one for each room of it. */
export class Quota {
  readonly #max: number;
  readonly #held = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** What all tokens hold. */
  get size(): number {
    let size = 0;
    for (const count of this.#held.values()) size += count;
    return size;
  }

  /**
   * Takes `count` more for a token.
   * @throws DyliveError too_many_subscriptions
   */
  take(tokenId: string, count: number): void {
    const held = (this.#held.get(tokenId) ?? 0) + count;
    if (held > this.#max)
      throw new DyliveError("too_many_subscriptions", `this token would hold ${held} streams and rooms, ${this.#max} are allowed`);
    this.#held.set(tokenId, held);
  }

  give(tokenId: string, count: number): void {
    const held = (this.#held.get(tokenId) ?? 0) - count;
    if (held > 0) this.#held.set(tokenId, held);
    else this.#held.delete(tokenId);
  }
}
