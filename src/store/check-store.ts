import { type Clock, systemClock } from "../runtime/clock.js";
import { check, type Finding } from "./check.js";
import type { RoomKey } from "./log.js";
import type { SessionStatistics } from "./statistics.js";
import type { Store } from "./store.js";

const PAGE = 1000;
/** Most looks at a room whose head moves between them. */
const LOOKS = 20;

/** Sums of the kept events of a broadcast. */
interface Sum {
  events: number;
  units: number;
  diamonds: bigint;
  /** Platform time of its latest event, ms UTC. */
  lastAt: number;
  /** Whether some of the room's events before it or in it are no longer kept: statistics outlive them. */
  lost: boolean;
}

/** Options of the check of statistics, which the store itself does not know. */
interface StatisticsCheck {
  /**
   * Time before which the last event of a broadcast may lie without statistics, ms UTC: they are not kept for longer. Null: all must be
   * there.
   */
  readonly expiredBefore: number | null;
  readonly signal?: AbortSignal;
  /** Called with the number of events that were read since the last call. */
  readonly onEvents?: (count: number) => void;
}

/**
 * Compares the statistics of a room's broadcasts with its events: number of events, units and diamonds. What is not yet counted is left out.
 */
async function checkStatistics(
  { log, statistics }: Pick<Store, "log" | "statistics">,
  room: RoomKey,
  { expiredBefore, signal, onEvents = () => {} }: StatisticsCheck,
): Promise<readonly Finding[]> {
  const counted = await countedUpTo({ log, statistics }, room);
  const sums = new Map<string, Sum>();
  let lost = false;
  for (let after = 0; after < counted; ) {
    signal?.throwIfAborted();
    const page = await log.read(room, after, PAGE);
    if (page.removed !== undefined) {
      lost = true;
      for (const sum of sums.values()) sum.lost = true;
    }
    for (const event of page.events) {
      if (event.seq > counted) break;
      const key = event.sessionId ?? "";
      const sum = sums.get(key) ?? { events: 0, units: 0, diamonds: 0n, lastAt: event.time, lost };
      sums.set(key, sum);
      sum.events++;
      sum.lastAt = Math.max(sum.lastAt, event.time);
      if (event.type !== "gift" || event.test === true) continue;
      sum.units += event.delta;
      sum.diamonds += BigInt(event.diamonds ?? 0);
    }
    onEvents(page.events.length);
    if (page.scanned <= after) break;
    after = page.scanned;
  }
  const head = (await log.heads([room])).get(room)?.head ?? 0;
  const kept = await statistics.sessions(room, [...sums.keys()]);
  // What came meanwhile, or is being counted again, is another matter.
  if ((await countedUpTo({ log, statistics }, room)) !== counted) return [];
  return [...sums].flatMap(([sessionId, sum]) => {
    const own = kept.get(sessionId);
    if (own === undefined && expiredBefore !== null && sum.lastAt < expiredBefore) return [];
    return compare(room, sessionId, sum, own, head - counted);
  });
}

/**
 * Compares one broadcast.
 * @param lag events of the room that are not yet counted; a broadcast that has more to come is being counted again
 */
function compare(room: RoomKey, sessionId: string, sum: Sum, kept: SessionStatistics | undefined, lag: number): readonly Finding[] {
  if (kept === undefined) return [{ kind: "statistics", room, sessionId, what: "events", log: String(sum.events), counted: "0" }];
  const { totals, partial, behind } = kept;
  if (behind > lag) return [];
  const events = Object.values(totals.types).reduce((all, count) => all + count, 0);
  const pairs = [
    ["events", BigInt(sum.events), BigInt(events)],
    ["units", BigInt(sum.units), BigInt(totals.units)],
    ["diamonds", sum.diamonds, totals.diamonds],
  ] as const;
  const wrong = pairs.filter(([, log, counted]) => (sum.lost || partial ? counted < log : counted !== log));
  return wrong.map(([what, log, counted]) => ({ kind: "statistics", room, sessionId, what, log: String(log), counted: String(counted) }));
}

/** Returns the seq up to which a room is counted; 0 while its broadcasts are counted anew, or when it is too busy to say. */
async function countedUpTo({ log, statistics }: Pick<Store, "log" | "statistics">, room: RoomKey): Promise<number> {
  for (let look = 0; look < LOOKS; look++) {
    const before = (await log.heads([room])).get(room)?.head ?? 0;
    const task = await statistics.task(room);
    const after = (await log.heads([room])).get(room)?.head ?? 0;
    if (task !== null) return task.sessionId === null ? task.after : 0;
    if (before === after) return before;
  }
  return 0;
}

/** Options for checking a store. */
interface CheckOptions {
  /** The only room to check; all rooms by default. */
  readonly room?: RoomKey;
  /** Time for which the server keeps statistics of rooms that have no limit of their own, in ms; null, the default, is for ever. */
  readonly statisticsMaxAgeMs?: number | null;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Called with what is compared now, and how many events of it were. */
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
