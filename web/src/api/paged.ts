import { onScopeDispose, shallowRef } from "vue";
import { type ApiFailure, asFailure } from "./failure.js";

/** Pages without anything that are passed over in one go: a search that finds little answers so, and the next is one click away. */
const EMPTY_PAGES = 5;

/** A page of a list, as the server gives it. */
interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
  /** Events that were not looked at yet. */
  readonly behind?: number;
}

/** A list that the server gives page by page: what came so far, and where it goes on. Answers to earlier questions that come late are left out. */
export class Paged<T> {
  /** What came so far; null before the first answer. */
  readonly items = shallowRef<readonly T[] | null>(null);
  readonly next = shallowRef<string | null>(null);
  readonly behind = shallowRef(0);
  readonly busy = shallowRef(false);
  readonly failure = shallowRef<ApiFailure | null>(null);
  readonly #ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;
  #stop = new AbortController();

  constructor(ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>) {
    this.#ask = ask;
  }

  /** Begins anew. @param keep whether what is there stays until the answer comes */
  start(keep = false): Promise<void> {
    this.clear(keep);
    return this.#load(null);
  }

  /** Forgets everything, and what is under way. */
  clear(keep = false): void {
    this.#stop.abort();
    this.busy.value = false;
    this.failure.value = null;
    if (keep) return;
    this.items.value = null;
    this.next.value = null;
    this.behind.value = 0;
  }

  /** Loads the next page. */
  async more(): Promise<void> {
    if (this.next.value !== null && !this.busy.value) await this.#load(this.next.value);
  }

  async #load(from: string | null): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    this.busy.value = true;
    this.failure.value = null;
    try {
      let cursor = from;
      for (let empty = 0; ; empty++) {
        const page = await this.#ask(cursor, stop.signal);
        if (stop.signal.aborted) return;
        this.items.value = [...(cursor === null ? [] : (this.items.value ?? [])), ...page.items];
        this.next.value = page.next;
        this.behind.value = page.behind ?? 0;
        if (page.items.length > 0 || page.next === null || empty === EMPTY_PAGES) break;
        cursor = page.next;
      }
    } catch (error) {
      if (!stop.signal.aborted) this.failure.value = asFailure(error);
    } finally {
      if (this.#stop === stop) this.busy.value = false;
    }
  }
}

/** A list that is forgotten with the component. */
export function usePaged<T>(ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>): Paged<T> {
  const paged = new Paged(ask);
  onScopeDispose(() => paged.clear());
  return paged;
}
