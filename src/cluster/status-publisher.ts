import type { Collector } from "../collector/collector.js";
import { reportOf, writeReport } from "../collector/report.js";
import { breathe, type Clock, steadyMs } from "../runtime/clock.js";
import type { WantedRoomReport, WantedRooms } from "../store/cluster.js";
import type { CollectedRoom } from "./leased-collectors.js";

/** Interval between looks at the rooms, in ms: how soon the others know of another state. */
const LOOK_MS = 200;
/** Shortest time between reports of changed counts, in ms: they change all the time, and are stored more seldom the more rooms there are. */
const COUNTS_MS = 1000;
const COUNTS_MS_PER_ROOM = 10;
const SLOWEST_MS = 10_000;
/** Longest time between reports on a room without news, in ms: a database that crashed has forgotten them. */
const AGAIN_MS = 30_000;
/** Rooms that are looked at in one turn of the event loop. */
const READ_TOGETHER = 200;

/** Status of a room as last published. */
interface Last {
  /** The part that must be known at once. */
  readonly gist: string;
  readonly text: string;
  readonly at: number;
}

interface StatusPublisherDeps {
  readonly member: number;
  readonly wantedRooms: Pick<WantedRooms, "tell">;
  /** Collectors of this process, by the keys of the names that their rooms are wanted by. */
  readonly collected: () => ReadonlyMap<string, Pick<CollectedRoom, "collector" | "over">>;
  readonly clock: Clock;
  /** Called for the first failure after a success. */
  readonly onError: (error: unknown) => void;
}

/** Publishes the status of this process's rooms to the other processes: what is new, of all rooms in one statement. */
export class StatusPublisher {
  readonly #deps: StatusPublisherDeps;
  readonly #last = new Map<string, Last>();
  #publishing = false;
  #failing = false;
  #stopLooking: () => void = () => {};

  constructor(deps: StatusPublisherDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#stopLooking = this.#deps.clock.every(LOOK_MS, () => void this.#look());
  }

  stop(): void {
    this.#stopLooking();
  }

  async #look(): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      await this.#publish();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#deps.onError(error);
      this.#failing = true;
    }
    this.#publishing = false;
  }

  async #publish(): Promise<void> {
    const { member, wantedRooms, collected, clock } = this.#deps;
    const now = steadyMs(clock);
    const rooms = collected();
    for (const key of this.#last.keys()) if (!rooms.has(key)) this.#last.delete(key);
    const everyMs = Math.min(Math.max(COUNTS_MS, COUNTS_MS_PER_ROOM * rooms.size), SLOWEST_MS);
    const news: WantedRoomReport[] = [];
    const published = new Map<string, Last>();
    for (const [at, [key, { collector, over }]] of [...rooms].entries()) {
      if (at % READ_TOGETHER === READ_TOGETHER - 1) await breathe();
      const last = this.#last.get(key);
      const gist = gistOf(collector, over);
      if (last?.gist === gist && now - last.at < everyMs) continue;
      const text = writeReport(reportOf(collector));
      if (last?.gist === gist && last.text === text && now - last.at < AGAIN_MS) continue;
      news.push({ key, room: collector.room, told: text, over });
      published.set(key, { gist, text, at: now });
    }
    if (news.length === 0) return;
    await wantedRooms.tell(member, news);
    for (const [key, last] of published) this.#last.set(key, last);
  }
}

function gistOf({ room, health }: Collector, over: boolean): string {
  return JSON.stringify([room, health.state, health.problem, health.reason, health.sessionId, over]);
}
