import { eraseUser, findPerson } from "../erasure/erase.js";
import { type Identity, namedIn } from "../erasure/identity.js";
import { lateErasures } from "../erasure/late.js";
import { countsOf, loadFile } from "../ingest/load-file.js";
import { recordingsOf, redecode } from "../ingest/redecode.js";
import { Drift } from "../platform/wire/drift.js";
import { removeDeletedRaw, runDeletion } from "../retention/deletion.js";
import { RetentionScheduler, type RetentionSchedulerDeps } from "../retention/scheduler.js";
import { systemClock, yieldToEventLoop } from "../runtime/clock.js";
import { type SentError, sentError } from "../runtime/errors.js";
import { eraseAllRaw } from "../sources/raw/erase-all.js";
import { rawFiles, rawRooms, removeRaw, seeRaw } from "../sources/raw/files.js";
import { advance, catchUp, keepUpToDate } from "../statistics/reader.js";
import type { Vocabulary } from "../statistics/words.js";
import type { RoomKey } from "../store/log.js";
import { type KeepSettings, keepNow, serverLimits } from "../store/server-limits.js";
import type { Deletion } from "../store/sql/deletions.js";
import type { Store } from "../store/store.js";

/** Function that takes how far a task is: what is done now, in a few words, and how often. */
type OnProgress = (what: string, count: number) => void;

/** Function that takes news of a loop: why it failed; or what the retention doubts, or has removed. */
export type OnNews = (
  news: /** It tries again by itself. */
    | { readonly failed: SentError }
    | { readonly doubt: string }
    | { readonly removed: { readonly room: RoomKey; readonly files: number; readonly bytes: number } },
) => void;

/** Returns the tasks on a store, which come to an end or are ended by their signal. Folders are of all raw recordings. */
export function tasksOn(store: Store, vocabulary: Vocabulary) {
  return {
    /** Finds who would be erased, and erases nothing; null if the user is unknown. */
    find: (user: string, tell: OnProgress, signal: AbortSignal) => findPerson(store, { user, signal, onProgress: turnsOf(tell) }),
    /** Takes a person out of the log and what is made of it. */
    erase: async (ask: { readonly user: string; readonly keep: boolean }, tell: OnProgress, signal: AbortSignal) => {
      const onProgress = turnsOf(tell);
      const report = await eraseUser(store, { ...ask, signal, onProgress });
      // Nothing that was counted of them stays.
      let steps = 0;
      await catchUp(store, vocabulary, { onStep: () => onProgress("counting the statistics again", ++steps), signal });
      return report;
    },
    /** Takes a person out of what was recorded. */
    eraseRaw: async (folder: string, identity: Identity, tell: OnProgress, signal: AbortSignal) => {
      const turn = turnsOf(tell);
      let parts = 0;
      const onPart = () => turn("reading raw recordings", ++parts);
      return eraseAllRaw(folder, { named: namedIn(identity), signal, onPart });
    },
    /** Removes what is kept of a room or broadcast that was deleted. */
    delete: async (folder: string, deletion: Deletion, tell: OnProgress, signal: AbortSignal) => {
      const turn = turnsOf(tell);
      const onProgress = (events: number) => turn("removing events", events);
      const deleted = await runDeletion(store, deletion, () => systemClock.now(), { signal, onProgress });
      const files = (room: RoomKey) => rawFiles(folder, room);
      return { ...deleted, recordings: await removeDeletedRaw({ files, remove: removeRaw }, [deletion]) };
    },
    /** Decodes a room's recordings again, or those of one broadcast. */
    redecode: async (folder: string, room: RoomKey, sessionId: string | null, tell: OnProgress, signal: AbortSignal) => {
      const turn = turnsOf(tell);
      let refused = 0;
      const drift = new Drift();
      const done = await redecode({
        ...{ store, room, signal, drift },
        files: await recordingsOf(folder, room, sessionId),
        clock: systemClock,
        erased: lateErasures(store),
        setAside: () => refused++,
        onProgress: (messages) => turn("decoding messages, each of them twice", messages),
      });
      return { ...done, refused, drift: drift.toJSON() };
    },
    /** Brings a file of captured bytes into the store. */
    import: async (file: string, tell: OnProgress, signal: AbortSignal) => {
      const turn = turnsOf(tell);
      let refused = 0;
      const loaded = await loadFile(file, {
        ...{ store, clock: systemClock, signal, readFirst: true, erased: lateErasures(store) },
        setAside: () => refused++,
        onBatch: ({ messages }) => turn("messages", messages),
      });
      return { broadcasts: loaded.map(countsOf), refused, drift: (loaded[0]?.drift ?? new Drift()).toJSON() };
    },
  };
}

/** Returns a function that reports progress and then yields to the event loop. */
function turnsOf(tell: OnProgress): (what: string, count: number) => Promise<void> {
  return (what, count) => {
    tell(what, count);
    return yieldToEventLoop();
  };
}

/** Returns the loops on a store, which go on until their signal aborts. */
export function loopsOn(store: Store, vocabulary: Vocabulary) {
  return {
    /** Keeps statistics and search index up to date. */
    derived: async (tell: OnNews, signal: AbortSignal) => {
      const step = async () => {
        const more = await advance(store, vocabulary);
        await yieldToEventLoop();
        return more;
      };
      await keepUpToDate(step, systemClock, (error) => tell({ failed: sentError(error) }), signal);
    },
    /** Removes what is beyond its limits; `started` are the settings that the server was started with. */
    retention: async (
      { folder, started, what }: Pick<RetentionSchedulerDeps, "what"> & { readonly folder: string; readonly started: KeepSettings },
      tell: OnNews,
      signal: AbortSignal,
    ) => {
      const scheduler = new RetentionScheduler({
        what,
        limits: async () => serverLimits(keepNow(started, await store.settings.changed())),
        store,
        raw: { rooms: () => rawRooms(folder), files: (room) => rawFiles(folder, room), remove: removeRaw, seen: seeRaw },
        clock: systemClock,
        onRawRemoved: (room, files, bytes) => tell({ removed: { room, files, bytes } }),
        onDoubt: (doubt) => tell({ doubt }),
        onError: (error) => tell({ failed: sentError(error) }),
      });
      await scheduler.run(signal);
    },
  };
}
