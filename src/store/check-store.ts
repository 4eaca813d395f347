import { type Clock, systemClock } from "../runtime/clock.js";
import { check, type Finding } from "./check.js";
import { checkStatistics } from "./check-statistics.js";
import type { RoomKey } from "./log.js";
import type { Store } from "./store.js";

/** How a store is checked. */
export interface CheckOptions {
  /** Only this room; all rooms by default. */
  readonly room?: RoomKey;
  /** For how long the server keeps statistics of rooms that have no limit of their own; null, the default, is for ever. */
  readonly statisticsMaxAgeMs?: number | null;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Told what is compared now, and how many events of it were. */
  readonly onProgress?: (what: string, events: number) => void;
}

/** Checks the log as {@link check} does, and that what is made from it (the search index, the statistics) says the same. */
export async function checkStore(store: Store, options: CheckOptions = {}): Promise<readonly Finding[]> {
  const { room, statisticsMaxAgeMs = null, clock = systemClock, signal, onProgress = () => {} } = options;
  const findings: Finding[] = [...(await check(store.log, room, signal))];
  for (const [key] of await store.log.heads(room === undefined ? undefined : [room])) {
    let events = 0;
    const onEvents = (count: number) => {
      events += count;
      onProgress(`statistics of room ${key}`, events);
    };
    const own = (await store.retention.limits(key)).statistics;
    const maxAgeMs = own === undefined ? statisticsMaxAgeMs : own.maxAgeMs;
    const expiredBefore = maxAgeMs === null ? null : clock.now() - maxAgeMs;
    findings.push(...(await checkStatistics(store, key, { expiredBefore, onEvents, ...(signal && { signal }) })));
    for (let after = 0; ; ) {
      signal?.throwIfAborted();
      const verified = await store.search.verify(key, after);
      if (verified === null) break;
      findings.push(...verified.wrong.map((seq): Finding => ({ kind: "search", room: key, seq })));
      after = verified.scanned;
      onProgress(`search index of room ${key}`, after);
    }
  }
  return findings;
}
