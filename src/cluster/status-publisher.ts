import type { Collector } from "../collector/collector.js";
import { reportOf, writeReport } from "../collector/report.js";
import { breathe, type Clock, steadyMs } from "../runtime/clock.js";
import type { WantedRoomReport, WantedRooms } from "../store/cluster.js";

/** Interval between looks at the rooms, in ms: how soon the others know of another state. */
const LOOK_MS = 200;
/** Shortest time between reports of changed counts, in ms: they change all the time, and are told more seldom the more rooms there are. */
const COUNTS_MS = 1000;
const COUNTS_MS_PER_ROOM = 10;
const SLOWEST_MS = 10_000;
/** Interval between looks whether what was told is still there, in ms: a database that crashed has forgotten it, also of rooms without news. */
const CHECK_MS = 10_000;

/** Rooms that are looked at in one turn of the event loop. */
const READ_TOGETHER = 200;

/** A collector of this process. */
export interface CollectedRoom {
  readonly collector: Collector;
  /** It has ended by itself: there is no such account, or the room is paused. */
  readonly over: boolean;
}

/** Collectors of this process, by the keys of the names that their rooms are wanted by. */
type CollectedRooms = ReadonlyMap<string, CollectedRoom>;

/** Brings the status of this process's rooms to those who ask for it. */
export interface Publisher {
  start(rooms: () => CollectedRooms): void;
  /** Notes that the status of a room may have changed, by its names. */
  changed(keys: Iterable<string>): void;
  /** Forgets a name by which a room is no longer this process's. */
  forget(key: string): void;
  stop(): void;
}

/** Status of a room as last published. */
interface Last {
  /** The part that must be known at once. */
  readonly gist: string;
  readonly text: string;
  readonly at: number;
}

/** Publishes the status of this process's rooms to the other processes: what is new, of all rooms in one statement. */
export class StatusPublisher implements Publisher {
  readonly #member: number;
  readonly #wantedRooms: Pick<WantedRooms, "tell" | "untold">;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #last = new Map<string, Last>();
  #checkedAt: number | null = null;
  #telling = false;
  #stopLooking: () => void = () => {};

  constructor(member: number, wantedRooms: Pick<WantedRooms, "tell" | "untold">, clock: Clock, onError: (error: unknown) => void) {
    this.#member = member;
    this.#wantedRooms = wantedRooms;
    this.#clock = clock;
    this.#onError = onError;
  }

  start(rooms: () => CollectedRooms): void {
    let failing = false;
    this.#stopLooking = this.#clock.every(LOOK_MS, () => {
      if (this.#telling) return;
      this.#telling = true;
      void this.#tell(rooms)
        .then(() => {
          failing = false;
        })
        .catch((error: unknown) => {
          // What was not told is new still.
          if (!failing) this.#onError(error);
          failing = true;
        })
        .finally(() => {
          this.#telling = false;
        });
    });
  }

  stop(): void {
    this.#stopLooking();
  }

  /** Does nothing: all rooms are looked at again soon, and told in one statement. */
  changed(): void {}

  forget(key: string): void {
    this.#last.delete(key);
  }

  async #tell(collected: () => CollectedRooms): Promise<void> {
    const now = steadyMs(this.#clock);
    this.#checkedAt ??= now;
    if (now - this.#checkedAt >= CHECK_MS) {
      for (const key of await this.#wantedRooms.untold(this.#member)) this.#last.delete(key);
      this.#checkedAt = now;
    }
    const rooms = collected();
    const everyMs = Math.min(Math.max(COUNTS_MS, COUNTS_MS_PER_ROOM * rooms.size), SLOWEST_MS);
    const news: WantedRoomReport[] = [];
    const told = new Map<string, Last>();
    for (const [at, [key, { collector, over }]] of [...rooms].entries()) {
      if (at % READ_TOGETHER === READ_TOGETHER - 1) await breathe();
      const last = this.#last.get(key);
      const gist = gistOf(collector, over);
      if (last?.gist === gist && now - last.at < everyMs) continue;
      const text = writeReport(reportOf(collector));
      if (last?.gist === gist && last.text === text) continue;
      news.push({ key, room: collector.room, told: text, over });
      told.set(key, { gist, text, at: now });
    }
    if (news.length === 0) return;
    await this.#wantedRooms.tell(this.#member, news);
    for (const [key, last] of told) if (collected().has(key)) this.#last.set(key, last);
  }
}

function gistOf({ room, health }: Collector, over: boolean): string {
  return JSON.stringify([room, health.state, health.problem, health.reason, health.sessionId, over]);
}
