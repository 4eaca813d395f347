import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.js";
import { RemoteRooms } from "../../src/cluster/remote-rooms.js";
import { Supervisor, type SupervisorDeps } from "../../src/cluster/supervisor.js";
import type { LiveEvent } from "../../src/events/event.js";
import type { RoomManager, RoomStatus } from "../../src/health/state.js";
import type { Clock } from "../../src/runtime/clock.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { MemoryWantedRooms } from "../cluster/memory-wanted-rooms.js";
import { SmallFleet } from "../cluster/small-fleet.js";
import { fastClock } from "../fast-clock.js";
import { reachAt } from "../platform/access/reach.js";

/** What a server manages rooms by. */
export interface Managed extends RoomManager {
  start(): Promise<void>;
  stop(): Promise<void>;
  watch(text: string, signal: AbortSignal): Promise<boolean>;
  collected(): readonly RoomStatus[];
}

/** A simulator and a manager of rooms on it, 20 times as fast as life unless a clock is given. */
export interface Running<M extends Managed = Supervisor> {
  readonly clock: Clock;
  readonly simulator: Simulator;
  readonly store: RoomStore;
  readonly rooms: M;
  events(room: number): Promise<readonly LiveEvent[]>;
  stop(): Promise<void>;
}

export const SIGNAL = new AbortController().signal;

export async function running(
  simulated: SimulatorOptions = {},
  parts: Partial<SupervisorDeps> = {},
  clock: Clock = fastClock(20),
): Promise<Running> {
  const simulator = await startSimulator({ clock, ...simulated });
  const store = parts.store ?? openMemoryStore({ maxEventsPerRoom: 100_000 });
  const rooms = new Supervisor({ ...partsFor(simulator, store, clock), ...parts });
  return {
    ...{ clock, simulator, store, rooms },
    events: async (room) => (await store.log.read(room, 0, 100_000)).events,
    stop: async () => {
      await rooms.stop();
      await store.close();
      await simulator.close();
    },
  };
}

/** The same with rooms that are collected elsewhere, as in a cluster. */
export async function runningRemotely(
  parts: Partial<SupervisorDeps> = {},
  clock: Clock = fastClock(20),
): Promise<Running<RemoteRooms> & { readonly wishes: MemoryWantedRooms }> {
  const simulator = await startSimulator({ clock });
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const all = { ...partsFor(simulator, store, clock), ...parts };
  const wishes = new MemoryWantedRooms(store.rooms, clock);
  const fleet = new SmallFleet(all, wishes);
  const rooms = new RemoteRooms({ ...all, wantedRooms: wishes, onError: () => {} });
  await rooms.start();
  return {
    ...{ clock, simulator, store, rooms, wishes },
    events: async (room) => (await store.log.read(room, 0, 100_000)).events,
    stop: async () => {
      await rooms.stop();
      await fleet.stop();
      await store.close();
      await simulator.close();
    },
  };
}

export function partsFor(simulator: Simulator, store: RoomStore, clock: Clock): SupervisorDeps {
  return {
    ...reachAt(simulator.url),
    store,
    clock,
    pollMs: 5000,
    maxOnDemandRooms: 50,
    onDemandIdleMs: 600_000,
    setAside: (event, error) => {
      throw new Error(`refused: ${event.type} ${event.id}`, { cause: error });
    },
  };
}
