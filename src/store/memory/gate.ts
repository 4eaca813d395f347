import { DyliveError } from "../../runtime/errors.js";

/** Runs the calls of a store in memory until it is closed; afterwards each rejects with `stopping`. */
export class MemoryGate {
  readonly #onClose: (() => void)[] = [];
  #closed = false;

  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new DyliveError("stopping", "the store is closed"));
    return new Promise((resolve) => resolve(work()));
  }

  onClose(call: () => void): void {
    this.#onClose.push(call);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#onClose) call();
  }
}
