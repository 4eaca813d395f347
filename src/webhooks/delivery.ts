import { setMaxListeners } from "node:events";
import type { Feed } from "../feed/feed.js";
import type { ReadingTime } from "../feed/reading-time.js";
import type { Clock } from "../runtime/clock.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import type { RoomKey } from "../store/log.js";
import type { HookBatchHead, HookRow, HookTry } from "../store/sql/hooks.js";
import type { Store } from "../store/store.js";
import { pauseOf } from "./channels.js";
import type { AddressPace } from "./pace.js";
import { RoomDelivery, type RoomDeliveryDeps } from "./room-delivery.js";
import { type FirstLive, hookSelection } from "./selection.js";
import type { Send } from "./send.js";

/** Most requests to one receiver at a time. Each hook has its own: a slow receiver holds up nobody else. */
const ROOMS_AT_A_TIME = 4;
/** Time after which a hook's progress past events that it is not sent is written, in ms. */
const SAVE_MS = 5_000;
/** Failures in a row, of any rooms, after which a success means that the receiver is back: then nobody waits any longer. */
const DOWN_AFTER = 3;
const GONE = 410;

/** Dependencies of deliveries; the same for all hooks. */
interface DeliveryDeps {
  readonly store: Pick<Store, "log" | "hooks" | "rooms">;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly send: Send;
  readonly time: ReadingTime;
  readonly firstLive: FirstLive;
  readonly pace: AddressPace;
  /** Failing time (ms) after which a hook is given up. */
  readonly pauseAfterMs: number;
  readonly onTry: (hook: string, outcome: HookTry) => void;
  /** Called when the hook is to be paused. */
  readonly onDead: (hook: HookRow, reason: "gone" | "failing") => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Delivers the events of one hook, as it was set at one revision. */
export class Delivery {
  readonly hook: HookRow;
  readonly #deps: DeliveryDeps;
  readonly #stop = new AbortController();
  readonly #rooms = new Map<RoomKey, { readonly delivery: RoomDelivery; readonly done: Promise<void> }>();
  /** Rooms that were woken before it had begun. */
  readonly #early = new Set<RoomKey>();
  readonly #roomParts: RoomDeliveryDeps;
  #begun = false;
  #failures = 0;
  #dying: Promise<void> | null = null;
  #saving: Promise<void> = Promise.resolve();
  #saveIsDue = false;

  constructor(hook: HookRow, deps: DeliveryDeps) {
    const { store, feed, clock, send, time, firstLive, onError } = deps;
    // Every room that waits listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.hook = hook;
    this.#deps = deps;
    this.#roomParts = {
      hook,
      selection: hookSelection(hook),
      store,
      feed,
      firstLive,
      clock,
      send,
      time,
      slots: new FairSemaphore(ROOMS_AT_A_TIME, ROOMS_AT_A_TIME),
      pace: () => this.#pace(),
      putOff: (ms) => this.#putOff(ms),
      places: new Map(),
      unsaved: new Set(),
      signal: this.#stop.signal,
      onTry: (outcome, now) => this.#tried(outcome, now),
      onUnsaved: () => this.#saveSoon(),
      onError,
    };
  }

  /** Goes on where the hook was. @throws what the store throws */
  async begin(): Promise<void> {
    const { store } = this.#deps;
    const { places } = this.#roomParts;
    for (const [room, seq] of await store.hooks.places(this.hook.id)) places.set(room, seq);
    const fixed = new Map((await store.hooks.fixed(this.hook.id)).map((batch) => [batch.room, batch]));
    const heads = await store.log.heads();
    if (this.#stop.signal.aborted) return;
    this.#begun = true;
    for (const [room, batch] of fixed) this.#run(room, batch);
    for (const [room, { head }] of heads) if (head > (places.get(room) ?? 0)) this.wake(room);
    for (const room of this.#early) this.wake(room);
  }

  /** Says that a room may have got events; one that is delivered is followed. */
  wake(room: RoomKey): void {
    if (!this.#roomParts.selection.covers(room) || this.#stop.signal.aborted) return;
    if (!this.#begun) this.#early.add(room);
    else if (!this.#rooms.has(room)) this.#run(room, null);
  }

  /** Looks at every room, as if each had got events. @throws what the store throws */
  async look(): Promise<void> {
    for (const [room, { head }] of await this.#deps.store.log.heads()) if (head > (this.#roomParts.places.get(room) ?? 0)) this.wake(room);
  }

  /** Whether it delivers no more: it was stopped, or found that the hook is to be paused. */
  get isOver(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Position in each room that it has looked at, also where the store does not know it yet. */
  get places(): ReadonlyMap<RoomKey, number> {
    return this.#roomParts.places;
  }

  /** Cuts what is under way and resolves when nothing is done any more. What was fixed is sent again by the next one. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#rooms.values()].map(({ done }) => done));
    this.#save();
    await Promise.all([this.#saving, this.#dying]);
  }

  #run(room: RoomKey, fixed: HookBatchHead | null): void {
    const delivery = new RoomDelivery(room, this.#roomParts, fixed);
    this.#rooms.set(room, { delivery, done: delivery.run() });
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

  #saveSoon(): void {
    if (this.#saveIsDue) return;
    this.#saveIsDue = true;
    // When it is stopped, that writes what is left.
    this.#deps.clock.sleep(SAVE_MS, this.#stop.signal).then(
      () => this.#save(),
      () => {},
    );
  }

  #save(): void {
    this.#saveIsDue = false;
    const { unsaved, places } = this.#roomParts;
    const moved = new Map([...unsaved].map((room) => [room, places.get(room) ?? 0]));
    if (moved.size === 0) return;
    unsaved.clear();
    const saving = this.#deps.store.hooks.move(this.hook.id, this.hook.revision, moved);
    this.#saving = saving.then(
      () => {},
      (error: unknown) => this.#deps.onError(error),
    );
  }
}
