import type { RoomKey } from "../log.js";
import type { Found, Search, SearchAsk, SearchPlace, Verified } from "../search.js";
import { type Candidate, mergeNewest } from "../search-merge.js";
import { isFound, queryOf } from "../search-terms.js";
import type { Progress } from "../statistics.js";
import type { MemoryGate } from "./gate.js";
import type { MemoryRoomLogs } from "./room-log.js";

const PAGE = 500;

/** Search in memory: it looks at the events themselves, so there is no index that could lag. */
export class MemorySearch implements Search {
  readonly #gate: MemoryGate;
  readonly #logs: MemoryRoomLogs;

  constructor(gate: MemoryGate, logs: MemoryRoomLogs) {
    this.#gate = gate;
    this.#logs = logs;
  }

  progress(): Promise<readonly Progress[]> {
    return this.#gate.run(() => []);
  }

  advance(): Promise<boolean> {
    return this.#gate.run(() => false);
  }

  reset(): Promise<void> {
    return this.#gate.run(() => {});
  }

  find(ask: SearchAsk, limit: number): Promise<Found> {
    return this.#gate.run(() => {
      queryOf(ask); // what the other stores refuse
      const began = performance.now();
      const found = mergeNewest(ask.places, (place) => this.#candidates(place, ask), limit);
      return { ...found, behind: 0, ms: performance.now() - began };
    });
  }

  purge(): Promise<boolean> {
    return this.#gate.run(() => false);
  }

  verify(_room: RoomKey, _after: number): Promise<Verified | null> {
    return this.#gate.run(() => null);
  }

  *#candidates({ room, before }: SearchPlace, ask: SearchAsk): Generator<Candidate> {
    const log = this.#logs.get(room);
    for (let next = before; log !== undefined; ) {
      const { events, scanned } = log.readBefore(next, PAGE, {});
      for (const event of events.toReversed()) yield { seq: event.seq, event: isFound(event, ask) ? event : null };
      if (scanned <= 1) return;
      next = scanned;
    }
  }
}
