import type { LiveEvent } from "../events/event.js";
import type { Feed } from "../feed/feed.js";
import type { ReadQueue } from "../feed/read-queue.js";
import { type Backoff, backoffMs, type Clock, type FollowingController, linkedController, yieldToEventLoop } from "../runtime/clock.js";
import type { FairSemaphore } from "../runtime/semaphore.js";
import { type Page, type RoomKey, SYSTEM_ROOM } from "../store/log.js";
import type { HookBatch, HookBatchHead, HookRow, HookTry } from "../store/sql/hooks.js";
import type { Store } from "../store/store.js";
import type { StoredEvent } from "../store/stored-event.js";
import { alarmText, withheldText } from "./alarm-text.js";
import { channelRequest, refusalIn, withoutKeys } from "./channels.js";
import type { AddressPace } from "./pace.js";
import { type FirstLive, type HookSelection, saysLive } from "./selection.js";
import { type Answered, type Send, signed } from "./send.js";

/** Wait between two tries, in ms. A day's outage costs some twenty tries; a receiver that is back is found within two hours. */
const RETRY: Backoff = { firstMs: 5_000, longestMs: 2 * 3_600_000 };
/** Least ms between the making of two batches of a room, unless the first was full: events that come in between go together. */
const PACE_MS = 100;
/** Pause after the store failed. */
const STORE_RETRY: Backoff = { firstMs: 1_000, longestMs: 30_000 };

/** Refusals of a message's text after which it is told without it: a service that has trouble of its own is better in a minute. */
const TEXT_TRIES = 5;

/** How far a hook has come in a room that has a place of its own. */
interface DeliveryPlace {
  /** Everything up to here is delivered or was left out. */
  readonly seq: number;
  /** Position before which all of that lies, or at it. */
  readonly pos: number;
}

/** What the parts of webhooks share. */
export interface HookContext {
  readonly store: Pick<Store, "log" | "hooks" | "rooms">;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly send: Send;
  readonly pace: AddressPace;
  readonly onError: (error: unknown) => void;
}

/** Dependencies of deliveries; the same for all hooks. */
export interface DeliveryDeps extends HookContext {
  readonly queue: ReadQueue;
  readonly firstLive: FirstLive;
  /** Failing time (ms) after which a hook is given up. */
  readonly pauseAfterMs: number;
  readonly onTry: (hook: string, outcome: HookTry) => void;
  /** Called when the hook is to be paused. */
  readonly onDead: (hook: HookRow, reason: "gone" | "failing") => Promise<void>;
}

/** Dependencies that the deliveries of one hook share. */
export interface RoomDeliveryDeps extends Omit<DeliveryDeps, "pace" | "onTry"> {
  readonly hook: HookRow;
  readonly selection: HookSelection;
  readonly slots: FairSemaphore;
  /** Place in each room that has one of its own. */
  readonly places: Map<RoomKey, DeliveryPlace>;
  /** Rooms whose place the store does not know yet. */
  readonly unsaved: Set<RoomKey>;
  /** Returns those events that the hook is to be sent. */
  readonly wanted: (rows: readonly StoredEvent[]) => Promise<readonly StoredEvent[]>;
  /** Waits until the hook's channel may be sent another message. */
  readonly pace: () => Promise<void>;
  /** Takes the ms for which the receiver asked to be left alone. */
  readonly putOff: (ms: number) => void;
  readonly signal: AbortSignal;
  /** Takes the outcome of every try; true when the hook is to be left alone. */
  readonly onTry: (outcome: HookTry, hook: HookRow) => boolean;
  /** Called when the room has caught up: what comes from now on is the hook's own reader's to find. */
  readonly onEven: (room: RoomKey) => void;
}

/** A try whose outcome is to be noted. */
interface Noting extends Pick<Answered, "putOffMs"> {
  readonly done: HookTry;
}

/**
 * Delivers the events of one room to one hook, in order, one batch at a time: the next is not made before this one is delivered. It reads the
 * room from its place on, until it has caught up.
 */
export class RoomDelivery {
  /** Whether the log may have more than what is fixed or delivered. */
  more = true;
  readonly #room: RoomKey;
  readonly #deps: RoomDeliveryDeps;
  /** Batch that is fixed and not delivered. Its body stays in the store: many rooms may have to wait for one receiver. */
  #fixed: HookBatchHead | null;
  /** Position before which all that was read lies, or at it; unknown before anything was. */
  #pos = Number.POSITIVE_INFINITY;
  /** Whether more was read than went into the batch, or is known to be in the log. */
  #isCut = true;
  /** Time when it was made, ms UTC. */
  #madeAt = Number.NEGATIVE_INFINITY;
  /** Try that was made and is not noted in the store yet. Nothing more is sent before: what was taken would be sent again. */
  #unnoted: Noting | null = null;
  /** Batch whose text was refused so often that it is sent next without it, and the last refusal. */
  #withheld: { readonly id: string; readonly error: string | null } | null = null;
  /** Failures of the store in a row. */
  #storeFailures = 0;
  #waiting: FollowingController | null = null;

  constructor(room: RoomKey, deps: RoomDeliveryDeps, fixed: HookBatchHead | null) {
    this.#room = room;
    this.#deps = deps;
    this.#fixed = fixed;
  }

  /** Delivers what there is, until it has caught up, the signal aborts or the hook is another. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#deps;
    for (let pause: number | null = 0; pause !== null && !signal.aborted; ) {
      pause = await this.#step().catch((error: unknown) => this.#failed(error));
      if (pause !== null && pause > 0) await this.#wait(pause);
    }
    // Else whoever delivers it next would send again what was taken.
    if (this.#unnoted !== null) await this.#note(this.#unnoted).catch(this.#deps.onError);
  }

  /** Tries again at once, if it waits. */
  hurry(): void {
    this.#waiting?.abort();
  }

  async #wait(ms: number): Promise<void> {
    const { clock, signal } = this.#deps;
    // It may have aborted while the step before noted its failure.
    const waiting = linkedController(signal);
    this.#waiting = waiting;
    await clock.sleep(ms, waiting.signal).catch(() => {});
    waiting.release();
    this.#waiting = null;
  }

  #failed(error: unknown): number | null {
    if (this.#deps.signal.aborted) return null;
    this.#deps.onError(error);
    this.more = true;
    return backoffMs(STORE_RETRY, ++this.#storeFailures);
  }

  /** Sends one batch. @returns ms to wait before the next step; null when there is nothing more to do */
  async #step(): Promise<number | null> {
    const { slots, signal, onEven } = this.#deps;
    if (signal.aborted) return null;
    if (this.#unnoted !== null) return this.#note(this.#unnoted);
    if (this.#fixed !== null || this.more) return slots.run(() => this.#turn(), signal);
    onEven(this.#room);
    return null;
  }

  /** Makes the next batch where none is fixed, and sends it. @returns as {@link #step} */
  async #turn(): Promise<number | null> {
    const { hook, store, clock, pace, signal } = this.#deps;
    if (this.#fixed === null) {
      const batch = await this.#next();
      if (batch === null) return signal.aborted ? null : 0;
      this.#fixed = await store.hooks.fix(hook.id, hook.revision, batch);
      // Somebody has changed the hook: it starts over in a moment.
      if (this.#fixed === null) return null;
      // Another one, where it was kept before and the answer to that was lost.
      this.#isCut ||= this.#fixed.to !== batch.to;
      this.more ||= this.#isCut;
    }
    // First: what is to be sent, and to whom, may change meanwhile.
    await pace();
    if (signal.aborted) return null;
    const batch = await store.hooks.batch(hook.id, hook.revision, this.#room);
    if (batch === null) {
      // Withdrawn, since a person in it was erased: it is made again. Or the hook was changed: then what is made again is not fixed.
      this.#fixed = null;
      this.more = true;
      return 0;
    }
    const began = clock.now();
    const withheld = this.#withheld?.id === batch.id ? this.#withheld : null;
    const answered = await this.#send(batch, withheld !== null);
    if (signal.aborted && !answered.delivered) return null;
    const { putOffMs, textRefused = false, ...outcome } = answered;
    if (putOffMs !== null) this.#deps.putOff(putOffMs);
    const { id, room, from, to, events, tries, body } = batch;
    const attempt = tries + 1;
    const bytes = Buffer.byteLength(body);
    const error = withheld !== null && outcome.delivered ? `sent without its text: ${withheld.error}` : outcome.error;
    const done: HookTry = { id, at: began, ms: clock.now() - began, room, from, to, events, bytes, attempt, ...outcome, error };
    // One that is refused without its text too is refused for another reason: then it is sent whole again.
    this.#withheld = hook.channel !== null && textRefused && withheld === null && attempt >= TEXT_TRIES ? { id, error } : null;
    this.#unnoted = { done, putOffMs };
    return this.#note(this.#unnoted);
  }

  /** Notes the try in the store. @returns as {@link #step} */
  async #note({ done, putOffMs }: Noting): Promise<number | null> {
    const { hook, store, clock, places } = this.#deps;
    const now = await store.hooks.tried(hook, done);
    this.#unnoted = null;
    this.#storeFailures = 0;
    if (done.delivered) {
      this.#fixed = null;
      places.set(done.room, { seq: done.to, pos: this.#pos });
    }
    if (now === null || this.#deps.onTry(done, now)) return null;
    // At once, so that nothing else changes in between.
    if (this.#withheld !== null) return 0;
    if (!done.delivered) return Math.max(backoffMs(RETRY, done.attempt), putOffMs ?? 0);
    // A clock that was set back holds nothing up.
    return this.#isCut ? 0 : Math.min(PACE_MS, Math.max(0, this.#madeAt + PACE_MS - clock.now()));
  }

  /** @param isWithheld whether the message is told without its text */
  async #send({ id, body, events: count }: HookBatch, isWithheld: boolean): Promise<Answered> {
    const { hook, store, firstLive, clock, send, signal } = this.#deps;
    const { channel } = hook;
    if (channel !== null) {
      const room = this.#room === SYSTEM_ROOM ? null : this.#room;
      const { anchor, title } = (await store.rooms.get(this.#room)) ?? { anchor: null, title: null };
      // Written when it is sent: what is kept are the events, from which a person can be taken out.
      const { events } = JSON.parse(body) as { events: LiveEvent[] };
      const again = new Set<number>();
      for (const event of events) if (saysLive(event) && !(await firstLive.is(event))) again.add(event.seq);
      const about = room === null ? null : { name: anchor?.nickname ?? null, title, again };
      const text = isWithheld ? withheldText(count, room, channel.language) : alarmText(events, about, channel.language);
      const request = channelRequest(channel, hook.url, text, clock.now(), id);
      const refusal = (answer: string) => refusalIn(channel, answer);
      return withoutKeys(channel, hook.url, await send({ ...request, allowPrivate: hook.allowPrivate, refusal }, signal));
    }
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "dylive",
      ...signed(hook, id, body, clock.now()),
    };
    return send({ url: hook.url, headers, body, allowPrivate: hook.allowPrivate }, signal);
  }

  /** Reads on and makes a batch of it; null where nothing of that is to be sent, or when the signal aborted. */
  async #next(): Promise<HookBatch | null> {
    const { hook, selection, store, clock, places, unsaved, wanted, signal } = this.#deps;
    const room = this.#room;
    const after = places.get(room)?.seq ?? 0;
    // What comes from now on is said again.
    this.more = false;
    const now = clock.now();
    const page = await store.log.readRoom(room, after, hook.maxEvents, { types: selection.types });
    const rows = await wanted(page.rows);
    if (signal.aborted) return null;
    const batch = makeBatch({ hook, logId: store.log.id, room, after, now }, page, rows);
    this.#pos = page.pos;
    this.#isCut = (batch?.to ?? page.scanned) < page.head;
    this.#madeAt = now;
    if (batch !== null) return batch;
    this.more ||= this.#isCut;
    places.set(room, { seq: Math.max(after, page.scanned), pos: page.pos });
    unsaved.add(room);
    await yieldToEventLoop();
    return null;
  }
}

/** Most bytes of a batch's events, unless one event alone is more. Most receivers take 1 MiB by default, some 100 KB. */
const BATCH_BYTES = 262_144;

/** Parameters of a batch. */
interface BatchOf {
  readonly hook: Pick<HookRow, "id" | "replays" | "maxEvents" | "channel">;
  /** Name of the log in which the seqs count. */
  readonly logId: string;
  readonly room: RoomKey;
  /** Last seq that was sent or left out, with everything before it. */
  readonly after: number;
  /** ms UTC */
  readonly now: number;
}

/**
 * Makes a batch of what was read of the log; null when there is nothing to send in it. A removed range that was passed over is sent without
 * events too: the receiver is told what it will never get.
 * @param rows those read that the hook is to be sent
 */
function makeBatch(
  { hook, logId, room, after, now }: BatchOf,
  read: Pick<Page, "scanned" | "removed">,
  rows: readonly StoredEvent[],
): HookBatch | null {
  // People are told what happens, not what was removed before they were told.
  if (rows.length === 0 && (read.removed === undefined || hook.channel !== null)) return null;
  const texts: string[] = [];
  let bytes = 0;
  for (const { text } of rows.slice(0, hook.maxEvents)) {
    bytes += Buffer.byteLength(text) + 1;
    if (texts.length > 0 && bytes > BATCH_BYTES) break;
    texts.push(text);
  }
  const to = texts.length < rows.length ? (rows[texts.length - 1]?.seq ?? read.scanned) : read.scanned;
  const from = after + 1;
  const removed = read.removed === undefined ? "" : `"removed":[${JSON.stringify(read.removed)}],`;
  // It is signed, as the id is: what somebody had sent again is told from what was sent before.
  const replay = hook.replays > 0 ? `"replay":${hook.replays},` : "";
  const head = `"hook":${JSON.stringify(hook.id)},"log":${JSON.stringify(logId)},"room":${room},"from":${from},"to":${to}`;
  const body = `{${head},${replay}${removed}"events":[${texts.join(",")}]}`;
  return { id: batchId(hook, logId, room, from, to), room, from, to, events: texts.length, createdAt: now, tries: 0, body };
}

/**
 * Returns the `webhook-id`: hook, room and range, and what makes them mean the same forever. After a restored backup seqs are given again,
 * in a log of another id; what somebody has sent again is a message of its own, or a receiver that knows the first would drop it.
 */
function batchId({ id, replays }: BatchOf["hook"], logId: string, room: RoomKey, from: number, to: number): string {
  return `${id}_${room}_${from}-${to}_${logId}${replays > 0 ? `_${replays}` : ""}`;
}
