import type { RoomKey } from "../store/log.js";
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
  const page = await log.read(room, task.after, STEP_EVENTS, task.sessionId === null ? {} : whereOf(task.sessionId));
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
