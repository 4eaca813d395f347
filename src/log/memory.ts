import { type Clock, systemClock } from "../clock.js";
import { MemoryErasures } from "./memory-erasures.js";
import { MemoryGate } from "./memory-gate.js";
import { MemoryHooks } from "./memory-hooks.js";
import { MemoryLog } from "./memory-log.js";
import { MemoryPositions } from "./memory-positions.js";
import { MemoryRetention } from "./memory-retention.js";
import type { MemoryRoomLogs } from "./memory-room.js";
import { MemoryRooms } from "./memory-rooms.js";
import { MemorySearch } from "./memory-search.js";
import { MemorySecrets } from "./memory-secrets.js";
import { MemorySessions } from "./memory-sessions.js";
import { MemoryStatistics } from "./memory-statistics.js";
import { MemoryTokens } from "./memory-tokens.js";
import { NOTHING_LEFT } from "./residue.js";
import type { Store } from "./store.js";

export interface MemoryOptions {
  /**
   * Events kept per room (≥ 1; one takes about 1 KB): beyond it, and beyond some 130 million letters of text, the oldest are dropped, which readers
   * are told as a removed range.
   */
  readonly maxEventsPerRoom: number;
  /** For `createdAt`; the real time by default. */
  readonly clock?: Clock;
}

/** Opens a store in memory, for the library and for tests. It ends with the process. */
export function openMemoryStore({ maxEventsPerRoom, clock = systemClock }: MemoryOptions): Store {
  const logs: MemoryRoomLogs = new Map();
  const gate = new MemoryGate();
  const positions = new MemoryPositions(gate);
  const rooms = new MemoryRooms(logs, gate, clock);
  const statistics = new MemoryStatistics(gate, () => [...logs].map(([room, { head }]) => [room, head] as const));
  return {
    log: new MemoryLog(logs, gate, maxEventsPerRoom, (...replaced) => statistics.replaced(...replaced)),
    rooms,
    sessions: new MemorySessions(gate, (room) => logs.has(room)),
    positions,
    tokens: new MemoryTokens(gate),
    hooks: new MemoryHooks(gate, positions),
    statistics,
    search: new MemorySearch(gate, logs),
    secrets: new MemorySecrets(gate),
    retention: new MemoryRetention(gate, logs),
    residue: NOTHING_LEFT,
    erasures: new MemoryErasures(gate),
    close: () => gate.close(),
  };
}
