interface Waiter {
  give(release: () => void): void;
}

/**
 * Bounds how much is done at a time, for each payer and in all. What finds no place waits, in the order of its payer's calls; payers take turns.
 * A payer is a token, or one kind of its work.
 */
export class FairSemaphore {
  readonly #perPayer: number;
  readonly #max: number;
  readonly #taken = new Map<string, number>();
  /** Callers that wait, by payer: the one whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #all = 0;

  /** @param perPayer places of one payer  @param max places of all */
  constructor(perPayer: number, max: number) {
    this.#perPayer = perPayer;
    this.#max = max;
  }

  /** Number of places that are taken. */
  get taken(): number {
    return this.#all;
  }

  /** Takes a place, now or when there is one. @returns what gives it back, or null when the signal aborted first */
  acquire(payer: string, signal?: AbortSignal): Promise<(() => void) | null> {
    if (signal?.aborted) return Promise.resolve(null);
    if (this.#isFree(payer)) return Promise.resolve(this.#grant(payer));
    return new Promise((resolve) => {
      const own = this.#waiting.get(payer) ?? new Set<Waiter>();
      this.#waiting.set(payer, own);
      const leave = () => {
        own.delete(waiting);
        if (own.size === 0 && this.#waiting.get(payer) === own) this.#waiting.delete(payer);
        resolve(null);
      };
      const waiting: Waiter = {
        give: (release) => {
          signal?.removeEventListener("abort", leave);
          resolve(release);
        },
      };
      own.add(waiting);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** Does work in a place, in the order in which it was asked for where nobody pays. @throws the signal's reason when that aborted first */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, payer = ""): Promise<T> {
    const release = await this.acquire(payer, signal);
    if (release === null) throw signal?.reason;
    try {
      return await work();
    } finally {
      release();
    }
  }

  #isFree(payer: string): boolean {
    return this.#all < this.#max && (this.#taken.get(payer) ?? 0) < this.#perPayer;
  }

  #grant(payer: string): () => void {
    this.#all++;
    this.#taken.set(payer, (this.#taken.get(payer) ?? 0) + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#all--;
      const left = (this.#taken.get(payer) ?? 0) - 1;
      if (left > 0) this.#taken.set(payer, left);
      else this.#taken.delete(payer);
      this.#giveNext();
    };
  }

  #giveNext(): void {
    for (const [payer, own] of this.#waiting) {
      if (!this.#isFree(payer)) continue;
      const [next] = own;
      this.#waiting.delete(payer);
      if (next === undefined) continue;
      own.delete(next);
      // Behind the others.
      if (own.size > 0) this.#waiting.set(payer, own);
      next.give(this.#grant(payer));
      return;
    }
  }
}
