import type { NewEvent } from "../../events/event.js";
import { type Arrived, type Broadcast, Pipeline, type Without } from "../../ingest/pipeline.js";
import type { Drift } from "../../platform/wire/drift.js";
import type { Clock } from "../../runtime/clock.js";
import type { RoomKey } from "../../store/log.js";
import type { Alias } from "../../store/rooms.js";
import type { Store } from "../../store/store.js";

/** Dependencies of rooms of the Open Platform. */
export interface OfficialDeps {
  readonly store: Pick<Store, "log" | "rooms" | "sessions" | "positions" | "retention" | "cluster">;
  readonly clock: Clock;
  readonly drift: Drift;
  /** Knows who was erased while pushes waited. */
  readonly erased?: () => Promise<Without | null>;
  /** Keeps an event that the store refuses, so that it is not lost. */
  readonly setAside: (event: NewEvent, error: unknown) => void;
}

/** Returns the name of an app's room: a room of its own, whatever the web knows under the same room_id. */
export function officialAlias(appId: string, roomId: string): Alias {
  return { kind: "official", value: `${appId}:${roomId}` };
}

/** One room of an app: stores what arrives in order, and what arrives meanwhile in one go. */
export class OfficialRoom {
  readonly room: RoomKey;
  readonly #pipeline: Pipeline;
  readonly #broadcast: Broadcast;
  #waiting: Arrived[] = [];
  #next: Promise<void> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(room: RoomKey, pipeline: Pipeline, roomId: string) {
    this.room = room;
    this.#pipeline = pipeline;
    this.#broadcast = { sessionId: roomId, webRid: null, anchorId: null, source: "official" };
  }

  /** Makes the room and its session where they are missing, and claims the room. */
  static async open({ store, clock, drift, erased, setAside }: OfficialDeps, appId: string, roomId: string): Promise<OfficialRoom> {
    const room = await store.rooms.ensure([officialAlias(appId, roomId)]);
    const pipeline = await Pipeline.open({
      log: store.log,
      rooms: store.rooms,
      horizon: (one) => store.retention.horizon(one),
      room,
      clock,
      drift,
      setAside,
      ...(erased && { erased }),
    });
    await store.sessions.open(room, roomId, clock.now());
    return new OfficialRoom(room, pipeline, roomId);
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#next === null && this.#waiting.length === 0;
  }

  /** Resolves when it is in the log. @throws what the store throws when it is down */
  store(arrived: readonly Arrived[]): Promise<void> {
    this.#waiting.push(...arrived);
    if (this.#next !== null) return this.#next;
    const next = this.#last.then(async () => {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#next = null;
      await this.#pipeline.store(batch, this.#broadcast);
    });
    this.#next = next;
    this.#last = next.catch(() => {});
    return next;
  }
}
