import type { LiveEvent } from "../events/event.js";
import { yieldToEventLoop } from "../runtime/clock.js";
import type { LogPage, Page, RoomKey } from "../store/log.js";
import type { Limits, LimitsOf } from "../store/sql/retention.js";
import type { Store } from "../store/store.js";
import type { StoredEvent } from "../store/stored-event.js";

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
/** Events of one step of all rooms: each is on pages with those of other rooms, which are written once for all of them. */
const FRONT_EVENTS = 1_000;

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

/**
 * Removes some of the oldest events from the front of the log.
 * @param maxAgeMs null: whatever their age, since the store as a whole is too big
 * @param after position before which there are none
 * @param rooms the rooms that they may be of; undefined is all
 * @param now ms UTC
 * @returns the position up to which they went; null when none did
 */
export async function frontStep(
  store: Pick<Deps, "log" | "retention">,
  maxAgeMs: number | null,
  after: number,
  rooms: ReadonlySet<RoomKey> | undefined,
  now: number,
): Promise<number | null> {
  const read: Read = (from, limit) => store.log.read(from, limit, rooms && { rooms });
  const gone = await oldestWhile(read, after, FRONT_EVENTS, now, (event) => maxAgeMs === null || event.receivedAt < now - maxAgeMs);
  const byRoom = new Map<RoomKey, LiveEvent[]>();
  for (const { room, event } of gone) {
    const own = byRoom.get(room);
    if (own === undefined) byRoom.set(room, [event]);
    else own.push(event);
  }
  // At once, so that they share a transaction.
  await Promise.all([...byRoom].map(([room, events]) => remove(store, room, events, now)));
  return gone.at(-1)?.pos ?? null;
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
  const after = ((await store.log.heads([room])).get(room)?.oldest ?? 1) - 1;
  const gone = await oldestWhile((from, limit) => store.log.readRoom(room, from, limit), after, STEP_EVENTS, now, over);
  return remove(
    store,
    room,
    gone.map(({ event }) => event),
    now,
  );
}

/** Reads a page of a room, or of the whole log. */
type Read = (after: number, limit: number) => Promise<Page | LogPage>;

/**
 * Returns the oldest events, `most` of them, up to the first that stays. The time of receipt of an event that says a time yet to come is not known:
 * the log is in order of receipt, so it goes with the next one that goes.
 */
async function oldestWhile(
  read: Read,
  from: number,
  most: number,
  now: number,
  goes: (event: LiveEvent) => boolean,
): Promise<readonly StoredEvent[]> {
  const oldest: StoredEvent[] = [];
  let going = 0;
  for (let after = from; ; ) {
    const { rows, scanned, head } = await read(after, most);
    for (const row of rows) {
      if (oldest.length < most) oldest.push(row);
      if (goes(row.event)) going = oldest.length;
      else if (isBelieved(row.event, now)) return oldest.slice(0, going);
      if (going === most) return oldest;
    }
    if (scanned <= after || scanned >= head) return oldest.slice(0, going);
    after = scanned;
    await yieldToEventLoop(); // events of other rooms, or of an unknown time, of which there may be very many
  }
}

async function remove(
  { log, retention }: Pick<Deps, "log" | "retention">,
  room: RoomKey,
  events: readonly LiveEvent[],
  now: number,
): Promise<boolean> {
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
