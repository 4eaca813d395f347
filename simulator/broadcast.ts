import type { PushConnection } from "./connection.js";
import { encodePushResponse, gzip, MESSAGES_PER_FRAME, pushTexts } from "./frame.js";
import type { MessageFeed, Outgoing } from "./outgoing.js";
import { isGift, isInteractive } from "./outgoing.js";
import { hash32, LowHalves, makeId } from "./random.js";
import type { Schema } from "./schema.js";
import type { SentTruth } from "./truth.js";
import { Truth } from "./truth.js";

/** Dependencies and settings of a broadcast. */
interface BroadcastOptions {
  readonly webRid: string;
  readonly roomId: string;
  readonly startedAt: number;
  readonly schema: Schema;
  /** The platform's time. */
  readonly now: () => number;
  readonly feed: MessageFeed;
  /** Facts, combos and ids kept in its book. */
  readonly keep: number;
}

/** One broadcast of a room: makes its messages as time goes on and gives them to its viewers. */
export class SimulatedBroadcast {
  readonly options: BroadcastOptions;
  readonly connections = new Set<PushConnection>();
  readonly #truth: Truth;
  readonly #sendings: LowHalves;
  readonly #history: Outgoing[] = [];
  #endedAt: number | null = null;
  #stalled = false;

  constructor(options: BroadcastOptions) {
    this.options = options;
    this.#sendings = new LowHalves(hash32(`${options.roomId}/again`));
    this.#truth = new Truth(options.keep);
  }

  get roomId(): string {
    return this.options.roomId;
  }

  get endedAt(): number | null {
    return this.#endedAt;
  }

  /** Whether nothing gets through to those who connect now. */
  frozen = false;
  /** Age at which a connection is reset by TCP, in ms; null is never. */
  lifeMs: number | null = null;

  /** Sends what is due, drops viewers that have sent no heartbeat for too long or have been there for too long, and pushes again what is not acknowledged. */
  tick(): void {
    const now = this.options.now();
    if (this.lifeMs !== null)
      for (const connection of [...this.connections]) if (now - connection.openedAt >= this.lifeMs) connection.end("reset");
    // After a sleep of the machine the missed hours are not sent in one burst.
    const due = this.options.feed.until(now);
    if (due.length > 0) this.#deliver(due.filter((message) => message.at > now - LATE_MS));
    for (const connection of this.connections) connection.tick(now);
  }

  /** Ends the broadcast: from now on there is only the low-value trickle that an ended room still gives to those who connect. */
  end(at: number): void {
    this.#endedAt ??= at;
  }

  /** Whether the messages that people cause are held back while the rest flows on. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
  }

  /** Lets a viewer in and replays to it the newest messages of people, at most `persistCount` and never more than 15. */
  join(connection: PushConnection, persistCount: number): void {
    this.connections.add(connection);
    connection.frozen = this.frozen;
    connection.onEnd = () => this.connections.delete(connection);
    if (this.#endedAt !== null) return;
    const messages = this.history(persistCount, (message) => connection.isGiven(message, false));
    if (messages.length > 0) this.#write(messages, [connection]);
  }

  /** Returns the newest messages of people that somebody is given, oldest first, in envelopes of their own. */
  history(count: number, isGiven: (message: Outgoing) => boolean): Outgoing[] {
    const visible = this.#history.filter(isGiven);
    const newest = visible.slice(visible.length - Math.min(Math.max(0, count), HISTORY_LIMIT, visible.length));
    return newest.map((message) => this.#again(message));
  }

  /** Sends the newest messages of people once more to everyone, in envelopes of their own. @returns how many */
  repeat(count: number): number {
    const messages = count > 0 ? this.#history.slice(-count).map((message) => this.#again(message)) : [];
    this.#write(messages, [...this.connections]);
    return messages.length;
  }

  /** Sends messages at once, whatever the state of the feed. */
  inject(messages: readonly Outgoing[]): void {
    this.#remember(messages);
    this.#write(messages, [...this.connections]);
  }

  /** Sends a frame as it is to every viewer. `messages` is what is known to be in it. */
  injectFrame(
    bytes: Uint8Array,
    messages: readonly Outgoing[],
    ack: { readonly logId: string; readonly internalExt: string } | null,
  ): void {
    for (const connection of this.connections) {
      if (ack !== null) connection.expectAck(ack.logId, ack.internalExt, bytes);
      connection.raw(bytes, messages.length);
    }
    if (this.connections.size > 0) for (const message of messages) this.#truth.count(message);
  }

  /** Books messages that were sent by another way than a connection. */
  book(messages: readonly Outgoing[]): void {
    for (const message of messages) this.#truth.count(message);
  }

  /** Likes of the room, as far as its viewers were told of them. */
  get likesTotal(): number {
    return this.#truth.likesTotal;
  }

  /** Returns what its viewers were sent. */
  sent(): SentTruth {
    return this.#truth.snapshot();
  }

  #again(message: Outgoing): Outgoing {
    return { ...message, sendingId: makeId(this.options.now(), this.#sendings.next()) };
  }

  #deliver(messages: readonly Outgoing[]): void {
    if (messages.length === 0) return;
    const ended = this.#endedAt;
    if (ended !== null) {
      // Who was there at the end hears no more; who connects afterwards gets the trickle.
      const late = [...this.connections].filter((connection) => connection.openedAt > ended);
      this.#write(
        messages.filter((message) => !isInteractive(message.method)),
        late,
      );
      return;
    }
    const flowing = this.#stalled ? messages.filter((message) => !isInteractive(message.method)) : messages;
    this.#remember(flowing);
    this.#write(flowing, [...this.connections]);
  }

  #remember(messages: readonly Outgoing[]): void {
    for (const message of messages) if (isInteractive(message.method)) this.#history.push(message);
    if (this.#history.length > 4 * HISTORY_LIMIT) this.#history.splice(0, this.#history.length - 2 * HISTORY_LIMIT);
  }

  #write(messages: readonly Outgoing[], connections: readonly PushConnection[]): void {
    if (connections.length === 0) return;
    for (let start = 0; start < messages.length; start += MESSAGES_PER_FRAME)
      this.#writeFrame(messages.slice(start, start + MESSAGES_PER_FRAME), connections);
  }

  #writeFrame(messages: readonly Outgoing[], connections: readonly PushConnection[]): void {
    const { schema, now, startedAt, roomId } = this.options;
    const texts = pushTexts(now(), startedAt, messages.at(-1)?.sendingId ?? roomId, roomId);
    // The Response is the same for all who hear the same: it is encoded and compressed once.
    const cache = new Map<
      string,
      { readonly heard: readonly Outgoing[]; readonly gifts: number; readonly plain: Uint8Array; packed: Uint8Array | null }
    >();
    const told = new Set<Outgoing>();
    const gifts = giftsIn(messages);
    for (const connection of connections) {
      let shared = cache.get(connection.ear);
      if (shared === undefined) {
        const heard = messages.filter((message) => connection.isGiven(message));
        shared = {
          heard,
          gifts: giftsIn(heard),
          plain: heard.length === 0 ? NO_BYTES : encodePushResponse(schema, heard, texts),
          packed: null,
        };
        cache.set(connection.ear, shared);
      }
      if (gifts > 0) connection.bookGifts(shared.gifts, gifts - shared.gifts);
      if (shared.heard.length === 0) continue;
      if (connection.options.gzip) shared.packed ??= gzip(shared.plain);
      connection.push(connection.options.gzip && shared.packed !== null ? shared.packed : shared.plain, texts, shared.heard.length);
      if (!connection.frozen) for (const message of shared.heard) told.add(message);
    }
    for (const message of messages)
      if (told.has(message)) this.#truth.count(message);
      else if (isInteractive(message.method)) this.#truth.withhold(message);
  }
}

function giftsIn(messages: readonly Outgoing[]): number {
  return messages.reduce((sum, { method }) => sum + (isGift(method) ? 1 : 0), 0);
}

const NO_BYTES = new Uint8Array();

/** Age of a due message, in ms, beyond which it is not sent. */
const LATE_MS = 10_000;

/** Most messages that the platform replays at the start. */
export const HISTORY_LIMIT = 15;
