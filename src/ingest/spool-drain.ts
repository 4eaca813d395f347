import type { NewEvent } from "../events/event.js";
import type { RoomHealth } from "../health/room-health.js";
import type { Received } from "../platform/access/read.js";
import { breathe, type Clock, inTime, PATIENCE_MS, steadyMs, untilAborted } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { told } from "../runtime/told.js";
import { isNotOwner, isStoreDown } from "../store/health.js";
import { gapBetween, gapEvent, type Waited } from "./own-events.js";
import type { Broadcast, Pipeline } from "./pipeline.js";
import type { SpoolFile, SpoolRoom } from "./spool.js";

interface SpoolDrainDeps {
  readonly pipeline: Pipeline;
  /** Keeps what is missed, before something is stored that came after it. Never rejects. */
  readonly foresee: () => Promise<void>;
  readonly health: RoomHealth;
  readonly place: SpoolRoom;
  readonly clock: Clock;
  /** Says that the store is still down, and why. */
  readonly say: (error: unknown) => void;
  /** Tells of what can never be stored. */
  readonly tell: (error: unknown) => void;
  /** Keeps an event of our own that cannot be stored. */
  readonly setAside: (event: NewEvent, error: unknown) => void;
}

/** Work that the store is to do after so many frames; `event` is what it stores, where it is that. */
interface Deferred {
  readonly after: number;
  readonly work: () => Promise<unknown>;
  readonly event: NewEvent | null;
}

const RETRY_MS = 1000;
/** Bytes that are few enough for callers to wait until they are stored, so that there is an end. */
const LAST_BYTES = 256 * 1024;
/** Most things of our own that wait: states and gaps of a whole day. */
const MAX_DEFERRED = 1000;
/** Reason why frames that were spooled are missing in the log. */
export const SPOOL_LOST = "frames that waited in the spool could not be read back, or not be stored";

/** Runs what one room has in the spool through its pipeline, from when the spool is first needed until it is empty. */
export class SpoolDrain {
  readonly #deps: SpoolDrainDeps;
  readonly #stop = new AbortController();
  readonly #deferred: Deferred[] = [];
  #put = 0;
  #drained = 0;
  /** Whether the store took what it was given last. */
  #takes = false;
  /** Whether it took anything. */
  #hasStored = false;
  #last: { readonly over: Promise<void>; readonly end: () => void } | null = null;
  #done: Promise<void> = Promise.resolve();

  constructor(deps: SpoolDrainDeps) {
    this.#deps = deps;
  }

  /** Spools a batch, also one that is known only soon: what comes after it waits. @returns null, or why it is lost */
  async put(batch: readonly Received[] | Promise<readonly Received[]>, broadcast: Broadcast | null): Promise<string | null> {
    const putting = this.#deps.place.put(batch, broadcast);
    const { length } = batch instanceof Promise ? await batch : batch;
    this.#put += length;
    const lost = await putting;
    if (lost !== null) this.#put -= length;
    return lost;
  }

  /**
   * Lets the store take an event of our own after all that came before. A gap waits on the disk, between the frames that it lies between: who
   * stores these after a crash would not know of it. What else is told is told by whoever goes on.
   */
  async own(event: NewEvent, work: () => Promise<unknown>): Promise<void> {
    if (event.type !== "gap") return this.later(work, event);
    if ((await this.put([gapBetween(event)], null)) !== null) this.later(work, event);
  }

  /** Lets the store do something after all that came before. @param event that is stored by it */
  later(work: () => Promise<unknown>, event: NewEvent | null = null): void {
    if (this.#deferred.length >= MAX_DEFERRED)
      this.#giveUp(1, new DyliveError("store_unreachable", told`${MAX_DEFERRED} events of dylive's own wait for the store already`));
    this.#deferred.push({ after: this.#put, work, event });
  }

  /** Waits for the last bit, if that is what is being stored. */
  async nearlyDone(): Promise<void> {
    if (this.#last === null) return;
    await inTime(this.#last.over, PATIENCE_MS, this.#deps.clock).catch(() => this.#lastIsOver());
  }

  /**
   * Tries until all is stored.
   * @param onEmpty told at the moment when nothing waits any more, and whether the store took anything of it
   * @throws DyliveError not_owner; the reason of {@link stop}
   */
  run(onEmpty: (hasStored: boolean) => void): Promise<void> {
    const running = this.#run(onEmpty).finally(() => this.#lastIsOver());
    this.#done = running.catch(() => {});
    return running;
  }

  /** Leaves the frames that wait where they are. */
  async stop(): Promise<void> {
    this.#stop.abort(new DyliveError("stopping", "the room is no longer collected"));
    await this.#done;
  }

  /**
   * Lets the store do, after {@link stop}, what is left beside the frames: nobody else knows of it. What it does not do in time is counted,
   * and events are set aside.
   * @param lost why the room is no longer ours to store; null while it is
   */
  async finish(lost: unknown): Promise<void> {
    const { clock } = this.#deps;
    if (lost !== null) this.#giveUp(this.#deferred.length, lost);
    const until = steadyMs(clock) + PATIENCE_MS;
    for (let next = this.#deferred[0]; next !== undefined; next = this.#deferred[0]) {
      try {
        await inTime(next.work(), until - steadyMs(clock), clock);
        this.#deferred.shift();
      } catch (error) {
        // What the store refuses by itself does not keep it from the others.
        this.#giveUp(isStoreDown(error) || isNotOwner(error) ? this.#deferred.length : 1, error);
      }
    }
  }

  /** Counts the oldest of what waits as not stored, and keeps events aside. */
  #giveUp(count: number, error: unknown): void {
    const { health, setAside } = this.#deps;
    const given = this.#deferred.splice(0, count);
    if (given.length > 0) health.drop("own_event_not_spooled", given.length);
    for (const { event } of given) if (event !== null) setAside(event, error);
  }

  async #run(onEmpty: (hasStored: boolean) => void): Promise<void> {
    const { place } = this.#deps;
    for (;;) {
      const file = await place.oldest();
      if (file !== null) {
        if (this.#takes && file.bytes <= LAST_BYTES) this.#lastBegins();
        await this.#drain(file);
        await place.remove(file);
        continue;
      }
      await this.#deferredUpTo(Number.POSITIVE_INFINITY);
      if (!place.empty || this.#deferred.length > 0) continue;
      onEmpty(this.#hasStored);
      return;
    }
  }

  /** Drains a file. A disk that cannot be read now is tried again from the file's beginning: what is stored already is known there. */
  async #drain(file: SpoolFile): Promise<void> {
    const { place, clock, tell } = this.#deps;
    const { signal } = this.#stop;
    const from = this.#drained;
    let taken = 0;
    for (let told = false; ; told = true) {
      try {
        taken = 0;
        for await (const batch of place.read(file, signal)) taken += await this.#store(batch, file.broadcast);
        break;
      } catch (error) {
        const isGone = error instanceof DyliveError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
        const isBad = isGone || (error instanceof DyliveError && error.code === "bad_file"); // what somebody has removed never comes back
        if (error instanceof DyliveError && !isBad && error.code !== "file_failed") throw error;
        if (!told) tell(error);
        if (isBad) break;
        this.#drained = from;
        await clock.sleep(RETRY_MS, signal);
      }
    }
    signal.throwIfAborted();
    this.#drained = from + file.frames; // also where something was torn
    if (taken < file.frames) await this.#lost(file, file.frames - taken);
  }

  /** Tells of what was taken and is not in the log: it is a gap as any other. */
  async #lost({ room, broadcast, from, to }: SpoolFile, frames: number): Promise<void> {
    const { pipeline, health } = this.#deps;
    health.drop("not_spooled", frames);
    health.gap(to - from);
    await this.#insist(() => pipeline.own(gapEvent(room, broadcast, from, to, SPOOL_LOST)));
  }

  /** Stores a batch, with what is ours between the frames where it belongs. @returns how many of the batch the store took */
  async #store(batch: readonly Waited[], broadcast: Broadcast): Promise<number> {
    const { pipeline, health, foresee } = this.#deps;
    let taken = 0;
    for (let rest = batch; rest.length > 0; ) {
      await this.#deferredUpTo(this.#drained);
      await foresee();
      const next = this.#deferred[0]?.after ?? Number.POSITIVE_INFINITY;
      const part = rest.slice(0, next - this.#drained);
      health.backlog.draining(part);
      const stored = await this.#insist(() => pipeline.store(part, broadcast));
      health.backlog.drained(part);
      for (const [reason, n] of stored?.drops ?? []) health.drop(reason, n);
      health.stored(stored?.events ?? [], health.lastInteractiveAt ?? part[0]?.receivedAt ?? 0);
      if (stored !== null) taken += part.length;
      this.#drained += part.length;
      rest = rest.slice(part.length);
      await breathe(); // sockets and heartbeats have their turn
    }
    return taken;
  }

  async #deferredUpTo(drained: number): Promise<void> {
    for (;;) {
      const [deferred] = this.#deferred;
      if (deferred === undefined || deferred.after > drained) return;
      await this.#insist(deferred.work);
      if (this.#deferred[0] === deferred) this.#deferred.shift();
    }
  }

  /** Repeats work until the store has done it. @returns null for what can never be done */
  async #insist<T>(work: () => Promise<T>): Promise<T | null> {
    const { clock, say, tell } = this.#deps;
    const { signal } = this.#stop;
    for (;;) {
      signal.throwIfAborted();
      try {
        const done = await untilAborted(work(), signal);
        this.#takes = true;
        this.#hasStored = true;
        return done;
      } catch (error) {
        if (signal.aborted || isNotOwner(error)) throw error;
        if (!isStoreDown(error)) {
          tell(error);
          return null;
        }
        this.#lastIsOver();
        say(error);
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }

  #lastBegins(): void {
    if (this.#last !== null) return;
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = { over, end };
  }

  #lastIsOver(): void {
    this.#takes = false;
    this.#last?.end();
    this.#last = null;
  }
}
