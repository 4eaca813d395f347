import type { Collector } from "../collector/collector.js";
import { reportOf, writeReport } from "../collector/report.js";
import type { Clock } from "../runtime/clock.js";
import type { WantedRoomReport, WantedRooms } from "../store/wanted-rooms.js";

/** Interval between looks at the rooms, in ms: how soon the others know of another state. */
const LOOK_MS = 200;
/** Shortest time between reports of changed counts, in ms: they change all the time, and are told more seldom the more rooms there are. */
const COUNTS_MS = 1000;
const COUNTS_MS_PER_ROOM = 10;
const SLOWEST_MS = 10_000;

/** A collector whose status is published, by a name that its room is wanted by. */
interface PublishedStatus {
  readonly collector: Collector;
  readonly over: boolean;
}

/** Status of a room as last published. */
interface Last {
  /** The part that must be known at once. */
  readonly gist: string;
  readonly text: string;
  readonly at: number;
}

/** Publishes the status of this process's rooms to the other processes: what is new, of all rooms in one statement. */
export class StatusPublisher {
  readonly #member: number;
  readonly #wantedRooms: Pick<WantedRooms, "tell">;
  readonly #clock: Clock;
  readonly #rooms: () => ReadonlyMap<string, PublishedStatus>;
  readonly #onError: (error: unknown) => void;
  readonly #last = new Map<string, Last>();
  #telling = false;
  #stopLooking: () => void = () => {};

  /** @param rooms collectors of this process, by the keys of their wanted rooms */
  constructor(
    member: number,
    wantedRooms: Pick<WantedRooms, "tell">,
    clock: Clock,
    rooms: () => ReadonlyMap<string, PublishedStatus>,
    onError: (error: unknown) => void,
  ) {
    this.#member = member;
    this.#wantedRooms = wantedRooms;
    this.#clock = clock;
    this.#rooms = rooms;
    this.#onError = onError;
  }

  start(): void {
    let failing = false;
    this.#stopLooking = this.#clock.every(LOOK_MS, () => {
      if (this.#telling) return;
      this.#telling = true;
      void this.#tell()
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

  /** Forgets a name by which a room is no longer this process's. */
  forget(key: string): void {
    this.#last.delete(key);
  }

  async #tell(): Promise<void> {
    const now = this.#clock.now();
    const rooms = this.#rooms();
    const everyMs = Math.min(Math.max(COUNTS_MS, COUNTS_MS_PER_ROOM * rooms.size), SLOWEST_MS);
    const news: WantedRoomReport[] = [];
    const told = new Map<string, Last>();
    for (const [key, { collector, over }] of rooms) {
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
    for (const [key, last] of told) if (this.#rooms().has(key)) this.#last.set(key, last);
  }
}

function gistOf({ room, health }: Collector, over: boolean): string {
  return JSON.stringify([room, health.state, health.problem, health.reason, health.sessionId, over]);
}
