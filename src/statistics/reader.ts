import type { Clock } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";
import type { Statistics } from "../store/sql/statistics.js";
import type { Store } from "../store/store.js";
import { fold } from "./fold.js";
import type { Vocabulary } from "./words.js";

/** Events of one step: reading and adding up takes 6 ms of a CPU, and their rows hold the write lock for another 5 and a sync of the disk. */
const STEP_EVENTS = 500;

/**
 * Counts the next events of a room: reads them, adds them up, and commits what they add together with how far it came. When it is broken off
 * anywhere, or overtaken by another process, nothing of it was done.
 * @returns whether there may be more to do
 */
export async function advance(
  { log, statistics }: Pick<Store, "log" | "statistics">,
  room: RoomKey,
  vocabulary: Vocabulary,
): Promise<boolean> {
  const task = await statistics.task(room);
  if (task === null) return statistics.sweep(room);
  const page = await log.readRoom(room, task.after, STEP_EVENTS, task.sessionId === null ? {} : whereOf(task.sessionId));
  const events = page.events.filter(
    ({ seq, sessionId }) => seq <= task.until && (task.sessionId === null || (sessionId ?? "") === task.sessionId),
  );
  const scanned = Math.min(page.scanned, task.until);
  const removed = page.removed === undefined ? {} : { removed: page.removed };
  await statistics.commit({ task, scanned, ...removed, delta: fold(events, vocabulary) });
  return true;
}

/** Events of no broadcast cannot be asked for by it. */
function whereOf(sessionId: string): { sessionId?: string } {
  return sessionId === "" ? {} : { sessionId };
}

/** Counts everything that is new in a room, or in all rooms. @param onStep told after each step */
export async function catchUp(
  store: Pick<Store, "log" | "statistics">,
  vocabulary: Vocabulary,
  { room, signal, onStep }: { readonly room?: RoomKey; readonly signal?: AbortSignal; readonly onStep?: () => void | Promise<void> } = {},
): Promise<void> {
  const rooms = room === undefined ? (await store.statistics.progress()).map((one) => one.room) : [room];
  for (const one of rooms) {
    while (await advance(store, one, vocabulary)) {
      signal?.throwIfAborted();
      await onStep?.();
    }
  }
}

/** Shortest time between looks at what is new, in ms: a look is one small query, and figures of a minute ago would do. */
const PAUSE_MS = 2000;
/** Longest time between them, in ms. */
const LONGEST_PAUSE_MS = 20_000;
/**
 * Times as long as the work took that is paused after it: many rooms with a few events each would have a commit for every few, all the time,
 * where later one does for many.
 */
const PAUSES = 3;
/** Steps of one room before the others have their turn: a room that is counted for the first time may take minutes. */
const TURN_STEPS = 20;
/** Most rooms that have their turn together, and most events that they may be behind in all: what they commit at once shares a sync of the disk. */
const TOGETHER = { rooms: 16, events: STEP_EVENTS };

/** Dependencies of {@link keepUpToDate}. */
interface ReaderDeps {
  /** Returns the rooms with something to do. */
  readonly progress: Statistics["progress"];
  /** Does the next step of a room, as {@link advance}. @returns whether there may be more to do */
  readonly step: (room: RoomKey) => Promise<boolean>;
  readonly clock: Clock;
  /** Told when the number of events of all rooms that are still to be looked at is another than at the look before. */
  readonly onBehind: (events: number) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Keeps what is made of the events of all rooms up to date until the signal aborts; ends after the step that is under way. Also sees what
 * other processes append, replace and reset.
 */
export async function keepUpToDate(deps: ReaderDeps, signal: AbortSignal): Promise<void> {
  const { progress, step, clock, onBehind, onError } = deps;
  let behind = 0;
  // Rooms whose last turn failed, longest ago first. They come last: a store that is down ends a round at once, and a broken room keeps no other from
  // its turn.
  const failed = new Set<RoomKey>();
  while (!signal.aborted) {
    // Whether a room had more to do than one turn takes.
    let more = false;
    const began = clock.now();
    try {
      const rooms = await progress();
      const now = rooms.reduce((sum, room) => sum + room.behind, 0);
      if (now !== behind) onBehind(now);
      behind = now;
      const turn = async (room: RoomKey) => {
        failed.delete(room);
        failed.add(room);
        let steps = 0;
        while (!signal.aborted && steps < TURN_STEPS && (await step(room))) steps++;
        if (steps === TURN_STEPS) more = true;
        failed.delete(room);
      };
      const turns = async (some: readonly RoomKey[]) => {
        for (const done of await Promise.allSettled(some.map(turn))) if (done.status === "rejected") throw done.reason;
      };
      const keys = new Set(rooms.map(({ room }) => room));
      const last = [...failed].filter((room) => keys.has(room));
      for (const some of together(rooms.filter(({ room }) => !failed.has(room)))) await turns(some);
      // One that fails again has all wait: not those with more to do.
      if (!more) for (const room of last) await turns([room]);
    } catch (error) {
      more = false;
      if (!signal.aborted) onError(error);
    }
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, PAUSES * (clock.now() - began)));
    if (!more) await clock.sleep(pause, signal).catch(() => {});
  }
}

/** Parts rooms into those that have their turn together; one that is far behind has its own. */
function* together(rooms: readonly { readonly room: RoomKey; readonly behind: number }[]): Generator<readonly RoomKey[], void> {
  let some: RoomKey[] = [];
  let events = 0;
  for (const { room, behind } of rooms) {
    if (some.length === TOGETHER.rooms || (some.length > 0 && events + behind > TOGETHER.events)) {
      yield some;
      some = [];
      events = 0;
    }
    some.push(room);
    events += behind;
  }
  if (some.length > 0) yield some;
}
