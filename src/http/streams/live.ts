import type { FastifyBaseLogger } from "fastify";
import { Feed } from "../../feed/feed.js";
import { ReadQueue } from "../../feed/read-queue.js";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { OutboundBounds } from "../../runtime/outbound-queue.js";
import type { RoomKey } from "../../store/log.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { Store } from "../../store/store.js";
import { isLimited, maySee } from "../authentication.js";
import type { HeldTokens } from "../tokens.js";

/** Reason for which we end a connection, which its client gets. */
export type CloseReason = "stopping" | "token" | "slow";

/** Reason for which a reader loses a room, which its client gets. */
export type LossReason = "room" | "broadcast" | "sight";

/** A room that is read; of one broadcast alone where that is named. */
interface OpenRoom {
  readonly room: RoomKey;
  readonly sessionId: string | null;
}

/** A reader of rooms that may be deleted while it is there. */
interface RoomsReader {
  readonly rooms: Iterable<OpenRoom>;
  /** Takes that a room of it was deleted, or the broadcast that it reads of it, or that its token may see the room no more. */
  lose(room: RoomKey, why: LossReason): void;
}

/** An open stream or socket, as those who look after all of them see it. */
export interface LiveReader extends RoomsReader {
  readonly kind: "sse" | "ws" | "rooms";
  readonly token: TokenRow;
  /** Bytes that wait in our memory for its client to take them. */
  readonly queued: number;
  /** Called at every heartbeat. */
  beat(): void;
  /** Tells the client why, and ends the connection. */
  end(why: CloseReason): void;
  /** Cuts the connection, with or without a last message. */
  destroy(): void;
}

/** Sentence for the client, by why its stream is closed. */
export const CLOSE_REASONS: Readonly<Record<CloseReason, string>> = {
  stopping: "the server is stopping: connect again with your last cursor when it is back",
  token: "the token is no longer valid",
  slow: "you take events slower than they come, and too many bytes wait for you: connect again with your last cursor, or ask for fewer rooms and types",
};

/** Bounds and times of the live streams. */
interface LiveLimits extends OutboundBounds {
  /** Connections and rooms of connections that one token may hold at a time. */
  readonly heldPerToken: number;
  /** Streams and sockets of all tokens: each takes a file handle. */
  readonly connections: number;
  readonly heartbeatMs: number;
  /** Time that a client has to read the reason of its close, in ms. */
  readonly graceMs: number;
  /** Longest message from a WebSocket client. */
  readonly messageBytes: number;
  /** Commands a WebSocket client may send at once, and per second in the long run. */
  readonly commandBurst: number;
  readonly commandsPerSecond: number;
  /** Least ms between two looks at the states of the rooms. */
  readonly roomStatesMs: number;
}

/** The limits of a server. */
const LIVE_LIMITS: LiveLimits = {
  maxQueuedBytes: 1_048_576,
  readyBytes: 131_072,
  heldPerToken: 5_000,
  connections: 10_000,
  // Half a minute is what proxies at the strictest let pass without a byte.
  heartbeatMs: 15_000,
  graceMs: 2_000,
  // 5,000 rooms by their keys.
  messageBytes: 65_536,
  commandBurst: 100,
  commandsPerSecond: 20,
  roomStatesMs: 1_000,
};

/** Counts what each token holds open: one for a connection, one for each room of it. */
class Quota {
  readonly #max: number;
  readonly #held = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Number of connections and rooms that all tokens hold. */
  get size(): number {
    let size = 0;
    for (const count of this.#held.values()) size += count;
    return size;
  }

  /**
   * Takes `count` more for a token.
   * @throws DyliveError too_many_subscriptions
   */
  take(tokenId: string, count: number): void {
    const held = (this.#held.get(tokenId) ?? 0) + count;
    if (held > this.#max)
      throw new DyliveError("too_many_subscriptions", msg`this token would hold ${held} streams and rooms, ${this.#max} are allowed`);
    this.#held.set(tokenId, held);
  }

  give(tokenId: string, count: number): void {
    const held = (this.#held.get(tokenId) ?? 0) - count;
    if (held > 0) this.#held.set(tokenId, held);
    else this.#held.delete(tokenId);
  }
}

/** Dependencies of the live streams. */
interface LiveDeps {
  readonly store: Pick<Store, "log" | "rooms" | "positions" | "tokens" | "deletions">;
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly limits?: Partial<LiveLimits>;
  readonly held: Pick<HeldTokens, "hold">;
  /** The process's feed; one of its own by default. */
  readonly feed?: Feed | undefined;
}

/** Counts of streams and sockets now, and, of those that were cut, since the start. */
type LiveCounts = Readonly<Record<LiveReader["kind"] | "queuedBytes" | "cutForSlowness", number>>;

/** Looks after all streams and sockets that are open: admits them, keeps them alive, counts them, and tells them when the server stops. */
export class LiveStreams {
  readonly store: LiveDeps["store"];
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly limits: LiveLimits;
  readonly feed: Feed;
  /** Rooms and connections by token. */
  readonly quota: Quota;
  readonly queue = new ReadQueue();
  readonly #held: LiveDeps["held"];
  readonly #readers = new Set<LiveReader>();
  readonly #polls = new Set<RoomsReader>();
  readonly #stopBeating: () => void;
  readonly #stopped = new AbortController();
  #cutForSlowness = 0;
  #emptied: () => void = () => {};
  #isLooking = false;

  constructor({ store, clock, logger, limits, held, feed }: LiveDeps) {
    this.#held = held;
    this.store = store;
    this.clock = clock;
    this.logger = logger;
    this.limits = { ...LIVE_LIMITS, ...limits };
    this.feed = feed ?? new Feed({ log: store.log, clock, onError: (error) => this.failed(error) });
    this.quota = new Quota(this.limits.heldPerToken);
    this.#stopBeating = clock.every(this.limits.heartbeatMs, () => this.#beat());
  }

  /** Counts open connections by kind, bytes that wait for them, and how many were cut for being slow. */
  counts(): LiveCounts {
    const readers = [...this.#readers];
    const of = (kind: LiveReader["kind"]) => readers.filter((reader) => reader.kind === kind).length;
    const queuedBytes = readers.reduce((sum, { queued }) => sum + queued, 0);
    return { sse: of("sse"), ws: of("ws"), rooms: of("rooms"), queuedBytes, cutForSlowness: this.#cutForSlowness };
  }

  /** Aborts when the server stops. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /**
   * Refuses one connection too many, before anything is made for it.
   * @throws DyliveError stopping, too_many_subscriptions
   */
  assertCapacity(): void {
    if (this.#stopped.signal.aborted) throw new DyliveError("stopping", "no new streams are taken");
    if (this.#readers.size >= this.limits.connections)
      throw new DyliveError(
        "too_many_subscriptions",
        msg`${this.#readers.size} streams are open on this server, which is the most allowed`,
      );
  }

  /** Looks after a reader until `gone` aborts. */
  admit(reader: LiveReader, gone: AbortSignal): void {
    if (gone.aborted) return;
    this.#readers.add(reader);
    const letGo = this.#held.hold(reader.token, () => reader.end("token"));
    const leave = () => {
      letGo();
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#emptied();
    };
    gone.addEventListener("abort", leave, { once: true });
    if (this.#stopped.signal.aborted) reader.end("stopping");
  }

  /** Calls back when a room, or the broadcast that is read of it, turns out to be deleted: at the next heartbeat. @returns ends that */
  whenDeleted(room: OpenRoom, lose: () => void): () => void {
    const poll = { rooms: [room], lose };
    this.#polls.add(poll);
    return () => void this.#polls.delete(poll);
  }

  /** Counts a reader that was cut for being slow. */
  slow(): void {
    this.#cutForSlowness++;
  }

  /** Reports that something of ours or of the store went wrong. */
  failed(error: unknown): void {
    if (!this.#stopped.signal.aborted) this.logger.error({ err: error }, "a live stream failed");
  }

  /** Tells all readers, and resolves when all connections are gone; those that do not go within the grace period are cut. */
  async close(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#stopBeating();
    if (this.#readers.size === 0) return;
    const emptied = new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const reader of this.#readers) reader.end("stopping");
    await emptied;
  }

  #beat(): void {
    for (const reader of this.#readers) reader.beat();
    if (!this.#isLooking) void this.#lookForLost();
  }

  /** Asks once for all: another process may have deleted a room, or moved its name to another. */
  async #lookForLost(): Promise<void> {
    const readers = [...this.#readers, ...this.#polls];
    const read = readers.flatMap((reader) => [...reader.rooms]);
    if (read.length === 0) return;
    const sessions = new Set(read.flatMap(({ sessionId }) => sessionId ?? []));
    this.#isLooking = true;
    try {
      const { deletions } = this.store;
      // Before the deletions: a deleted room has no names either.
      const unseen = await this.#unseen();
      const rooms = await deletions.ofRooms([...new Set(read.map(({ room }) => room))]);
      const broadcasts = sessions.size === 0 ? sessions : await deletions.ofSessions([...sessions]);
      if (rooms.size + broadcasts.size + unseen.size === 0) return;
      for (const reader of readers)
        for (const { room, sessionId } of [...reader.rooms])
          if (rooms.has(room)) reader.lose(room, "room");
          else if (sessionId !== null && broadcasts.has(sessionId)) reader.lose(room, "broadcast");
          else if (unseen.get(reader)?.has(room) === true) reader.lose(room, "sight");
    } catch (error) {
      this.failed(error);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Finds the rooms that readers of limited tokens may see no more: the name that a token is limited to may have moved to another room. */
  async #unseen(): Promise<ReadonlyMap<RoomsReader, ReadonlySet<RoomKey>>> {
    const limited = [...this.#readers].filter(({ token }) => isLimited(token));
    const keys = new Set(limited.flatMap(({ rooms }) => [...rooms].map(({ room }) => room)));
    if (keys.size === 0) return new Map();
    const aliases = await this.store.rooms.aliasesOf([...keys]);
    const hidden = ({ token, rooms }: LiveReader) =>
      [...rooms].map(({ room }) => room).filter((room) => !maySee(token, room, aliases.get(room) ?? []));
    const unseen = limited.map((reader) => [reader, new Set(hidden(reader))] as const);
    return new Map(unseen.filter(([, rooms]) => rooms.size > 0));
  }
}
