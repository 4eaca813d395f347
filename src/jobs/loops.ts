import { breathe } from "../feed/tail.js";
import { RetentionScheduler, type RetentionSchedulerDeps } from "../retention/scheduler.js";
import { systemClock } from "../runtime/clock.js";
import { type SentError, sentError } from "../runtime/errors.js";
import { rawFiles, rawRooms, removeRaw } from "../sources/raw/files.js";
import { advance, keepUpToDate } from "../statistics/reader.js";
import type { Vocabulary } from "../statistics/words.js";
import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";
import type { Work } from "./tasks.js";

/** Loops that go on until they are aborted, by name. */
export interface Loops {
  /** Counts what is new in all rooms. */
  readonly statistics: LoopTypes<null>;
  /** Indexes what is new in all rooms for search. */
  readonly search: LoopTypes<null>;
  /** Removes what is beyond its limits; `folder` is of all raw recordings. */
  readonly retention: LoopTypes<Pick<RetentionSchedulerDeps, "what" | "limits" | "maxStoreBytes"> & { readonly folder: string }>;
}

/** Types of a loop. */
interface LoopTypes<A> {
  readonly ask: A;
  readonly news: LoopNews;
  readonly answer: null;
}

/** News of a loop: events of all rooms that are still to be looked at; or what the retention doubts, or has removed. */
type LoopNews =
  /** It tries again by itself. */
  | { readonly failed: SentError }
  | { readonly behind: number }
  | { readonly doubt: string }
  | { readonly removed: { readonly room: RoomKey; readonly files: number; readonly bytes: number } };

/** Returns the loops on a store. */
export function loopsOn(store: Store, vocabulary: () => Promise<Vocabulary>): Work<Loops> {
  return {
    statistics: async (_ask, tell, signal) => {
      const step = async (room: RoomKey) => advance(store, room, await vocabulary());
      await keepUpToDate({ progress: () => store.statistics.progress(), step: inTurns(step), ...readerNews(tell) }, signal);
      return null;
    },
    search: async (_ask, tell, signal) => {
      const step = (room: RoomKey) => store.search.advance(room);
      await keepUpToDate({ progress: () => store.search.progress(), step: inTurns(step), ...readerNews(tell) }, signal);
      return null;
    },
    retention: async ({ folder, ...limits }, tell, signal) => {
      const scheduler = new RetentionScheduler({
        ...limits,
        store,
        raw: { rooms: () => rawRooms(folder), files: (room) => rawFiles(folder, room), remove: removeRaw },
        clock: systemClock,
        onRawRemoved: (room, files, bytes) => tell({ removed: { room, files, bytes } }),
        onDoubt: (doubt) => tell({ doubt }),
        onError: (error) => tell({ failed: sentError(error) }),
      });
      await scheduler.run(signal);
      return null;
    },
  };
}

function readerNews(tell: (news: LoopNews) => void) {
  return {
    clock: systemClock,
    onBehind: (behind: number) => tell({ behind }),
    onError: (error: unknown) => tell({ failed: sentError(error) }),
  };
}

/** Lets others have their turn after each step: an embedded store answers within one. */
function inTurns(step: (room: RoomKey) => Promise<boolean>): (room: RoomKey) => Promise<boolean> {
  return async (room) => {
    const more = await step(room);
    await breathe();
    return more;
  };
}
