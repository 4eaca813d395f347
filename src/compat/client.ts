import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { LiveEventOf } from "../events/event.js";
import type { FeedReading } from "../feed/feed.js";
import { DyliveError } from "../runtime/errors.js";
import { OutboundQueue } from "../runtime/outbound-queue.js";
import { RateLimiter } from "../runtime/rate-limiter.js";
import { type RoomKey, SYSTEM_ROOM } from "../store/log.js";
import { allRooms } from "../store/rooms.js";
import { type AdmittedClient, type CompatDeps, NOTHING } from "./deps.js";
import { type AskedStream, type Format, messageOf, messagesOf } from "./format.js";

const WORDS =
  "dylive 现在没有采集任何直播间，所以没有消息。请在地址后面加上 ?room=直播间号 (no room is collected: add ?room=ROOM to the address)";

/** Whether no room is collected, nor will be: else a client that wants every room has only to wait. */
async function isIdle({ store, rooms }: CompatDeps): Promise<boolean> {
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
/** A connection, what it asked for, and by which right. */
export interface CompatConnection {
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly asked: AskedStream;
  readonly admitted: AdmittedClient;
}

/** One client of a compat output: it reads the log from its head on, through the feed, like every other reader. */
export class CompatClient {
  readonly #ws: WebSocket;
  readonly #outbound: OutboundQueue;
  readonly #format: Format;
  readonly #asked: AskedStream;
  readonly #admitted: AdmittedClient;
  readonly #deps: CompatDeps;
  readonly #sent: RateLimiter;
  readonly #over = new AbortController();
  readonly #gone = new AbortController();
  /** Whether it may see a room, by all that it was asked of. */
  readonly #sees = new Map<RoomKey, boolean>();
  #following: FeedReading | null = null;
  /** Ends following a room, for another. */
  #letGo = new AbortController();
  #status: string | null = null;
  #missed = 0;

  constructor(connection: CompatConnection, format: Format, deps: CompatDeps) {
    this.#ws = connection.ws;
    this.#asked = connection.asked;
    this.#admitted = connection.admitted;
    this.#format = format;
    this.#deps = deps;
    const { clock, limits } = deps;
    this.#outbound = new OutboundQueue(connection.socket, limits);
    this.#sent = new RateLimiter(clock, { burst: limits.messageBurst, perSecond: limits.messagesPerSecond });
    this.#ws.on("error", () => {});
    this.#ws.on("ping", () => this.#read());
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
      this.#letGo.abort();
      this.#gone.abort();
    });
  }

  /** Aborts when the connection is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Rooms that it is shown. */
  get rooms(): readonly RoomKey[] {
    return [...this.#sees].flatMap(([room, isSeen]) => (isSeen ? [room] : []));
  }

  /** Bytes that wait in our memory for it. */
  get queued(): number {
    return this.#outbound.queued;
  }

  /** Begins to send what happens from now on. Never rejects. */
  async start(): Promise<void> {
    try {
      const head = await this.#deps.store.log.head();
      if (this.#asked.room === null) await this.#wantAll(head);
      else await this.#want(this.#asked.room, head);
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#deps.onError(error);
    this.end("failed");
  }

  /** Called at every heartbeat. */
  beat(): void {
    if (this.#over.signal.aborted) return;
    // One that reads slowly answers late.
    if (++this.#missed > 3) {
      this.end("no_answer");
      return;
    }
    this.#ws.ping();
  }

  /** Closes the connection, with the reason. */
  end(why: keyof typeof CLOSE): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#letGo.abort();
    this.#ws.close(CLOSE[why], why);
    this.#deps.clock.sleep(this.#deps.limits.graceMs, this.gone).then(
      () => this.#ws.terminate(),
      () => {},
    );
  }

  /** Counts what the client has sent; one that sends too much is not read for a while. */
  #read(): void {
    // The library answers pings whether or not the answers are taken.
    if (this.#outbound.isFull) this.end("too_slow");
    if (this.#ws.isPaused || this.#sent.take()) return;
    this.#ws.pause();
    this.#deps.clock.sleep(1_000, this.gone).then(
      () => this.#ws.resume(),
      () => {},
    );
  }

  async #wantAll(head: number): Promise<void> {
    if (await isIdle(this.#deps)) {
      const idle = this.#format.write(idleChat(this.#deps.clock.now()), NOTHING, this.#asked);
      if (idle !== null) this.#send(messageOf(idle));
    }
    this.#show(null, null, head);
  }

  /** Asks for a room, and again as long as the client is there: a room without requests is let go. */
  async #want(name: string, head: number): Promise<void> {
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
          shown = room;
          const greeting = this.#format.greet?.(status, await this.#deps.abouts.load(room), this.#asked) ?? null;
          if (greeting !== null) this.#send(messageOf(greeting));
          this.#show(room, onlySession, this.#following?.at ?? head);
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
    const refusal = this.#format.refuse?.(error, this.#asked);
    if (refusal !== undefined) this.#send(messageOf(refusal));
    if (refusal?.over ?? error.row.fault === "caller") this.end("room_not_found");
  }

  /** Shows a room from now on, or (null) all. @param after position */
  #show(room: RoomKey | null, session: string | null, after: number): void {
    if (this.#over.signal.aborted) return;
    this.#letGo.abort();
    this.#letGo = new AbortController();
    const { signal } = this.#letGo;
    this.#sees.clear();
    const { abouts, feed } = this.#deps;
    const isKnown = (one: RoomKey) => this.#sees.has(one) && abouts.isFresh(one);
    this.#following = feed.follow(
      {
        rooms: room === null ? null : new Set([room]),
        after,
        ready: async () => {
          await this.#outbound.drained(signal);
          return () => {};
        },
        take: (batch) => {
          const show = () => {
            for (const message of messagesOf(this.#format, batch, (one) => abouts.of(one), this.#asked, session))
              if (this.#sees.get(message.room) === true) this.#send(message);
          };
          const unknown = [...batch.rooms].filter((one) => !isKnown(one));
          if (unknown.length > 0) return this.#meet(unknown).then(() => (signal.aborted ? undefined : show()));
          show();
          return undefined;
        },
      },
      signal,
    );
    this.#following.done.catch((error: unknown) => this.failed(error));
  }

  async #meet(rooms: readonly RoomKey[]): Promise<void> {
    for (const room of rooms) {
      this.#sees.set(room, room !== SYSTEM_ROOM && (await this.#admitted.maySee(room)));
      await this.#deps.abouts.load(room);
    }
  }

  #send({ bytes, status }: ReturnType<typeof messageOf>): void {
    if (this.#over.signal.aborted) return;
    if (status !== null && status === this.#status) return;
    this.#status = status ?? this.#status;
    if (this.#outbound.isFull) this.end("too_slow");
    else this.#ws.send(bytes, { binary: false });
  }
}
