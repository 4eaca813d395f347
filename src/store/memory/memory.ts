import { type Clock, systemClock } from "../../runtime/clock.js";
import type { RoomStore } from "../store.js";
import { MemoryGate, type MemoryRoomLogs, memoryLog } from "./log.js";
import { memoryRooms, memorySessions } from "./rooms.js";

interface MemoryOptions {
  /**
   * Events kept per room (≥ 1; an event takes about 1 KB). Beyond it, and beyond some 130 million letters of text, the oldest are dropped,
   * which readers are told as a removed range.
   */
  readonly maxEventsPerRoom: number;
  /** Clock for `createdAt`; the real time by default. */
  readonly clock?: Clock;
}

/** Opens a store in memory, for the library and for reading files: it needs no package. It ends with the process. */
export function openMemoryStore({ maxEventsPerRoom, clock = systemClock }: MemoryOptions): RoomStore {
  const logs: MemoryRoomLogs = new Map();
  const gate = new MemoryGate();
  return {
    log: memoryLog(logs, gate, maxEventsPerRoom),
    rooms: memoryRooms(logs, gate, clock),
    sessions: memorySessions(logs, gate),
    retention: { horizon: () => gate.run(() => null) },
    close: () => gate.close(),
  };
}
