import { setMaxListeners } from "node:events";
import { onTestFinished } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.js";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { LiveEvent } from "../../src/events/event.js";
import type { RoomOperations, RoomStatus } from "../../src/health/state.js";
import type { Clock } from "../../src/runtime/clock.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import type { StoredEvent } from "../../src/store/stored-event.js";
import { fastClock } from "../clock.js";
import { readRows } from "../contracts/harness.js";
import { reachAt } from "../platform/access/reach.js";

/** What a server manages rooms by. */
export interface Managed extends RoomOperations {
  start(): Promise<void>;
  stop(): Promise<void>;
  watch(text: string, signal: AbortSignal): Promise<boolean>;
  collected(): readonly RoomStatus[];
}

/** A simulator and a manager of rooms on it. */
export interface Running<M extends Managed = RoomManager> {
  readonly clock: Clock;
  readonly simulator: Simulator;
  readonly store: RoomStore;
  readonly rooms: M;
  events(room: number): Promise<readonly LiveEvent[]>;
}

export const SIGNAL = new AbortController().signal;
setMaxListeners(0, SIGNAL); // many requests at once listen to it

/** Starts both, 20 times as fast as life unless a clock is given; the end of the test stops them. */
export async function running(...given: Parameters<typeof startRunning>): Promise<Running> {
  const now = await startRunning(...given);
  onTestFinished(now.stop);
  return now;
}

/** Starts both for a caller that stops them itself. */
export async function startRunning(
  simulated: SimulatorOptions = {},
  parts: Partial<Parameters<typeof RoomManager.alone>[0]> = {},
  clock: Clock = fastClock(20),
): Promise<Running & { stop(): Promise<void> }> {
  const simulator = await startSimulator({ clock, ...simulated });
  const store = parts.store ?? openMemoryStore({ maxEventsPerRoom: 100_000 });
  const rooms = RoomManager.alone({ ...depsFor(simulator, store, clock), ...parts });
  await rooms.start();
  /** By its text: a log is read again and again until something is in it. */
  const parsed = new Map<string, LiveEvent>();
  const eventOf = (row: StoredEvent) => {
    const event = parsed.get(row.text) ?? row.event;
    parsed.set(row.text, event);
    return event;
  };
  return {
    ...{ clock, simulator, store, rooms },
    events: async (room) => (await readRows(store.log, room)).map(eventOf),
    stop: async () => {
      await rooms.stop();
      await store.close();
      await simulator.close();
    },
  };
}

export function depsFor(simulator: Simulator, store: RoomStore, clock: Clock): Parameters<typeof RoomManager.alone>[0] {
  return {
    ...reachAt(simulator.url),
    store,
    clock,
    pollMs: 5000,
    maxOnDemandRooms: 50,
    onDemandIdleMs: 600_000,
    onError: () => {},
    setAside: (event, error) => {
      throw new Error(`refused: ${event.type} ${event.id}`, { cause: error });
    },
  };
}
