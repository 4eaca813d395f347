import type { Finding } from "./check.js";
import type { RoomKey } from "./log.js";
import type { SessionStatistics } from "./statistics.js";
import type { Store } from "./store.js";

const PAGE = 1000;
/** A room whose head moves between looks is looked at again this often. */
const LOOKS = 20;

/** What the kept events of a broadcast add up to. */
interface Sum {
  events: number;
  units: number;
  diamonds: bigint;
  /** Some of the room's events before it or in it are no longer kept: statistics outlive them. */
  readonly lost: boolean;
}

/**
 * Compares the statistics of a room's broadcasts with its events: number of events, units and diamonds. What is not yet counted is left out.
 * @param onEvents told how many events were read since the last call
 */
export async function checkStatistics(
  { log, statistics }: Pick<Store, "log" | "statistics">,
  room: RoomKey,
  signal?: AbortSignal,
  onEvents: (count: number) => void = () => {},
): Promise<readonly Finding[]> {
  const counted = await countedUpTo({ log, statistics }, room);
  const sums = new Map<string, Sum>();
  let lost = false;
  for (let after = 0; after < counted; ) {
    signal?.throwIfAborted();
    const page = await log.read(room, after, PAGE);
    lost ||= page.removed !== undefined;
    for (const event of page.events) {
      if (event.seq > counted) break;
      const key = event.sessionId ?? "";
      const sum = sums.get(key) ?? { events: 0, units: 0, diamonds: 0n, lost };
      sums.set(key, sum);
      sum.events++;
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
  return [...sums].flatMap(([sessionId, sum]) => compare(room, sessionId, sum, kept.get(sessionId), head - counted));
}

/** @param lag events of the room that are not yet counted; a broadcast that has more to come is being counted again */
function compare(room: RoomKey, sessionId: string, sum: Sum, kept: SessionStatistics | undefined, lag: number): readonly Finding[] {
  if (kept === undefined) return [{ kind: "statistics", room, sessionId, what: "events", log: String(sum.events), counted: "0" }];
  const { tally, partial, behind } = kept;
  if (behind > lag) return [];
  const events = Object.values(tally.types).reduce((all, count) => all + count, 0);
  const pairs = [
    ["events", BigInt(sum.events), BigInt(events)],
    ["units", BigInt(sum.units), BigInt(tally.units)],
    ["diamonds", sum.diamonds, tally.diamonds],
  ] as const;
  const wrong = pairs.filter(([, log, counted]) => (sum.lost || partial ? counted < log : counted !== log));
  return wrong.map(([what, log, counted]) => ({ kind: "statistics", room, sessionId, what, log: String(log), counted: String(counted) }));
}

/** The seq up to which a room is counted; 0 while its broadcasts are counted anew, or when it is too busy to say. */
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
