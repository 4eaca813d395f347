/** Reader of wakes: whether it was woken since it looked last, and what ends its wait. */
interface WakeReader {
  isWoken: boolean;
  wake(): void;
}

/** Wakes every reader when something may be new. */
export class Waker {
  readonly #readers = new Set<WakeReader>();
  readonly #watch: (signal: AbortSignal) => void;
  #stop: AbortController | undefined;
  #isClosed = false;

  /** @param watch called when the first reader comes; the signal aborts when the last one has gone */
  constructor(watch: (signal: AbortSignal) => void = () => {}) {
    this.#watch = watch;
  }

  notify(): void {
    for (const reader of this.#readers) {
      reader.isWoken = true;
      reader.wake();
    }
  }

  /** Yields at once, and then after each {@link notify}; ends when the signal aborts, the reader breaks off, or the waker is closed. */
  async *wakes(signal: AbortSignal): AsyncGenerator<void, void> {
    const reader: WakeReader = { isWoken: true, wake: () => {} };
    const end = () => reader.wake();
    signal.addEventListener("abort", end, { once: true });
    this.#readers.add(reader);
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      this.#watch(this.#stop.signal);
    }
    try {
      while (!this.#isClosed && !signal.aborted) {
        if (!reader.isWoken) await new Promise<void>((resolve) => (reader.wake = resolve));
        else {
          reader.isWoken = false;
          yield;
        }
      }
    } finally {
      signal.removeEventListener("abort", end);
      this.#leave(reader);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.wake();
  }

  #leave(reader: WakeReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#stop?.abort();
    this.#stop = undefined;
  }
}
