import { setMaxListeners } from "node:events";
import type { Batch } from "../feed/batch.js";
import type { FeedReading } from "../feed/feed.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import type { RoomKey, RoomRemoval } from "../store/log.js";
import type { HookBatchHead, HookPlaces, HookRow, HookStart, HookTry } from "../store/sql/hooks.js";
import type { StoredEvent } from "../store/stored-event.js";
import { pauseOf } from "./channels.js";
import { type DeliveryDeps, RoomDelivery, type RoomDeliveryDeps } from "./room-delivery.js";
import { hookSelection, saysStateAgain } from "./selection.js";

/** Most requests to one receiver at a time. Each hook has its own: a slow receiver holds up nobody else. */
const ROOMS_AT_A_TIME = 4;
/** Time between two writings of how far a hook is, in ms. */
const SAVE_MS = 5_000;
/** Failures in a row, of any rooms, after which a success means that the receiver is back: then nobody waits any longer. */
const DOWN_AFTER = 3;
const GONE = 410;

/**
 * Delivers the events of one hook, as it was set at one revision. One reader looks through the log for all rooms. A room for which it finds something
 * has its own place from then on, and goes by itself until it has caught up.
 */
export class Delivery {
  readonly hook: HookRow;
  readonly #deps: DeliveryDeps;
  readonly #stop = new AbortController();
  /** Rooms that go by themselves. */
  readonly #rooms = new Map<RoomKey, { readonly delivery: RoomDelivery; readonly done: Promise<void> }>();
  readonly #roomParts: RoomDeliveryDeps;
  readonly #following: FeedReading;
  readonly #done: Promise<unknown>;
  #savedAt: number;
  #failures = 0;
  #dying: Promise<void> | null = null;

  constructor({ hook, pos, rooms, fixed }: HookStart, deps: DeliveryDeps) {
    const { signal } = this.#stop;
    // Every room that waits listens to it.
    setMaxListeners(0, signal);
    const selection = hookSelection(hook);
    this.hook = hook;
    this.#deps = deps;
    this.#savedAt = pos;
    this.#roomParts = {
      ...deps,
      ...{ hook, selection, signal, unsaved: new Set() },
      slots: new FairSemaphore(ROOMS_AT_A_TIME),
      places: new Map([...rooms].map(([room, seq]) => [room, { seq, pos: Number.POSITIVE_INFINITY }])),
      wanted: (rows) => this.#wanted(rows),
      pace: () => this.#pace(),
      putOff: (ms) => this.#putOff(ms),
      onTry: (outcome, now) => this.#tried(outcome, now),
      onEven: (room) => this.#rooms.delete(room),
    };
    const batches = new Map(fixed.map((batch) => [batch.room, batch]));
    for (const room of rooms.keys()) this.#run(room, batches.get(room));
    const reader = { rooms: selection.rooms, after: pos, where: { types: selection.types }, take: (batch: Batch) => this.#take(batch) };
    this.#following = deps.feed.follow(reader, signal);
    this.#done = Promise.all([this.#following.done.catch((error: unknown) => this.#cannotRead(error)), this.#keepSaving()]);
  }

  /** Whether it delivers no more: it was stopped, or found that the hook is to be paused. */
  get isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  /** How far it is, also where the store does not know it yet. */
  get places(): HookPlaces {
    const { places } = this.#roomParts;
    return { pos: this.#following.at, rooms: new Map([...this.#rooms.keys()].map((room) => [room, places.get(room)?.seq ?? 0])) };
  }

  /** Cuts what is under way and resolves when nothing is done any more. What was fixed is sent again by the next one. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await Promise.all([...this.#rooms.values()].map(({ done }) => done));
    await this.#save();
    await this.#dying;
  }

  /** Ends what the runner begins anew. */
  #cannotRead(error: unknown): void {
    this.#deps.onError(error);
    this.#stop.abort();
  }

  #take({ rows, removed, to }: Batch): Promise<void> | undefined {
    const types: ReadonlySet<string> = new Set(this.#roomParts.selection.types);
    const found = rows.filter(({ type, room, seq }) => types.has(type) && this.#isDue(room, seq));
    const gone = this.hook.channel === null ? removed.filter((range) => this.#isDue(range.room, range.to)) : [];
    return found.length + gone.length === 0 ? undefined : this.#handOver(found, gone, to);
  }

  /** Whether what a room has at this seq is still to be looked at, and not by the room itself; a room that goes by itself learns of it. */
  #isDue(room: RoomKey, seq: number): boolean {
    if (seq <= (this.#roomParts.places.get(room)?.seq ?? 0)) return false;
    const own = this.#rooms.get(room)?.delivery;
    if (own !== undefined) own.more = true;
    return own === undefined;
  }

  /** Has rooms go by themselves from the first thing on that they are to be sent. @throws the signal's reason */
  async #handOver(found: readonly StoredEvent[], gone: readonly RoomRemoval[], pos: number): Promise<void> {
    const { places, unsaved, signal, onError } = this.#roomParts;
    // Where this fails, each room finds out by itself what of its own is wrong.
    const wanted = await this.#wanted(found).catch((error: unknown) => {
      if (!signal.aborted) onError(error);
      return found;
    });
    signal.throwIfAborted();
    const firsts = new Map<RoomKey, number>();
    for (const { room, from } of [...wanted.map(({ room, seq }) => ({ room, from: seq })), ...gone])
      firsts.set(room, Math.min(from, firsts.get(room) ?? from));
    for (const [room, first] of firsts) {
      places.set(room, { seq: Math.max(first - 1, places.get(room)?.seq ?? 0), pos });
      unsaved.add(room);
      this.#run(room);
    }
  }

  #run(room: RoomKey, fixed: HookBatchHead | null = null): void {
    const delivery = new RoomDelivery(room, this.#roomParts, fixed);
    this.#rooms.set(room, { delivery, done: delivery.run() });
  }

  /** Returns the events that the hook is to be sent. */
  async #wanted(rows: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const { store, firstLive, queue } = this.#deps;
    const { hook } = this;
    const { selection } = this.#roomParts;
    const { expression } = selection;
    const { signal } = this.#stop;
    const judged = new Map(rows.map((row) => [row, selection.wants(row)] as const).filter(([, wanted]) => wanted !== false));
    let passed: readonly StoredEvent[] = [...judged.keys()];
    if (hook.channel !== null) {
      const known = new Set<StoredEvent>();
      // What was said before the connection is no news either.
      for (const row of passed)
        if (row.event.history || (row.type === "state" && (await saysStateAgain(store.log, row.event)))) known.add(row);
      passed = passed.filter((row) => !known.has(row));
    }
    if (expression !== null) passed = (await queue.filter(passed, expression, { signal })).found;
    const wanted: StoredEvent[] = [];
    for (const row of passed) if (judged.get(row) === true || (await firstLive.is(row.event))) wanted.push(row);
    return wanted;
  }

  #tried(outcome: HookTry, now: HookRow): boolean {
    this.#deps.onTry(this.hook.id, outcome);
    // Changed meanwhile: the runner sees it, too, and begins anew with what it is now.
    if (now.revision !== this.hook.revision) return true;
    if (outcome.delivered) {
      if (this.#failures >= DOWN_AFTER) for (const { delivery } of this.#rooms.values()) delivery.hurry();
      this.#failures = 0;
      return false;
    }
    this.#failures++;
    const gone = outcome.status === GONE;
    if (!gone && (now.failing === null || now.failing.ms < this.#deps.pauseAfterMs)) return false;
    this.#dying ??= this.#deps.onDead(now, gone ? "gone" : "failing").catch(this.#deps.onError);
    this.#stop.abort();
    return true;
  }

  async #pace(): Promise<void> {
    const { channel, url } = this.hook;
    if (channel === null) return;
    const { clock, pace } = this.#deps;
    const { signal } = this.#stop;
    let waitMs = pace.wait(url, pauseOf(channel));
    while (waitMs > 0 && !signal.aborted) {
      await clock.sleep(waitMs, signal).catch(() => {});
      // Another room or hook may have been told meanwhile to leave the address alone.
      waitMs = pace.putOffMs(url) > 0 ? pace.wait(url, pauseOf(channel)) : 0;
    }
  }

  /** Has everything that goes to the hook's channel wait; of a program, which is not paced, only the room that was told waits. */
  #putOff(ms: number): void {
    const { channel, url } = this.hook;
    if (channel !== null) this.#deps.pace.putOff(url, ms);
  }

  async #keepSaving(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#deps.clock.sleep(SAVE_MS, signal).catch(() => {});
      // When it is stopped, that writes what is left.
      if (!signal.aborted) await this.#save();
    }
  }

  /** Writes how far it is. A room that has caught up has no place of its own any more, once the hook's position is no longer before it. */
  async #save(): Promise<void> {
    const { places, unsaved } = this.#roomParts;
    const pos = this.#following.at;
    const rooms = new Map<RoomKey, number | null>();
    for (const room of unsaved) rooms.set(room, places.get(room)?.seq ?? null);
    unsaved.clear();
    for (const [room, place] of places) {
      if (place.pos > pos || this.#rooms.has(room)) continue;
      rooms.set(room, null);
      places.delete(room);
    }
    if (pos === this.#savedAt && rooms.size === 0) return;
    try {
      await this.#deps.store.hooks.move(this.hook.id, this.hook.revision, pos, rooms);
      this.#savedAt = pos;
    } catch (error) {
      for (const room of rooms.keys()) unsaved.add(room);
      this.#deps.onError(error);
    }
  }
}
