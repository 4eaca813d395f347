/** The newest values of a long stream: at least the last `keep`, at most twice as many. */
export class RecentSet {
  readonly #keep: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  has(value: string): boolean {
    return this.#young.has(value) || this.#old.has(value);
  }

  /** Forgets by generations: taking the oldest one by one from a large Set is slow. */
  add(value: string): void {
    this.#young.add(value);
    if (this.#young.size < this.#keep) return;
    this.#old = this.#young;
    this.#young = new Set();
  }
}
