interface Waiter {
  give(release: () => void): void;
}

/** Bounds how much runs at a time. Callers without a place wait: payers take turns, each in the order of its calls. */
export class FairSemaphore {
  readonly #max: number;
  /** Callers that wait, by payer: the one whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Waiter>>();
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Number of places that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes a place, now or when there is one. @returns its release; null if the signal aborted first */
  acquire(signal?: AbortSignal, payer = ""): Promise<(() => void) | null> {
    if (signal?.aborted) return Promise.resolve(null);
    if (this.#taken < this.#max) return Promise.resolve(this.#grant());
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

  /** Does work in a place. @throws the signal's reason when that aborted first */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, payer = ""): Promise<T> {
    const release = await this.acquire(signal, payer);
    if (release === null) throw signal?.reason;
    try {
      return await work();
    } finally {
      release();
    }
  }

  #grant(): () => void {
    this.#taken++;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#taken--;
      this.#giveNext();
    };
  }

  #giveNext(): void {
    for (const [payer, own] of this.#waiting) {
      const [next] = own;
      this.#waiting.delete(payer);
      if (next === undefined) continue;
      own.delete(next);
      // Behind the others.
      if (own.size > 0) this.#waiting.set(payer, own);
      next.give(this.#grant());
      return;
    }
  }
}
