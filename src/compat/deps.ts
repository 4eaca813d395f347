import type { Feed } from "../feed/feed.js";
import type { RoomRequests } from "../health/state.js";
import type { Clock } from "../runtime/clock.js";
import type { OutboundBounds } from "../runtime/outbound-queue.js";
import type { RoomKey } from "../store/log.js";
import type { RoomFacts, Rooms } from "../store/rooms.js";
import type { Store } from "../store/store.js";

/** Facts of a room of which nothing is known, and of none. */
export const NOTHING: RoomFacts = { webRid: null, title: null, anchor: null };

/** Keeps what is known of rooms at hand while their events are written: a title may be a minute old. */
export class Abouts {
  readonly #rooms: Rooms;
  readonly #clock: Clock;
  readonly #known = new Map<RoomKey, { readonly about: RoomFacts; readonly readAt: number }>();

  constructor(rooms: Rooms, clock: Clock) {
    this.#rooms = rooms;
    this.#clock = clock;
  }

  /** Returns what was known of a room when it was last read. */
  of(room: RoomKey): RoomFacts {
    return this.#known.get(room)?.about ?? NOTHING;
  }

  /** Whether a room was read within the last minute. */
  isFresh(room: RoomKey): boolean {
    const one = this.#known.get(room);
    return one !== undefined && Math.abs(this.#clock.now() - one.readAt) < 60_000;
  }

  async load(room: RoomKey): Promise<RoomFacts> {
    const about = (await this.#rooms.get(room)) ?? NOTHING;
    this.#known.set(room, { about, readAt: this.#clock.now() });
    return about;
  }
}

/** Client that was admitted. */
export interface AdmittedClient {
  /** Whether this is by a token: then it does not matter which page it is. */
  readonly hasToken: boolean;
  /** @throws DyliveError forbidden, bad_room when they may not ask for a room by this name */
  mayAsk(room: string): Promise<void>;
  /** Whether they may see a room's events. */
  maySee(room: RoomKey): Promise<boolean>;
  /** Calls back once their token was revoked or has expired. @returns what to call when they have left */
  stay(end: () => void): () => void;
}

/** Admits clients. Most of those formats' clients have no means to send a token. */
export interface ClientAuthenticator {
  /** @param token null when none was sent  @throws DyliveError no_token, bad_token; rate_limited */
  admit(token: string | null): Promise<AdmittedClient>;
}

/** Bounds and times of the compat outputs. */
interface CompatLimits extends OutboundBounds {
  /** Most clients of one format at a time: each takes a file handle. */
  readonly clients: number;
  readonly heartbeatMs: number;
  /** Time that a client has to read the reason of its close, in ms. */
  readonly graceMs: number;
  /** Longest message from a client; what they send is commands that we do not heed. */
  readonly messageBytes: number;
  /** Messages and pings of a client that are read at once, and per second in the long run; beyond it they wait on its side. */
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
  /** Time between two requests for a room that a client wants, which keep it collected, in ms. */
  readonly renewMs: number;
  /** Longest wait of a client for the first answer about its room, in ms. */
  readonly settleMs: number;
}

/** The limits of a server. */
export const COMPAT_LIMITS: CompatLimits = {
  clients: 100,
  maxQueuedBytes: 1_048_576,
  readyBytes: 131_072,
  heartbeatMs: 15_000,
  graceMs: 2_000,
  messageBytes: 4_096,
  // Some acknowledge every frame.
  messageBurst: 2_000,
  messagesPerSecond: 1_000,
  renewMs: 30_000,
  settleMs: 10_000,
};

/** Dependencies of every compat output. */
export interface CompatDeps {
  readonly store: Store;
  readonly rooms: RoomRequests;
  readonly clock: Clock;
  readonly authenticator: ClientAuthenticator;
  /** Origins of pages that may read without a token, beside those of this machine. */
  readonly origins: readonly string[];
  readonly feed: Feed;
  readonly abouts: Abouts;
  readonly limits: CompatLimits;
  /** Called with what went wrong on our side. */
  readonly onError: (error: unknown) => void;
}
