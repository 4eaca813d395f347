import { type Clock, yieldToEventLoop } from "../runtime/clock.js";
import type { RoomKey, StoreLog, Where } from "../store/log.js";
import { Batch } from "./batch.js";

/** Events that are read and handed over at a time. */
const PAGE_EVENTS = 500;
/** Default of {@link FeedReader.pageEvents}. */
const READER_EVENTS = 200;
/** Newest events that are held for readers which are a little behind, beside the last batch; one that is further behind reads the log itself. */
const HELD_EVENTS = 1_000;
/** Pause after the log could not be read, in ms. */
const RETRY_MS = 1_000;
/** Default of {@link FeedDeps.coalesceMs}. A write to a socket costs the same for 1 event as for 100, and 15 ms are not seen. */
const COALESCE_MS = 15;

/** A reader of the log: from where, and what it does with each batch. */
interface FeedReader {
  /** Rooms that it reads; null for all. */
  readonly rooms: ReadonlySet<RoomKey> | null;
  /** Position after which it reads. */
  readonly after: number;
  /** Condition that the store applies while it is behind; at the head all readers share a batch, so that each filters for itself. */
  readonly where?: Where;
  /** Most events that it is given at a time while it is behind. */
  readonly pageEvents?: number | undefined;
  /**
   * Resolves when it can take a page of the log; asked only while it is further behind than the batches that are held.
   * @returns called when the page was taken, or there was none
   */
  readonly ready?: ((signal: AbortSignal) => Promise<() => void>) | undefined;
  /** Takes the next batch: in order, without holes or doubles. It is not given another before the promise resolves. */
  take(batch: Batch): Promise<void> | undefined;
}

/** Dependencies of a {@link Feed}. */
interface FeedDeps {
  readonly log: Pick<StoreLog, "read" | "readRoom" | "seqAt" | "head" | "wakes">;
  readonly clock: Clock;
  /** Least ms between two batches: what comes in between goes out together. */
  readonly coalesceMs: number;
  /** Called with what went wrong; the feed goes on by itself. */
  readonly onError: (error: unknown) => void;
}

/**
 * Reads the end of the log once for all readers of a process, and hands each the batches of its rooms. A reader that is behind reads the log
 * itself until it has caught up. It reads while there are readers.
 */
export class Feed {
  readonly #deps: FeedDeps;
  readonly #readers = new Set<FeedReading>();
  /** Readers at the head, by room, and those of all rooms. */
  readonly #byRoom = new Map<RoomKey, Set<FeedReading>>();
  readonly #ofAll = new Set<FeedReading>();
  #held: Batch[] = [];
  #at = 0;
  #gaveAt = Number.NEGATIVE_INFINITY;
  #stop: AbortController | null = null;
  #opened: Promise<void> = Promise.resolve();

  constructor(deps: Omit<FeedDeps, "coalesceMs"> & Partial<Pick<FeedDeps, "coalesceMs">>) {
    this.#deps = { coalesceMs: COALESCE_MS, ...deps };
  }

  /** Number of readers. */
  get size(): number {
    return this.#readers.size;
  }

  /** Position up to which everything was handed out. */
  get at(): number {
    return this.#at;
  }

  /** Gives a reader what comes after its position, until the signal aborts. */
  follow(reader: FeedReader, signal: AbortSignal): FeedReading {
    if (this.#stop === null) this.#begin();
    const reading = new FeedReading(reader, this, this.#deps.log, this.#opened, signal);
    this.#readers.add(reading);
    const leave = () => {
      this.#readers.delete(reading);
      if (this.#readers.size > 0) return;
      this.#stop?.abort();
      this.#stop = null;
    };
    reading.done.then(leave, leave);
    return reading;
  }

  /** Hands a reader every batch from now on. */
  join(reading: FeedReading): void {
    const { rooms } = reading.reader;
    if (rooms === null) this.#ofAll.add(reading);
    for (const room of rooms ?? []) {
      const readers = this.#byRoom.get(room);
      if (readers === undefined) this.#byRoom.set(room, new Set([reading]));
      else readers.add(reading);
    }
  }

  leave(reading: FeedReading): void {
    this.#ofAll.delete(reading);
    for (const room of reading.reader.rooms ?? []) {
      const readers = this.#byRoom.get(room);
      if (readers?.delete(reading) === true && readers.size === 0) this.#byRoom.delete(room);
    }
  }

  /** Returns the batch that a reader at this position is given next, if it is held. */
  heldAfter(pos: number): Batch | null {
    return this.#held.find(({ after, to }) => after <= pos && pos < to)?.rest(pos) ?? null;
  }

  #begin(): void {
    const { log } = this.#deps;
    const stop = new AbortController();
    this.#stop = stop;
    this.#held = [];
    this.#opened = log.head().then((head) => {
      if (stop.signal.aborted) return;
      this.#at = head;
      void this.#run(stop.signal);
    });
    // The next reader begins anew.
    this.#opened.catch(() => {
      if (this.#stop === stop) this.#stop = null;
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log, clock, onError } = this.#deps;
    while (!signal.aborted) {
      try {
        for await (const _ of log.wakes(signal)) await this.#advance(signal);
      } catch (error) {
        if (!signal.aborted) onError(error);
      }
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }

  async #advance(signal: AbortSignal): Promise<void> {
    const { log, clock, coalesceMs } = this.#deps;
    const waitMs = this.#gaveAt + coalesceMs - clock.now();
    // A clock that was set back holds nothing up.
    if (waitMs > 0) await clock.sleep(Math.min(waitMs, coalesceMs), signal);
    for (;;) {
      const { rows, scanned, head, removed } = await log.read(this.#at, PAGE_EVENTS);
      if (signal.aborted || scanned <= this.#at) return;
      this.#hand(new Batch({ after: this.#at, to: scanned, rows, removed }));
      if (scanned >= head) return;
      await yieldToEventLoop();
    }
  }

  #hand(batch: Batch): void {
    this.#at = batch.to;
    this.#gaveAt = this.#deps.clock.now();
    const touched = new Set(this.#ofAll);
    for (const room of batch.rooms) for (const reading of this.#byRoom.get(room) ?? []) touched.add(reading);
    for (const reading of touched) reading.hand(batch);
    // Without what was made of it: those at the head had that.
    this.#held.push(new Batch(batch));
    for (let events = this.#held.reduce((sum, { rows }) => sum + rows.length, 0); events > HELD_EVENTS && this.#held.length > 1; )
      events -= this.#held.shift()?.rows.length ?? 0;
  }
}

/** A reader and how far it has come. */
export class FeedReading {
  readonly reader: FeedReader;
  /** Resolves when its signal has aborted; rejects when the log cannot be read, or with what the reader throws. */
  readonly done: Promise<void>;
  readonly #feed: Feed;
  readonly #log: Pick<StoreLog, "read" | "readRoom" | "seqAt">;
  readonly #signal: AbortSignal;
  #at: number;
  /** Seq of its one room up to which it has read the log by itself. */
  #seq: number | null = null;
  /** Ends its stay at the head, with the place that it has come to and what it waits for before it goes on. */
  #depart: ((at: number, busy: Promise<void> | null) => void) | null = null;

  /** @param opened resolves when the feed knows where the head is */
  constructor(
    reader: FeedReader,
    feed: Feed,
    log: Pick<StoreLog, "read" | "readRoom" | "seqAt">,
    opened: Promise<void>,
    signal: AbortSignal,
  ) {
    this.reader = reader;
    this.#feed = feed;
    this.#log = log;
    this.#signal = signal;
    this.#at = reader.after;
    this.done = opened
      .then(() => this.#run())
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  /** Position up to which it was given everything. */
  get at(): number {
    return this.#depart === null ? this.#at : Math.max(this.#at, this.#feed.at);
  }

  /** Takes a batch at the head. */
  hand(whole: Batch): void {
    if (whole.to <= this.#at) return;
    const batch = whole.rest(this.#at);
    try {
      const busy = this.#give(batch);
      if (busy !== undefined)
        this.#depart?.(
          batch.after,
          busy.then(() => {
            this.#at = batch.to;
          }),
        );
    } catch (error) {
      this.#depart?.(batch.after, Promise.reject(error));
    }
  }

  async #run(): Promise<void> {
    const signal = this.#signal;
    while (!signal.aborted) {
      if (this.#at >= this.#feed.at) {
        await this.#stay();
        continue;
      }
      const held = this.#feed.heldAfter(this.#at);
      if (held === null) await this.#readOn();
      else {
        this.#seq = null;
        await this.#take(held);
      }
      await yieldToEventLoop();
    }
  }

  async #readOn(): Promise<void> {
    const end = await this.reader.ready?.(this.#signal);
    try {
      if (!this.#signal.aborted) await this.#take(await this.#page());
    } finally {
      end?.();
    }
  }

  async #take(batch: Batch): Promise<void> {
    if (this.#signal.aborted) return;
    await this.#give(batch);
    if (!this.#signal.aborted) this.#at = batch.to;
  }

  /** Is given batches as they come, until it is busy with one or the signal aborts. */
  async #stay(): Promise<void> {
    this.#seq = null;
    const signal = this.#signal;
    const { busy } = await new Promise<{ readonly busy: Promise<void> | null }>((resolve) => {
      const abort = () => this.#depart?.(this.at, null);
      signal.addEventListener("abort", abort, { once: true });
      this.#depart = (at, busy) => {
        signal.removeEventListener("abort", abort);
        this.#feed.leave(this);
        this.#depart = null;
        this.#at = at;
        resolve({ busy });
      };
      this.#feed.join(this);
    });
    await busy;
  }

  #give(batch: Batch): Promise<void> | undefined {
    return this.reader.take(batch.of(this.reader.rooms));
  }

  /** Reads what comes next in the log: of one room by its seqs, of many by the positions. */
  async #page(): Promise<Batch> {
    const { rooms, where = {}, pageEvents = READER_EVENTS } = this.reader;
    const [room] = rooms?.size === 1 ? rooms : [];
    const batch = room === undefined ? await this.#pageOfAll(rooms, where, pageEvents) : await this.#pageOf(room, where, pageEvents);
    if (batch.to <= this.#at) throw new Error(`the log ends at ${batch.to}, before ${this.#feed.at}`);
    return batch;
  }

  async #pageOf(room: RoomKey, where: Where, limit: number): Promise<Batch> {
    this.#seq ??= await this.#log.seqAt(room, this.#at);
    const { rows, scanned, pos, removed } = await this.#log.readRoom(room, this.#seq, limit, where);
    this.#seq = scanned;
    const gone = removed === undefined ? [] : [{ room, from: removed[0], to: removed[1], pos: (rows[0]?.pos ?? pos + 1) - 1 }];
    return new Batch({ after: this.#at, to: pos, rows, removed: gone });
  }

  async #pageOfAll(rooms: ReadonlySet<RoomKey> | null, where: Where, limit: number): Promise<Batch> {
    const { rows, scanned, removed } = await this.#log.read(this.#at, limit, rooms === null ? where : { ...where, rooms });
    return new Batch({ after: this.#at, to: scanned, rows, removed });
  }
}
