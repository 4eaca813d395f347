import type { Collector } from "../collector/collector.js";
import type { NewEvent } from "../events/event.js";
import type { RoomStatus } from "../health/state.js";
import { Pipeline, type Without } from "../ingest/pipeline.js";
import { absorbSpooled, SpooledReader } from "../ingest/spooled-reader.js";
import { Drift } from "../platform/wire/drift.js";
import type { Clock } from "../runtime/clock.js";
import type { Spooled } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";

interface SpooledWorkDeps {
  readonly spooled: Spooled;
  /** Knows who was erased while something waited. */
  readonly erased: () => Promise<Without | null>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Collectors of this process. */
interface Here {
  collected(): readonly Pick<RoomStatus, "room">[];
  ofRoom(room: RoomKey): Pick<Collector, "absorb"> | undefined;
}

/** Longest time that a room may be between two owners, in ms. */
const ORPHAN_MS = 60_000;

/** Lets the collectors of the rooms that are collected here store what was uploaded of them. */
export function readForRoomsHere(here: Here, { spooled, clock, onError }: Omit<SpooledWorkDeps, "erased">): SpooledReader {
  const take = async (limit: number) => {
    const rooms = here.collected().map(({ room }) => room);
    return rooms.length === 0 ? [] : spooled.take(rooms, limit);
  };
  const absorb: ConstructorParameters<typeof SpooledReader>[0]["absorb"] = async ({ room, bytes }, signal) =>
    (await here.ofRoom(room)?.absorb(bytes, signal)) ?? false;
  const reader = new SpooledReader({ spooled, clock, take, absorb, onError });
  reader.start();
  return reader;
}

/** Stores what was uploaded of rooms that nobody collects any more. Meant for one process at a time. */
export function readForOrphans(
  { log, rooms, retention }: Pick<Store, "log" | "rooms" | "retention">,
  setAside: (event: NewEvent, error: unknown) => void,
  { spooled, erased, clock, onError }: SpooledWorkDeps,
): SpooledReader {
  const reader = new SpooledReader({
    ...{ spooled, clock, onError },
    take: (limit) => spooled.orphans(ORPHAN_MS, limit),
    absorb: async ({ room, bytes }, signal) => {
      const horizon = (one: RoomKey) => retention.horizon(one);
      const pipeline = await Pipeline.open({ ...{ log, rooms, horizon, erased, room, clock, setAside }, drift: new Drift() });
      await absorbSpooled(bytes, pipeline, null, signal);
      return true;
    },
  });
  reader.start();
  return reader;
}
