import type { NewEvent } from "../../events/event.js";
import { type IncomingFrame, Pipeline } from "../../ingest/pipeline.js";
import type { Drift } from "../../platform/wire/drift.js";
import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { RateLimiter } from "../../runtime/rate-limiter.js";
import type { RoomKey } from "../../store/log.js";
import type { Alias } from "../../store/rooms.js";
import type { Store } from "../../store/store.js";

/** Dependencies of rooms of the Open Platform. */
export interface OfficialDeps {
  readonly store: Pick<Store, "log" | "rooms" | "sessions" | "positions" | "retention" | "cluster">;
  readonly clock: Clock;
  readonly drift: Drift;
  /** Keeps an event that the store refuses, so that it is not lost. */
  readonly setAside: (event: NewEvent, error: unknown) => void;
}

/** Returns the name of an app's room: a room of its own, whatever the web knows under the same room_id. */
export function officialAlias(appId: string, roomId: string): Alias {
  return { kind: "official", value: `${appId}:${roomId}` };
}

/** One room of an app. */
interface OfficialRoom {
  readonly room: RoomKey;
  /** Resolves when it is in the log. @throws what the store throws when it is down */
  readonly store: (arrived: readonly IncomingFrame[]) => Promise<unknown>;
}

/** Bounds of what pushes can make. */
interface RoomLimits {
  /** Rooms kept open; each remembers some thousand ids. The one that was used the longest ago is let go. */
  readonly open: number;
  /** Rooms that may be opened in an hour: a stranger who learns a data secret could have rooms made without end. */
  readonly openedPerHour: number;
}

/** The rooms of apps that pushes came for lately. */
export class OfficialRooms {
  readonly #deps: OfficialDeps;
  readonly #limits: RoomLimits;
  readonly #open = new Map<string, Promise<OfficialRoom>>();
  readonly #opened: RateLimiter;

  constructor(deps: OfficialDeps, limits: RoomLimits = { open: 1000, openedPerHour: 5000 }) {
    this.#deps = deps;
    this.#limits = limits;
    const { openedPerHour } = limits;
    this.#opened = new RateLimiter(deps.clock, { burst: openedPerHour, perSecond: openedPerHour / 3600 });
  }

  /**
   * Opens a room that is not open yet.
   * @throws DyliveError too_many_rooms when too many are new; what the store throws when it is down
   */
  of(appId: string, roomId: string): Promise<OfficialRoom> {
    const key = `${appId}:${roomId}`;
    const known = this.#open.get(key);
    const opening = known ?? this.#openNew(appId, roomId);
    // Used last, so at the end.
    this.#open.delete(key);
    this.#open.set(key, opening);
    const [oldest = ""] = this.#open.keys();
    // What is under way in it goes on; where that meets the same room opened anew, one fences the other, which tries again.
    if (this.#open.size > this.#limits.open) this.#open.delete(oldest);
    if (known === undefined) opening.catch(() => this.#open.get(key) === opening && this.#open.delete(key));
    return opening;
  }

  /** Makes the room and its session where they are missing, and claims the room. */
  async #openNew(appId: string, roomId: string): Promise<OfficialRoom> {
    const { store, clock, drift, setAside } = this.#deps;
    const { log, rooms, sessions, retention } = store;
    if (!this.#opened.take()) throw new DyliveError("too_many_rooms", msg`${this.#limits.openedPerHour} rooms were opened within an hour`);
    try {
      const room = await rooms.ensure([officialAlias(appId, roomId)]);
      const pipeline = await Pipeline.open({ log, rooms, retention, room, clock, drift, setAside });
      await sessions.open(room, roomId, clock.now());
      const broadcast = { sessionId: roomId, webRid: null, anchorId: null, source: "official" } as const;
      return { room, store: (arrived) => pipeline.store(arrived, broadcast) };
    } catch (error) {
      this.#opened.spend(-1); // as often as it is tried while the store is away, it is one room
      throw error;
    }
  }

  /** Forgets a room, such as one that was deleted: it is opened anew when something of it comes. */
  forget(appId: string, roomId: string): void {
    this.#open.delete(`${appId}:${roomId}`);
  }
}
