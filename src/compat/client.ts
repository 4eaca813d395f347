import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { LiveEventOf } from "../events/event.js";
import { Follow, type FollowTarget } from "../feed/follow.js";
import type { Followed } from "../feed/subscription.js";
import type { Batch } from "../feed/tail.js";
import { type Clock, follow } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import type { RoomKey } from "../store/log.js";
import { allRooms } from "../store/rooms.js";
import { type AdmittedClient, type CollectedReader, type CompatDeps, NOTHING } from "./deps.js";
import { type AskedStream, type Format, messageOf, type Writing } from "./format.js";

const WORDS =
  "dylive 现在没有采集任何直播间，所以没有消息。请在地址后面加上 ?room=直播间号 (no room is collected: add ?room=ROOM to the address)";

/** Whether no room is collected, nor will be: else a client that wants every room has only to wait. */
async function isIdle({ store, rooms }: Pick<CompatDeps, "store" | "rooms">): Promise<boolean> {
  if ((await store.rooms.list({ watch: "on", limit: 1 })).length > 0) return false;
  return (await allRooms(store.rooms)).every(({ room }) => rooms.status(room) === null);
}

/**
 * Makes the message for a client that wants every room where none is collected. It is a chat by dylive itself, since that is what all these
 * clients show.
 */
function idleChat(now: number): LiveEventOf<"chat"> {
  const nothing = { id: null, secUid: null, displayId: null, shortId: null, avatar: null, gender: null, payLevel: null, fansClub: null };
  return {
    seq: 0,
    id: `idle:${now}`,
    room: 0,
    webRid: null,
    sessionId: null,
    method: "WebcastChatMessage",
    type: "chat",
    time: now,
    receivedAt: now,
    source: "system",
    revision: 0,
    user: { ...nothing, nickname: "dylive", isAdmin: false, isAnchor: false, masked: false },
    text: WORDS,
    kind: "text",
    segments: [{ text: WORDS }],
    luckyBag: false,
  };
}

/** Close codes by our reason: RFC 6455, 7.4.1 (going away, policy violation, our failure). */
const CLOSE = { stopping: 1001, too_slow: 1008, token: 1008, no_answer: 1008, room_not_found: 1008, failed: 1011 } as const;
/**
 * Heartbeats that a peer may leave unanswered. A peer that has left without a word answers no pings; one that reads slowly answers late.
 */
const MISSED_MAX = 3;

/** Time in ms for which a client that has sent too much is not read. */
const REST_MS = 1_000;

/** A room that a client is shown; `session` when only one broadcast is meant. */
interface Seen extends Followed {
  readonly session: string | null;
}

/** One client of a compat output: it reads the log from its head on, through the feed, like every other reader. */
export class CompatClient implements FollowTarget<Seen>, CollectedReader {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #format: Format;
  readonly #writing: Writing;
  readonly #asked: AskedStream;
  readonly #admitted: AdmittedClient;
  readonly #deps: CompatDeps;
  readonly #follow: Follow<Seen>;
  readonly #sent: RateLimiter;
  readonly #over = new AbortController();
  readonly #gone = new AbortController();
  /** Position of each room when this client came, or was let go: anything before it is the past. */
  #places = new Map<RoomKey, number>();
  /** Rooms that are followed, or will be in a moment. */
  readonly #rooms = new Set<RoomKey>();
  #status: string | null = null;
  #missed = 0;

  constructor(
    connection: { readonly ws: WebSocket; readonly socket: Duplex; readonly asked: AskedStream; readonly admitted: AdmittedClient },
    format: Format,
    writing: Writing,
    deps: CompatDeps,
  ) {
    this.#ws = connection.ws;
    this.#socket = connection.socket;
    this.#asked = connection.asked;
    this.#admitted = connection.admitted;
    this.#format = format;
    this.#writing = writing;
    this.#deps = deps;
    this.#follow = new Follow(deps.feed, this, this.#over.signal);
    const { clock, limits } = deps;
    this.#sent = new RateLimiter(clock, { burst: limits.messageBurst, perSecond: limits.messagesPerSecond });
    this.#ws.on("error", () => {});
    // The library would answer without looking whether anybody takes the answers.
    this.#ws.on("ping", (data) => {
      this.#read();
      if (this.#over.signal.aborted) return;
      if (this.queued > limits.maxQueuedBytes) this.end("too_slow");
      else this.#ws.pong(data);
    });
    this.#ws.on("pong", () => {
      this.#read();
      this.#missed = 0;
    });
    this.#ws.on("message", (data, isBinary) => {
      this.#read();
      const reply = isBinary ? null : (this.#format.reply?.(String(data)) ?? null);
      if (reply !== null) this.#send({ bytes: Buffer.from(reply), status: null });
    });
    const leave = this.#admitted.stay(() => this.end("token"));
    this.#ws.once("close", () => {
      leave();
      this.#over.abort();
      this.#gone.abort();
    });
  }

  /** Aborts when the connection is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Rooms that it is shown. */
  get rooms(): ReadonlySet<RoomKey> {
    return this.#rooms;
  }

  /** Bytes that wait in our memory for it. */
  get queued(): number {
    return this.#socket.writableLength;
  }

  /** Begins to send what happens from now on. Never rejects. */
  async start(): Promise<void> {
    try {
      const heads = await this.#deps.store.log.heads();
      this.#places = new Map([...heads].map(([room, { head }]) => [room, head]));
      if (this.#asked.room === null) await this.#wantAll();
      else await this.#want(this.#asked.room);
    } catch (error) {
      this.failed(error);
    }
  }

  add(room: RoomKey): void {
    void this.#show(room, null);
  }

  drop(room: RoomKey): void {
    const at = this.#follow.get(room)?.at;
    if (at !== undefined) this.#places.set(room, at);
    this.#follow.drop(room);
    this.#rooms.delete(room);
  }

  take(batch: Batch, { room, session }: Seen): void {
    const about = this.#deps.abouts.of(room);
    for (const message of this.#writing.messages(batch, about, this.#asked, session)) this.#send(message);
  }

  async ready(signal: AbortSignal): Promise<() => void> {
    if (!(await drained(this.#socket, this.#deps.limits, this.#deps.clock, signal))) this.end("too_slow");
    return () => {};
  }

  failed(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#deps.onError(error);
    this.end("failed");
  }

  /** Called at every heartbeat. */
  beat(): void {
    if (this.#over.signal.aborted) return;
    if (++this.#missed > MISSED_MAX) {
      this.end("no_answer");
      return;
    }
    this.#ws.ping();
  }

  /** Closes the connection, with the reason. */
  end(why: keyof typeof CLOSE): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#ws.close(CLOSE[why], why);
    this.#deps.clock.sleep(this.#deps.limits.graceMs, this.gone).then(
      () => this.#ws.terminate(),
      () => {},
    );
  }

  /** Counts what the client has sent; one that sends too much is not read for a while. */
  #read(): void {
    if (this.#ws.isPaused || this.#sent.take()) return;
    this.#ws.pause();
    this.#deps.clock.sleep(REST_MS, this.gone).then(
      () => this.#ws.resume(),
      () => {},
    );
  }

  async #wantAll(): Promise<void> {
    const { collected, clock } = this.#deps;
    if (await isIdle(this.#deps)) {
      const told = this.#format.write(idleChat(clock.now()), NOTHING, this.#asked);
      if (told !== null) this.#send(messageOf(told));
    }
    collected.join(this, this.#over.signal);
  }

  /** Asks for a room, and again as long as the client is there: a room that nobody asks for is let go. */
  async #want(name: string): Promise<void> {
    const { rooms, limits, clock } = this.#deps;
    const signal = this.#over.signal;
    let shown: RoomKey | null = null;
    while (!signal.aborted) {
      try {
        const { room, onlySession, status } = await rooms.request(name, limits.settleMs, signal);
        // A name may have moved to a room of others.
        if (!(await this.#admitted.maySee(room))) throw new DyliveError("forbidden", "the token is limited to other rooms");
        if (signal.aborted) return;
        if (shown !== room) {
          if (shown !== null) this.drop(shown);
          shown = room;
          const greeting = this.#format.greet?.(status, await this.#deps.abouts.load(room), this.#asked) ?? null;
          if (greeting !== null) this.#send(messageOf(greeting));
          await this.#show(room, onlySession);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof DyliveError)) throw error;
        this.#refused(error);
      }
      await clock.sleep(limits.renewMs, signal).catch(() => {});
    }
  }

  #refused(error: DyliveError): void {
    const told = this.#format.refuse?.(error, this.#asked);
    if (told !== undefined) this.#send(messageOf(told));
    if (told?.over ?? error.row.fault === "caller") this.end("room_not_found");
  }

  async #show(room: RoomKey, session: string | null): Promise<void> {
    if (this.#rooms.has(room)) return;
    this.#rooms.add(room);
    try {
      if (!(await this.#admitted.maySee(room))) return;
      await this.#deps.abouts.load(room);
      if (this.#rooms.has(room)) this.#follow.add({ room, session, after: this.#places.get(room) ?? 0, where: {} });
    } catch (error) {
      this.failed(error);
    }
  }

  #send({ bytes, status }: ReturnType<typeof messageOf>): void {
    if (this.#over.signal.aborted) return;
    if (status !== null && status === this.#status) return;
    this.#status = status ?? this.#status;
    if (this.queued > this.#deps.limits.maxQueuedBytes) this.end("too_slow");
    else this.#ws.send(bytes, { binary: false });
  }
}

/** Waits until little is queued for a socket, or it is gone; false when it took nothing for too long. */
async function drained(
  socket: Duplex,
  { readyBytes, stallMs }: { readonly readyBytes: number; readonly stallMs: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  while (socket.writableLength >= readyBytes && !socket.destroyed && !signal.aborted) {
    const before = socket.writableLength;
    const moved = await moves(socket, stallMs, clock, signal);
    if (!moved && !signal.aborted && socket.writableLength >= before) return false;
  }
  return true;
}

/** Resolves with true when the socket drains or is gone, with false after `ms`. */
async function moves(socket: Duplex, ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const waiting = follow(signal);
  const until = waiting.signal;
  const moved = new Promise<boolean>((resolve) => {
    const done = () => resolve(true);
    socket.on("drain", done).on("close", done);
    until.addEventListener(
      "abort",
      () => {
        socket.off("drain", done).off("close", done);
        done();
      },
      { once: true },
    );
  });
  const stalled = clock.sleep(ms, until).then(
    () => false,
    () => true,
  );
  const result = await Promise.race([moved, stalled]);
  waiting.abort();
  waiting.release();
  return result;
}
