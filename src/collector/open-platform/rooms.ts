import type { NewEvent } from "../../events/event.js";
import { type Broadcast, type IncomingFrame, Pipeline } from "../../ingest/pipeline.js";
import type { Drift } from "../../platform/wire/drift.js";
import { type Clock, monotonicMs } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
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

/** One room of an app: stores what arrives in order, and what arrives meanwhile in one go. */
class OfficialRoom {
  readonly room: RoomKey;
  readonly #pipeline: Pipeline;
  readonly #broadcast: Broadcast;
  #under = 0;

  private constructor(room: RoomKey, pipeline: Pipeline, roomId: string) {
    this.room = room;
    this.#pipeline = pipeline;
    this.#broadcast = { sessionId: roomId, webRid: null, anchorId: null, source: "official" };
  }

  /** Makes the room and its session where they are missing, and claims the room. */
  static async open({ store, clock, drift, setAside }: OfficialDeps, appId: string, roomId: string): Promise<OfficialRoom> {
    const room = await store.rooms.ensure([officialAlias(appId, roomId)]);
    const { log, rooms, retention } = store;
    const pipeline = await Pipeline.open({ log, rooms, retention, room, clock, drift, setAside });
    await store.sessions.open(room, roomId, clock.now());
    return new OfficialRoom(room, pipeline, roomId);
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#under === 0;
  }

  /** Resolves when it is in the log. @throws what the store throws when it is down */
  async store(arrived: readonly IncomingFrame[]): Promise<void> {
    this.#under++;
    try {
      await this.#pipeline.store(arrived, this.#broadcast);
    } finally {
      this.#under--;
    }
  }
}

/** Bounds of what pushes can make. */
interface RoomLimits {
  /** Rooms kept open; each remembers some thousand ids. The one that was used the longest ago is let go. */
  readonly open: number;
  /** Rooms that may be opened in an hour: a stranger who learns a data secret could have rooms made without end. */
  readonly openedPerHour: number;
}

const LIMITS: RoomLimits = { open: 1000, openedPerHour: 5000 };
const HOUR_MS = 3_600_000;

/** The rooms of apps that pushes came for lately. */
export class OfficialRooms {
  readonly #deps: OfficialDeps;
  readonly #limits: RoomLimits;
  readonly #open = new Map<string, Promise<OfficialRoom>>();
  readonly #idle = new Map<string, OfficialRoom>();
  #hourEndsAt = 0;
  #opened = 0;

  constructor(deps: OfficialDeps, limits = LIMITS) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /**
   * Opens a room that is not open yet.
   * @throws DyliveError too_many_rooms when too many are new; what the store throws when it is down
   */
  async of(appId: string, roomId: string): Promise<OfficialRoom> {
    const key = `${appId}:${roomId}`;
    const known = this.#open.get(key);
    if (known !== undefined) {
      // Used last, so at the end.
      this.#open.delete(key);
      this.#open.set(key, known);
      return known;
    }
    this.#count();
    const opening = OfficialRoom.open(this.#deps, appId, roomId).then(
      (room) => {
        this.#idle.set(key, room);
        return room;
      },
      (error: unknown) => {
        this.#open.delete(key);
        this.#opened--; // as often as it is tried while the store is away, it is one room
        throw error;
      },
    );
    this.#open.set(key, opening);
    this.#letGo();
    return opening;
  }

  /** Forgets a room, such as one that was deleted: it is opened anew when something of it comes. */
  forget(appId: string, roomId: string): void {
    const key = `${appId}:${roomId}`;
    this.#open.delete(key);
    this.#idle.delete(key);
  }

  #count(): void {
    const now = monotonicMs(this.#deps.clock);
    if (now >= this.#hourEndsAt) {
      this.#hourEndsAt = now + HOUR_MS;
      this.#opened = 0;
    }
    const { openedPerHour } = this.#limits;
    if (this.#opened >= openedPerHour) throw new DyliveError("too_many_rooms", msg`${openedPerHour} rooms were opened within an hour`);
    this.#opened++;
  }

  #letGo(): void {
    for (const key of this.#open.keys()) {
      if (this.#open.size <= this.#limits.open) return;
      const room = this.#idle.get(key);
      if (room?.idle !== true) continue;
      this.#open.delete(key);
      this.#idle.delete(key);
    }
  }
}
