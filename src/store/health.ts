import { DyliveError, type ErrorCode } from "../runtime/errors.js";
import type { Appended, AppendObserver, RoomBatch } from "./log.js";

/** Tells observers of the appends of one log. */
export class AppendObservers {
  readonly #observers: AppendObserver[] = [];

  add(observer: AppendObserver): void {
    this.#observers.push(observer);
  }

  /** Appends, and tells what becomes of it. */
  async during(batches: readonly RoomBatch[], append: () => Promise<readonly Appended[]>): Promise<readonly Appended[]> {
    const asked = performance.now();
    for (const observer of this.#observers) observer.asked();
    try {
      const appended = await append();
      const ms = performance.now() - asked;
      const isNew = (index: number, at: number) => (appended[index]?.stored?.[at] ?? null) !== null;
      for (const observer of this.#observers)
        observer.stored(
          batches.flatMap(({ events }, index) => events.filter((_, at) => isNew(index, at))),
          ms,
        );
      return appended;
    } catch (error) {
      for (const observer of this.#observers) observer.failed(error);
      throw error;
    }
  }
}

/**
 * Measures for how long a partner that was asked has answered nothing at all. One of several answers ends the silence: the others may just
 * take longer.
 */
export class Silence {
  #open = 0;
  #since = 0;

  /** Notes that something was asked. @param at ms UTC */
  asked(at: number): void {
    if (this.#open++ === 0) this.#since = at;
  }

  /** Notes that something that was asked came to an end. @param at ms UTC */
  answered(at: number): void {
    this.#open--;
    this.#since = at;
  }

  /** Returns for how long nothing was answered, ms; 0 when nothing is asked. @param now ms UTC */
  ms(now: number): number {
    return this.#open === 0 ? 0 : Math.max(0, now - this.#since);
  }

  /** Time since when nothing was answered, ms UTC; meant while something is asked. */
  get since(): number {
    return this.#since;
  }
}

/** Age after which a refusal says nothing about now, in ms: a caller that still has something to store tries every second. */
const REFUSED_FOR_MS = 30_000;
/**
 * Longest wait for an append, in ms; it takes milliseconds. A store that answers none for so long takes nothing, whether or not it says so.
 */
const SILENT_MS = 2_000;

/** Tells from the outcome of this process's last appends whether the store takes what is appended. */
export class AppendHealth {
  readonly #silence = new Silence();
  #refused: { readonly at: number; readonly error: DyliveError } | null = null;

  /** Notes that an append was asked for; {@link took} or {@link failed} follows. @param at ms UTC */
  asked(at: number): void {
    this.#silence.asked(at);
  }

  /** Notes that an append was stored. @param at ms UTC */
  took(at: number): void {
    this.#silence.answered(at);
    this.#refused = null;
  }

  /** Notes that an append was refused; only the store's own failures count, not those of what was given to it. @param at ms UTC */
  failed(error: unknown, at: number): void {
    this.#silence.answered(at);
    if (!(error instanceof DyliveError)) return;
    if (error.row.status >= 500) this.#refused = { at, error };
  }

  /**
   * Returns why the store takes nothing, in words that hold no secret; null when it took the last append, or that was too long ago.
   * @param now ms UTC
   */
  complaint(now: number): string | null {
    const silentMs = this.#silence.ms(now);
    if (silentMs >= SILENT_MS) return `the store has not answered for ${Math.round(silentMs / 1000)} s what is to be stored`;
    if (this.#refused === null || Math.abs(now - this.#refused.at) > REFUSED_FOR_MS) return null;
    return `the store took nothing when something was last to be stored (${this.#refused.error.row.message})`;
  }
}

const UNWRITABLE: ReadonlySet<ErrorCode> = new Set(["store_readonly", "store_forbidden", "disk_full", "store_failed"]);

/** Returns whether an error says that a store cannot be written, which need not keep it from being read. */
export function isUnwritable({ code }: DyliveError): boolean {
  return UNWRITABLE.has(code);
}

/** Failures of the store itself; every other refusal is about one event. */
const STORE_DOWN = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CORRUPT|CANTOPEN|READONLY|NOTADB|PROTOCOL)/;

/** Returns whether an error says that the store as a whole can take nothing now, rather than that it refuses an event or a caller. */
export function isStoreDown(error: unknown): boolean {
  if (error instanceof DyliveError) return error.code !== "bad_request" && error.code !== "not_owner";
  return STORE_DOWN.test(String((error as { code?: unknown } | null)?.code ?? ""));
}

/** Returns whether an error says that the room is another process's by now. */
export function isNotOwner(error: unknown): boolean {
  return error instanceof DyliveError && error.code === "not_owner";
}

/** Words the reason that a room shows while the store takes nothing: what becomes of what comes, what is wrong and what to do. */
export function storeDownReason(error: unknown): string {
  const why = error instanceof DyliveError ? `${error.message}. ${error.row.hint}` : String(error);
  return `the store takes nothing now, so what comes is held back: ${why}`;
}
