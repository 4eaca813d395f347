import { breathe } from "../runtime/clock.js";
import type { Log, RoomKey, Where } from "../store/log.js";
import { Batch, type Tail, type TailReader } from "./tail.js";

/** Default of {@link Followed.pageEvents}. */
const PAGE_EVENTS = 200;
/** Batches that wait for a reader which takes its time; one that has more reads the log itself. They are shared by all readers of a room. */
const WAITING_MAX_BATCHES = 8;

/** Room that is followed, from where, and how. */
export interface Followed {
  readonly room: RoomKey;
  /** Everything with a greater seq is given. */
  readonly after: number;
  /** Filter that the store applies while the reader is behind; at the head all readers share a batch, so that each filters for itself. */
  readonly where: Where;
  /** Most events that a reader which is behind reads at a time. */
  readonly pageEvents?: number | undefined;
  /**
   * Resolves when a page may be read for this reader alone, which is behind.
   * @returns called when the next batch is asked for, or nothing more is
   */
  readonly ready?: ((signal: AbortSignal) => Promise<() => void>) | undefined;
  /**
   * Takes a batch of the tail while the next one is waited for, without the turns and promises that giving it to whoever waits would cost.
   * @returns false where it is to be given by {@link Subscription.next}. Must not throw
   */
  readonly takeAtOnce?: ((batch: Batch) => boolean) | undefined;
}

/** Gives a room's batches in order, without holes or doubles, to one reader that asks for them: as they come, or as it takes them. */
export class Subscription implements TailReader, AsyncIterable<Batch> {
  /** Everything up to here came from the tail or the log. */
  at: number;
  readonly #followed: Followed;
  readonly #log: Pick<Log, "readRoom">;
  readonly #hold: () => Promise<Tail>;
  readonly #signal: AbortSignal;
  readonly #waiting: Batch[] = [];
  /** Everything up to here was given. */
  #given: number;
  #tail: Tail | null = null;
  #isJoined = false;
  #ring: () => void = () => {};
  /** Whether the next batch is waited for, and there is none. */
  #isAwaited = false;
  #endPage: (() => void) | null = null;

  /** @param hold returns the room's tail, held until the signal aborts */
  constructor(followed: Followed, log: Pick<Log, "readRoom">, hold: () => Promise<Tail>, signal: AbortSignal) {
    this.#followed = followed;
    this.#log = log;
    this.#hold = hold;
    this.#signal = signal;
    this.at = followed.after;
    this.#given = followed.after;
    signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  take(batch: Batch): void {
    this.at = batch.to;
    if (this.#isAwaited && this.#followed.takeAtOnce?.(batch) === true) {
      this.#given = batch.to;
      return;
    }
    this.#waiting.push(batch);
    if (this.#waiting.length > WAITING_MAX_BATCHES) {
      // The log has them: it reads them again when it comes to them.
      this.#leave();
      this.at = this.#given;
    }
    this.#ring();
  }

  /**
   * Returns the next batch, which may show nothing; null once the signal has aborted.
   * @throws whatever the log throws
   */
  async next(): Promise<Batch | null> {
    if (this.#endPage !== null) {
      this.#endPage();
      this.#endPage = null;
      await breathe();
    }
    while (!this.#signal.aborted) {
      const batch = this.#waiting.shift() ?? (this.#isJoined ? null : await this.#behind());
      if (batch !== null) {
        this.#given = batch.to;
        return batch;
      }
      if (this.#isJoined && this.#waiting.length === 0)
        await new Promise<void>((resolve) => {
          this.#isAwaited = true;
          this.#ring = () => {
            this.#isAwaited = false;
            resolve();
          };
        });
    }
    return null;
  }

  /** Goes back to a place, and leaves the tail until the next batch is asked for: everything after the place is given then, read again. */
  goBack(seq: number): void {
    this.#leave();
    this.at = seq;
    this.#given = seq;
    this.#endPage?.();
    this.#endPage = null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void> {
    for (let batch = await this.next(); batch !== null; batch = await this.next()) yield batch;
  }

  /** Joins the tail, or reads a page of what it is behind. @returns null when it has joined or is over */
  async #behind(): Promise<Batch | null> {
    const signal = this.#signal;
    try {
      this.#tail ??= await this.#hold();
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
    if (signal.aborted) return null;
    this.#isJoined = this.#tail.join(this);
    return this.#isJoined ? null : this.#page(this.#tail);
  }

  async #page(tail: Tail): Promise<Batch | null> {
    const { room, where, ready, pageEvents = PAGE_EVENTS } = this.#followed;
    const endPage = (await ready?.(this.#signal)) ?? (() => {});
    try {
      if (this.#signal.aborted) return null;
      const page = await this.#log.readRoom(room, this.at, pageEvents, where);
      if (this.#signal.aborted) return null;
      if (page.scanned <= this.at) throw new Error(`the log of room ${room} ends at ${page.head}, before ${tail.at}`);
      const batch = new Batch(room, this.at, page);
      this.at = batch.to;
      this.#endPage = endPage;
      return batch;
    } finally {
      if (this.#endPage !== endPage) endPage();
    }
  }

  #leave(): void {
    this.#tail?.leave(this);
    this.#isJoined = false;
    this.#waiting.length = 0;
  }

  #end(): void {
    this.#leave();
    this.#endPage?.();
    this.#endPage = null;
    this.#ring();
  }
}
