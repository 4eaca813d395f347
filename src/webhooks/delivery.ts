import { setMaxListeners } from "node:events";
import type { LiveEvent } from "../events/event.js";
import type { Batch } from "../feed/batch.js";
import type { Feed, FeedReading } from "../feed/feed.js";
import type { ReadQueue } from "../feed/read-queue.js";
import { type Backoff, backoffMs, type Clock, type FollowingController, linkedController, yieldToEventLoop } from "../runtime/clock.js";
import { FairSemaphore } from "../runtime/semaphore.js";
import { type RoomKey, type RoomRemoval, SYSTEM_ROOM } from "../store/log.js";
import type { HookBatch, HookBatchHead, HookPlaces, HookRow, HookStart, HookTry } from "../store/sql/hooks.js";
import type { Store } from "../store/store.js";
import type { StoredEvent } from "../store/stored-event.js";
import { type AlarmText, alarmText, withheldText } from "./alarm-text.js";
import { pauseOf } from "./channels.js";
import { makeBatch, sendMessage } from "./message.js";
import type { AddressPace } from "./pace.js";
import { type FirstLive, type HookSelection, hookSelection, saysLive, saysStateAgain } from "./selection.js";
import type { Send } from "./send.js";

/** Wait between two tries, in ms. A day's outage costs some twenty tries; a receiver that is back is found within two hours. */
const RETRY: Backoff = { firstMs: 5_000, longestMs: 2 * 3_600_000 };
/** Pause after the store failed. */
const STORE_RETRY: Backoff = { firstMs: 1_000, longestMs: 30_000 };
/** Pause after a batch, unless it was full, in ms: events that come in between go together. */
const PACE_MS = 100;
/** Refusals of a message's text after which it is sent without it: a service that has trouble of its own is better in a minute. */
const TEXT_TRIES = 5;
/** Time between two writings of how far a hook is, in ms. */
const SAVE_MS = 5_000;

/** What all hooks of a process share. */
export interface HookContext {
  readonly store: Store;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly send: Send;
  readonly pace: AddressPace;
  readonly onError: (error: unknown) => void;
}

interface DeliveryDeps extends HookContext {
  readonly queue: ReadQueue;
  readonly firstLive: FirstLive;
  /** Failing time (ms) after which a hook is given up. */
  readonly pauseAfterMs: number;
  readonly onTry: (outcome: HookTry) => void;
  /** Called when the hook is to be paused. */
  readonly onDead: (hook: HookRow, reason: "gone" | "failing") => Promise<void>;
}

/** How far a hook has come in a room that has a place of its own. */
interface DeliveryPlace {
  /** Everything up to here is delivered or was left out. */
  readonly seq: number;
  /** Position before which all of that lies, or at it. */
  readonly pos: number;
}

/**
 * Delivers the events of one hook, as it was set at one revision. One reader looks through the log for all rooms. A room for which it finds something
 * has its own place from then on, and goes by itself until it has caught up.
 */
export class Delivery {
  readonly hook: HookRow;
  readonly deps: DeliveryDeps;
  readonly selection: HookSelection;
  /** Requests to the receiver at a time. Each hook has its own: a slow receiver holds up no other. */
  readonly slots = new FairSemaphore(4);
  /** Place in each room that has one of its own. */
  readonly roomPlaces: Map<RoomKey, DeliveryPlace>;
  /** Rooms whose place the store does not know yet. */
  readonly unsaved = new Set<RoomKey>();
  readonly #stop = new AbortController();
  /** Rooms that go by themselves. */
  readonly #rooms = new Map<RoomKey, { readonly delivery: RoomDelivery; readonly done: Promise<void> }>();
  readonly #following: FeedReading;
  readonly #done: Promise<unknown>;
  #savedAt: number;
  #failures = 0;
  #dying: Promise<void> | null = null;

  constructor({ hook, pos, rooms, fixed }: HookStart, deps: DeliveryDeps) {
    this.hook = hook;
    this.deps = deps;
    this.selection = hookSelection(hook);
    // Every room that waits listens to it.
    setMaxListeners(0, this.signal);
    this.#savedAt = pos;
    this.roomPlaces = new Map([...rooms].map(([room, seq]) => [room, { seq, pos: Number.POSITIVE_INFINITY }]));
    for (const room of rooms.keys()) this.#run(room, fixed.find((batch) => batch.room === room) ?? null);
    const where = { types: this.selection.types };
    const reader = { rooms: this.selection.rooms, after: pos, where, take: (batch: Batch) => this.#take(batch) };
    this.#following = deps.feed.follow(reader, this.signal);
    const reading = this.#following.done.catch((error: unknown) => {
      // The runner begins it anew.
      deps.onError(error);
      this.#stop.abort();
    });
    this.#done = Promise.all([reading, this.#keepSaving()]);
  }

  /** Aborts when it delivers no more: it was stopped, or found that the hook is to be paused. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** How far it is, also where the store does not know it yet. */
  get places(): HookPlaces {
    const rooms = new Map([...this.#rooms.keys()].map((room) => [room, this.roomPlaces.get(room)?.seq ?? 0]));
    return { pos: this.#following.at, rooms };
  }

  /** Cuts what is under way and resolves when nothing is done any more. What was fixed is sent again by the next one. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await Promise.all([...this.#rooms.values()].map(({ done }) => done));
    await this.#save();
    await this.#dying;
  }

  #take({ rows, removed, to }: Batch): Promise<void> | undefined {
    const types: ReadonlySet<string> = new Set(this.selection.types);
    const found = rows.filter(({ type, room, seq }) => types.has(type) && this.#isDue(room, seq));
    const gone = this.hook.channel === null ? removed.filter((range) => this.#isDue(range.room, range.to)) : [];
    return found.length + gone.length === 0 ? undefined : this.#handOver(found, gone, to);
  }

  /** Whether what a room has at this seq is still to be looked at, and not by the room itself; a room that goes by itself learns of it. */
  #isDue(room: RoomKey, seq: number): boolean {
    if (seq <= (this.roomPlaces.get(room)?.seq ?? 0)) return false;
    const own = this.#rooms.get(room)?.delivery;
    if (own !== undefined) own.more = true;
    return own === undefined;
  }

  /** Has rooms go by themselves from the first thing on that they are to be sent. @throws the signal's reason */
  async #handOver(found: readonly StoredEvent[], gone: readonly RoomRemoval[], pos: number): Promise<void> {
    // Where this fails, each room finds out by itself what of its own is wrong.
    const wanted = await this.wanted(found).catch((error: unknown) => {
      if (!this.signal.aborted) this.deps.onError(error);
      return found;
    });
    this.signal.throwIfAborted();
    const firsts = new Map<RoomKey, number>();
    for (const { room, from } of [...wanted.map(({ room, seq }) => ({ room, from: seq })), ...gone])
      firsts.set(room, Math.min(from, firsts.get(room) ?? from));
    for (const [room, first] of firsts) {
      this.roomPlaces.set(room, { seq: Math.max(first - 1, this.roomPlaces.get(room)?.seq ?? 0), pos });
      this.unsaved.add(room);
      this.#run(room, null);
    }
  }

  #run(room: RoomKey, fixed: HookBatchHead | null): void {
    const delivery = new RoomDelivery(room, this, fixed);
    this.#rooms.set(room, { delivery, done: delivery.run() });
  }

  /** Called when a room has caught up: what comes from now on is this reader's to find. */
  leave(room: RoomKey): void {
    this.#rooms.delete(room);
  }

  /** Returns the events that the hook is to be sent. */
  async wanted(rows: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const { store, firstLive, queue } = this.deps;
    const { expression } = this.selection;
    const judged = new Map(rows.map((row) => [row, this.selection.wants(row)] as const).filter(([, wanted]) => wanted !== false));
    let passed: readonly StoredEvent[] = [...judged.keys()];
    if (this.hook.channel !== null) {
      const known = new Set<StoredEvent>();
      // What was said before the connection is no news either.
      for (const row of passed)
        if (row.event.history || (row.type === "state" && (await saysStateAgain(store.log, row.event)))) known.add(row);
      passed = passed.filter((row) => !known.has(row));
    }
    if (expression !== null) passed = (await queue.filter(passed, expression, { signal: this.signal })).found;
    const wanted: StoredEvent[] = [];
    for (const row of passed) if (judged.get(row) === true || (await firstLive.is(row.event))) wanted.push(row);
    return wanted;
  }

  /** Takes the outcome of a try, and the hook as it is now. @returns whether the hook is to be left alone */
  tried(outcome: HookTry, now: HookRow): boolean {
    this.deps.onTry(outcome);
    // Changed meanwhile: the runner sees it, too, and begins anew with what it is now.
    if (now.revision !== this.hook.revision) return true;
    if (outcome.delivered) {
      // After some failures in a row the receiver is back: no room waits any longer.
      if (this.#failures >= 3) for (const { delivery } of this.#rooms.values()) delivery.hurry();
      this.#failures = 0;
      return false;
    }
    this.#failures++;
    const gone = outcome.status === 410;
    if (!gone && (now.failing === null || now.failing.ms < this.deps.pauseAfterMs)) return false;
    this.#dying ??= this.deps.onDead(now, gone ? "gone" : "failing").catch(this.deps.onError);
    this.#stop.abort();
    return true;
  }

  /** Waits until the hook's channel may be sent another message. */
  async pace(): Promise<void> {
    const { channel, url } = this.hook;
    if (channel === null) return;
    const { clock, pace } = this.deps;
    let waitMs = pace.wait(url, pauseOf(channel));
    while (waitMs > 0 && !this.signal.aborted) {
      await clock.sleep(waitMs, this.signal).catch(() => {});
      // The service may have asked meanwhile, of another room or hook, to leave the address alone.
      waitMs = pace.putOffMs(url) > 0 ? pace.wait(url, pauseOf(channel)) : 0;
    }
  }

  /** Has everything that goes to the hook's channel wait; of a program, which is not paced, only the room that asked for it waits. */
  putOff(ms: number): void {
    const { channel, url } = this.hook;
    if (channel !== null) this.deps.pace.putOff(url, ms);
  }

  async #keepSaving(): Promise<void> {
    while (!this.signal.aborted) {
      await this.deps.clock.sleep(SAVE_MS, this.signal).catch(() => {});
      // When it is stopped, that writes what is left.
      if (!this.signal.aborted) await this.#save();
    }
  }

  /** Writes how far it is. A room that has caught up has no place of its own any more, once the hook's position is no longer before it. */
  async #save(): Promise<void> {
    const pos = this.#following.at;
    const rooms = new Map<RoomKey, number | null>();
    for (const room of this.unsaved) rooms.set(room, this.roomPlaces.get(room)?.seq ?? null);
    this.unsaved.clear();
    for (const [room, place] of this.roomPlaces) {
      if (place.pos > pos || this.#rooms.has(room)) continue;
      rooms.set(room, null);
      this.roomPlaces.delete(room);
    }
    if (pos === this.#savedAt && rooms.size === 0) return;
    try {
      await this.deps.store.hooks.move(this.hook.id, this.hook.revision, pos, rooms);
      this.#savedAt = pos;
    } catch (error) {
      for (const room of rooms.keys()) this.unsaved.add(room);
      this.deps.onError(error);
    }
  }
}

/** A try whose outcome is to be noted, and the ms for which the receiver asked to be left alone. */
interface Noting {
  readonly done: HookTry;
  readonly putOffMs: number | null;
}

/**
 * Delivers the events of one room to one hook, in order, one batch at a time: the next is not made before this one is delivered. It reads the
 * room from its place on, until it has caught up.
 */
class RoomDelivery {
  /** Whether the log may have more than what is fixed or delivered. */
  more = true;
  readonly #room: RoomKey;
  readonly #delivery: Delivery;
  /** Batch that is fixed and not delivered. Its body stays in the store: many rooms may have to wait for one receiver. */
  #fixed: HookBatchHead | null;
  /** Position before which all that was read lies, or at it; unknown before anything was. */
  #pos = Number.POSITIVE_INFINITY;
  /** Whether more was read than went into the batch, or is known to be in the log. */
  #isCut = true;
  /** Try that was made and is not noted in the store yet. Nothing more is sent before: what was taken would be sent again. */
  #unnoted: Noting | null = null;
  /** Batch whose text was refused so often that it is sent next without it, and the last refusal. */
  #withheld: { readonly id: string; readonly error: string | null } | null = null;
  /** Failures of the store in a row. */
  #storeFailures = 0;
  #waiting: FollowingController | null = null;

  constructor(room: RoomKey, delivery: Delivery, fixed: HookBatchHead | null) {
    this.#room = room;
    this.#delivery = delivery;
    this.#fixed = fixed;
  }

  /** Delivers what there is, until it has caught up, the signal aborts or the hook is another. Never rejects. */
  async run(): Promise<void> {
    const { signal, deps } = this.#delivery;
    for (let pause: number | null = 0; pause !== null && !signal.aborted; ) {
      pause = await this.#step().catch((error: unknown) => this.#failed(error));
      if (pause !== null && pause > 0) await this.#wait(pause);
    }
    // Else the next one would send again what was taken.
    if (this.#unnoted !== null) await this.#note(this.#unnoted).catch(deps.onError);
  }

  /** Tries again at once, if it waits. */
  hurry(): void {
    this.#waiting?.abort();
  }

  async #wait(ms: number): Promise<void> {
    // It may have aborted while the step before noted its failure.
    const waiting = linkedController(this.#delivery.signal);
    this.#waiting = waiting;
    await this.#delivery.deps.clock.sleep(ms, waiting.signal).catch(() => {});
    waiting.release();
    this.#waiting = null;
  }

  #failed(error: unknown): number | null {
    if (this.#delivery.signal.aborted) return null;
    this.#delivery.deps.onError(error);
    this.more = true;
    return backoffMs(STORE_RETRY, ++this.#storeFailures);
  }

  /** Sends one batch. @returns ms to wait before the next step; null when there is nothing more to do */
  async #step(): Promise<number | null> {
    const { slots, signal } = this.#delivery;
    if (signal.aborted) return null;
    if (this.#unnoted !== null) return this.#note(this.#unnoted);
    if (this.#fixed !== null || this.more) return slots.run(() => this.#turn(), signal);
    this.#delivery.leave(this.#room);
    return null;
  }

  /** Makes the next batch where none is fixed, and sends it. @returns as {@link #step} */
  async #turn(): Promise<number | null> {
    const { hook, deps, signal } = this.#delivery;
    const { hooks } = deps.store;
    if (this.#fixed === null) {
      const batch = await this.#next();
      if (batch === null) return signal.aborted ? null : 0;
      this.#fixed = await hooks.fix(hook.id, hook.revision, batch);
      // The hook was changed: it starts over in a moment.
      if (this.#fixed === null) return null;
      // Another one, where it was kept before and the answer to that was lost.
      this.#isCut ||= this.#fixed.to !== batch.to;
      this.more ||= this.#isCut;
    }
    // First: what is to be sent, and to whom, may change meanwhile.
    await this.#delivery.pace();
    if (signal.aborted) return null;
    const batch = await hooks.batch(hook.id, hook.revision, this.#room);
    if (batch === null) {
      // Withdrawn, since a person in it was erased: it is made again. Or the hook was changed: then what is made again is not fixed.
      this.#fixed = null;
      this.more = true;
      return 0;
    }
    const began = deps.clock.now();
    const withheld = this.#withheld?.id === batch.id ? this.#withheld : null;
    const { id, room, from, to, events, tries, body } = batch;
    const text = await this.#textOf(batch, withheld !== null);
    const answered = await sendMessage(deps.send, hook, { id, body, text }, began, signal);
    if (signal.aborted && !answered.delivered) return null;
    const { putOffMs, textRefused = false, ...outcome } = answered;
    if (putOffMs !== null) this.#delivery.putOff(putOffMs);
    const attempt = tries + 1;
    const bytes = Buffer.byteLength(body);
    const error = withheld !== null && outcome.delivered ? `sent without its text: ${withheld.error}` : outcome.error;
    const done: HookTry = { id, at: began, ms: deps.clock.now() - began, room, from, to, events, bytes, attempt, ...outcome, error };
    // One that is refused without its text too is refused for another reason: then it is sent whole again.
    this.#withheld = hook.channel !== null && textRefused && withheld === null && attempt >= TEXT_TRIES ? { id, error } : null;
    this.#unnoted = { done, putOffMs };
    return this.#note(this.#unnoted);
  }

  /** Notes the try in the store. @returns as {@link #step} */
  async #note({ done, putOffMs }: Noting): Promise<number | null> {
    const { hook, deps, roomPlaces } = this.#delivery;
    const now = await deps.store.hooks.tried(hook, done);
    this.#unnoted = null;
    this.#storeFailures = 0;
    if (done.delivered) {
      this.#fixed = null;
      roomPlaces.set(done.room, { seq: done.to, pos: this.#pos });
    }
    if (now === null || this.#delivery.tried(done, now)) return null;
    // At once, so that nothing else changes in between.
    if (this.#withheld !== null) return 0;
    if (!done.delivered) return Math.max(backoffMs(RETRY, done.attempt), putOffMs ?? 0);
    return this.#isCut ? 0 : PACE_MS;
  }

  /** Returns the text that the hook's channel brings; null for a program. It is written when it is sent: what is kept are the events, from which a person can be taken out. */
  async #textOf({ body, events: count }: HookBatch, isWithheld: boolean): Promise<AlarmText | null> {
    const { hook, deps } = this.#delivery;
    if (hook.channel === null) return null;
    const { language } = hook.channel;
    const room = this.#room === SYSTEM_ROOM ? null : this.#room;
    if (isWithheld) return withheldText(count, room, language);
    const { events } = JSON.parse(body) as { events: LiveEvent[] };
    if (room === null) return alarmText(events, null, language);
    const { anchor, title } = (await deps.store.rooms.get(room)) ?? { anchor: null, title: null };
    const again = new Set<number>();
    for (const event of events) if (saysLive(event) && !(await deps.firstLive.is(event))) again.add(event.seq);
    return alarmText(events, { name: anchor?.nickname ?? null, title, again }, language);
  }

  /** Reads on and makes a batch of it; null where nothing of that is to be sent, or when the signal aborted. */
  async #next(): Promise<HookBatch | null> {
    const { hook, deps, selection, roomPlaces, signal } = this.#delivery;
    const { store, clock } = deps;
    const room = this.#room;
    const after = roomPlaces.get(room)?.seq ?? 0;
    // What comes from now on is said again.
    this.more = false;
    const page = await store.log.readRoom(room, after, hook.maxEvents, { types: selection.types });
    const rows = await this.#delivery.wanted(page.rows);
    if (signal.aborted) return null;
    const batch = makeBatch({ hook, logId: store.log.id, room, after, now: clock.now() }, page, rows);
    this.#pos = page.pos;
    this.#isCut = (batch?.to ?? page.scanned) < page.head;
    if (batch !== null) return batch;
    this.more ||= this.#isCut;
    roomPlaces.set(room, { seq: Math.max(after, page.scanned), pos: page.pos });
    this.#delivery.unsaved.add(room);
    await yieldToEventLoop();
    return null;
  }
}
