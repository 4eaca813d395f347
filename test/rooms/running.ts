import type { Clock } from "../../src/clock.js";
import type { LiveEvent } from "../../src/events/event.js";
import { openMemoryStore } from "../../src/log/memory.js";
import type { Store } from "../../src/log/store.js";
import { Supervisor, type SupervisorParts } from "../../src/rooms/supervisor.js";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/index.js";
import { fastClock } from "../fast-clock.js";
import { reachAt } from "./reach.js";

/** A simulator and a supervisor on it, 20 times as fast as life unless a clock is given. */
export interface Running {
  readonly clock: Clock;
  readonly simulator: Simulator;
  readonly store: Store;
  readonly rooms: Supervisor;
  events(room: number): Promise<readonly LiveEvent[]>;
  stop(): Promise<void>;
}

export const SIGNAL = new AbortController().signal;

export async function running(
  simulated: SimulatorOptions = {},
  parts: Partial<SupervisorParts> = {},
  clock: Clock = fastClock(20),
): Promise<Running> {
  const simulator = await startSimulator({ clock, ...simulated });
  const store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  const rooms = new Supervisor({
    ...reachAt(simulator.url),
    store,
    clock,
    pollMs: 5000,
    maxOnDemandRooms: 50,
    onDemandIdleMs: 600_000,
    setAside: (event, error) => {
      throw new Error(`refused: ${event.type} ${event.id}`, { cause: error });
    },
    ...parts,
  });
  return {
    clock,
    simulator,
    store,
    rooms,
    events: async (room) => (await store.log.read(room, 0, 100_000)).events,
    stop: async () => {
      await rooms.stop();
      await store.close();
      await simulator.close();
    },
  };
}
