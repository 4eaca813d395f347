import type { LiveEvent } from "../events/event.js";
import type { RoomKey } from "../store/log.js";
import type { Limits, LimitsOf } from "../store/sql/retention.js";
import type { Store } from "../store/store.js";

/** A file of raw frames, as far as its limits go. */
interface RawRecording {
  readonly path: string;
  /** room_id of the broadcast. */
  readonly sessionId: string;
  /** Time when its first frame was received, ms UTC. */
  readonly startedAt: number;
  /** Time when its last frame was received, or a while later; ms UTC. */
  readonly endedAt: number;
  /** Time when the file was written last, or was first seen with a time that was yet to come; ms UTC. */
  readonly writtenAt: number;
  readonly bytes: number;
  /** Whether it may be written to. */
  readonly open: boolean;
}

/** Raw recordings of all rooms. */
export interface RawRecordings {
  /** Rooms of which there are some, whether the log knows them or not. */
  rooms(): Promise<readonly RoomKey[]>;
  /** Returns those of a room, oldest first. */
  files(room: RoomKey): Promise<readonly RawRecording[]>;
  remove(file: RawRecording): Promise<void>;
  /** Notes that a file was seen whose times are yet to come: it was written by a clock that ran ahead. */
  seen(file: RawRecording, now: number): Promise<void>;
}

/**
 * Returns the recordings of a room that are beyond its limits, oldest first: those without a frame that is young enough, then the oldest
 * until the rest is small enough. One that may be written to is counted, and stays. One whose last frame is yet to come, by its name, is as
 * old as its file.
 * @param now ms UTC
 */
export function beyondLimits(files: readonly RawRecording[], { maxAgeMs, maxBytes }: Limits, now: number): readonly RawRecording[] {
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return files.filter((file) => {
    const endedAt = file.endedAt > now ? file.writtenAt : file.endedAt;
    const tooOld = maxAgeMs !== null && endedAt < now - maxAgeMs;
    const tooMuch = maxBytes !== null && bytes > maxBytes;
    if (file.open || !(tooOld || tooMuch)) return false;
    bytes -= file.bytes;
    return true;
  });
}

/** Bound on the difference between clocks that are set right, in ms. */
const AHEAD_MS = 86_400_000;

/** Whether an event may have been received when it says, by the clock of this machine, ms UTC. */
export function isBelieved({ receivedAt }: Pick<LiveEvent, "receivedAt">, now: number): boolean {
  return receivedAt <= now + AHEAD_MS;
}

/** Events of one step: deleting them holds the write lock for some 20 ms. */
const STEP_EVENTS = 500;
/** Most pages of one step. A page ends where something was removed: between days that were dropped there may be single events. */
const STEP_PAGES = 20;

type Deps = Pick<Store, "log" | "retention" | "statistics">;

/**
 * Removes some of what a room keeps beyond its limits, oldest first. What is made from events outlives them.
 * @param now ms UTC
 * @returns whether there may be more
 */
export async function retainStep(store: Deps, room: RoomKey, { events, statistics }: LimitsOf, now: number): Promise<boolean> {
  if (statistics.maxAgeMs !== null && (await store.statistics.expire(room, now - statistics.maxAgeMs, now))) return true;
  return removeStep(store, room, events, now);
}

/** Removes the oldest events of a room whatever their age: the store as a whole is too big. @param now ms UTC @returns whether there were any */
export async function shedStep(store: Deps, room: RoomKey, now: number): Promise<boolean> {
  return remove(store, room, await oldestWhile(store, room, now, () => true), now);
}

async function removeStep(store: Deps, room: RoomKey, { maxAgeMs, maxBytes }: Limits, now: number): Promise<boolean> {
  const excess = maxBytes === null ? 0 : (await store.retention.size(room)) - maxBytes;
  if (maxAgeMs === null && excess <= 0) return false;
  let bytes = 0;
  const over = (event: LiveEvent) => {
    const tooOld = maxAgeMs !== null && event.receivedAt < now - maxAgeMs;
    const tooMuch = bytes < excess;
    bytes += Buffer.byteLength(JSON.stringify(event));
    return tooOld || tooMuch;
  };
  return remove(store, room, await oldestWhile(store, room, now, over), now);
}

/**
 * Returns the oldest events, up to the first that stays. The time of receipt of an event that says a time yet to come is not known: the log
 * is in order of receipt, so it goes with the next one that goes.
 */
async function oldestWhile({ log }: Deps, room: RoomKey, now: number, goes: (event: LiveEvent) => boolean): Promise<readonly LiveEvent[]> {
  const seen: LiveEvent[] = [];
  let going = 0;
  let after = ((await log.heads([room])).get(room)?.oldest ?? 1) - 1;
  for (let pages = 0; pages < STEP_PAGES && going < STEP_EVENTS; pages++) {
    const { events, scanned, head } = await log.readRoom(room, after, STEP_EVENTS - going);
    for (const event of events) {
      seen.push(event);
      if (goes(event)) going = seen.length;
      else if (isBelieved(event, now)) return seen.slice(0, Math.min(going, STEP_EVENTS));
    }
    if (scanned <= after || scanned >= head) return seen.slice(0, Math.min(going, STEP_EVENTS));
    after = scanned;
  }
  if (going === 0 && (await goesLater(log, room, after, now, goes))) going = seen.length;
  return seen.slice(0, Math.min(going, STEP_EVENTS));
}

/** Whether an event goes that came after a long run of events whose time of receipt nobody knows. Looks further and further on. */
async function goesLater(
  log: Deps["log"],
  room: RoomKey,
  from: number,
  now: number,
  goes: (event: LiveEvent) => boolean,
): Promise<boolean> {
  for (let step = STEP_EVENTS, head = Number.POSITIVE_INFINITY; from + step <= head; step *= 2) {
    const page = await log.readRoom(room, from + step - 1, 1);
    const [event] = page.events;
    if (event !== undefined && isBelieved(event, now)) return goes(event);
    head = page.head;
  }
  const [newest] = (await log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, 1)).events;
  return newest !== undefined && isBelieved(newest, now) && goes(newest);
}

async function remove({ log, retention }: Deps, room: RoomKey, events: readonly LiveEvent[], now: number): Promise<boolean> {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return false;
  // Before they go: a message that comes again in between is still known by its id. Nothing happened after it was received, whatever it says: a
  // horizon that is yet to come would refuse every message.
  const times = events.filter((event) => isBelieved(event, now)).map(({ time, receivedAt }) => Math.min(time, receivedAt));
  if (times.length > 0) await retention.setHorizon(room, Math.max(...times));
  await log.remove(room, first.seq, last.seq, "retention");
  return true;
}
