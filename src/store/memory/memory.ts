import { type Clock, systemClock } from "../../runtime/clock.js";
import type { Erasures, NotedErasure } from "../erasures.js";
import { NOTHING_LEFT } from "../residue.js";
import type { Store } from "../store.js";
import { MemoryGate } from "./gate.js";
import { MemoryHooks } from "./hooks.js";
import { MemoryLog } from "./log.js";
import { MemoryPositions } from "./positions.js";
import { MemoryRetention } from "./retention.js";
import type { MemoryRoomLogs } from "./room-log.js";
import { MemoryRooms } from "./rooms.js";
import { MemorySearch } from "./search.js";
import { MemorySecrets } from "./secrets.js";
import { MemorySessions } from "./sessions.js";
import { MemoryStatistics } from "./statistics.js";
import { MemoryTokens } from "./tokens.js";

/** Erasures of a store in memory. */
class MemoryErasures implements Erasures {
  readonly #gate: MemoryGate;
  readonly #noted = new Map<string, NotedErasure>();

  constructor(gate: MemoryGate) {
    this.#gate = gate;
  }

  note(erasure: NotedErasure): Promise<void> {
    return this.#gate.run(() => void this.#noted.set(erasure.pseudonym, erasure));
  }

  list(): Promise<readonly NotedErasure[]> {
    return this.#gate.run(() => [...this.#noted.values()]);
  }
}

interface MemoryOptions {
  /**
   * Events kept per room (≥ 1; an event takes about 1 KB). Beyond it, and beyond some 130 million letters of text, the oldest are dropped,
   * which readers are told as a removed range.
   */
  readonly maxEventsPerRoom: number;
  /** Clock for `createdAt`; the real time by default. */
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
