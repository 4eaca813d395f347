import type { LiveEvent } from "../../events/event.js";
import type { RoomKey } from "../../log/log.js";
import type { Limits, LimitsOf } from "../../log/retention.js";
import type { Store } from "../../log/store.js";

/** Events of one step: deleting them holds the write lock for some 20 ms. */
const STEP_EVENTS = 500;
/** A page ends where something was removed: between days that were dropped there may be single events. */
const STEP_PAGES = 20;

type Parts = Pick<Store, "log" | "retention" | "statistics">;

/**
 * Removes some of what a room keeps beyond its limits, oldest first. What is made from events outlives them.
 * @param now ms UTC
 * @returns whether there may be more
 */
export async function retainStep(store: Parts, room: RoomKey, { events, statistics }: LimitsOf, now: number): Promise<boolean> {
  if (statistics.maxAgeMs !== null && (await store.statistics.expire(room, now - statistics.maxAgeMs))) return true;
  return removeStep(store, room, events, now);
}

/** Removes the oldest events of a room whatever their age: the store as a whole is too big. @returns whether there were any */
export async function shedStep(store: Parts, room: RoomKey): Promise<boolean> {
  return remove(store, room, await oldestWhile(store, room, () => true));
}

async function removeStep(store: Parts, room: RoomKey, { maxAgeMs, maxBytes }: Limits, now: number): Promise<boolean> {
  const excess = maxBytes === null ? 0 : (await store.retention.size(room)) - maxBytes;
  if (maxAgeMs === null && excess <= 0) return false;
  let bytes = 0;
  const over = (event: LiveEvent) => {
    const tooOld = maxAgeMs !== null && event.receivedAt < now - maxAgeMs;
    const tooMuch = bytes < excess;
    bytes += Buffer.byteLength(JSON.stringify(event));
    return tooOld || tooMuch;
  };
  return remove(store, room, await oldestWhile(store, room, over));
}

/** The oldest events, up to the first that stays. */
async function oldestWhile({ log }: Parts, room: RoomKey, goes: (event: LiveEvent) => boolean): Promise<readonly LiveEvent[]> {
  const oldest: LiveEvent[] = [];
  let after = ((await log.heads([room])).get(room)?.oldest ?? 1) - 1;
  for (let pages = 0; pages < STEP_PAGES && oldest.length < STEP_EVENTS; pages++) {
    const { events, scanned, head } = await log.read(room, after, STEP_EVENTS - oldest.length);
    const stays = events.findIndex((event) => !goes(event));
    oldest.push(...(stays < 0 ? events : events.slice(0, stays)));
    if (stays >= 0 || scanned <= after || scanned >= head) break;
    after = scanned;
  }
  return oldest;
}

async function remove({ log, retention }: Parts, room: RoomKey, events: readonly LiveEvent[]): Promise<boolean> {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return false;
  // Before they go: a message that comes again in between is still known by its id.
  await retention.setHorizon(room, Math.max(...events.map(({ time }) => time)));
  await log.remove(room, first.seq, last.seq, "retention");
  return true;
}
