import { beyondLimits } from "../retention/raw.js";
import { rawFiles } from "../sources/raw/files.js";
import type { RoomKey } from "../store/log.js";
import type { Limits, LimitsOf } from "../store/retention.js";
import type { Store } from "../store/store.js";
import { moment } from "./columns.js";

/** Amounts of a kind that are kept now, and that are beyond its limits; null where it is not told. */
interface RetainedNow {
  readonly now: string | null;
  readonly beyond: string | null;
}

/** Returns what is kept of a room now. @param folder of all raw recordings @param now ms UTC */
export async function retainedOf(
  store: Store,
  folder: string,
  room: RoomKey,
  limits: LimitsOf,
  now: number,
): Promise<Readonly<Record<keyof LimitsOf, RetainedNow>>> {
  return {
    events: await eventsOf(store, room, limits.events, now),
    statistics: { now: null, beyond: null },
    raw: await rawOf(folder, room, limits.raw, now),
  };
}

async function eventsOf({ log, retention }: Store, room: RoomKey, { maxAgeMs, maxBytes }: Limits, now: number): Promise<RetainedNow> {
  const { oldest = 1 } = (await log.heads([room])).get(room) ?? {};
  const first = (await log.read(room, oldest - 1, 1)).events[0];
  if (first === undefined) return { now: "nothing", beyond: "nothing" };
  const bytes = await retention.size(room);
  const parts = [
    ...(maxBytes !== null && bytes > maxBytes ? [megabytes(bytes - maxBytes)] : []),
    ...(maxAgeMs !== null && first.receivedAt < now - maxAgeMs ? [`what came before ${moment(now - maxAgeMs)}`] : []),
  ];
  return { now: `${megabytes(bytes)} since ${moment(first.receivedAt)}`, beyond: parts.length === 0 ? "nothing" : parts.join(" and ") };
}

async function rawOf(folder: string, room: RoomKey, limits: Limits, now: number): Promise<RetainedNow> {
  const files = await rawFiles(folder, room);
  const [first] = files;
  if (first === undefined) return { now: "nothing", beyond: "nothing" };
  const told = (some: readonly { readonly bytes: number }[]) =>
    some.length === 0 ? "nothing" : `${some.length} files, ${megabytes(some.reduce((sum, { bytes }) => sum + bytes, 0))}`;
  return { now: `${told(files)} since ${moment(first.startedAt)}`, beyond: told(beyondLimits(files, limits, now)) };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
