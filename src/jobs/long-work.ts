import { completeErasure, type EraseReport, type ErasureFound, eraseUser, findPerson, overwriteResidue } from "../erasure/erase.js";
import type { Erasure } from "../erasure/everywhere.js";
import { type Identity, namedIn } from "../erasure/identity.js";
import { lateErasures } from "../erasure/late.js";
import { countsOf, type LoadedCounts, loadFile } from "../ingest/load-file.js";
import { recordingsOf, redecode } from "../ingest/redecode.js";
import { Drift, type DriftCounts } from "../platform/wire/drift.js";
import { type Deleted, removeDeletedRaw, runDeletion } from "../retention/deletion.js";
import { RetentionScheduler, type RetentionSchedulerDeps } from "../retention/scheduler.js";
import { breathe, systemClock } from "../runtime/clock.js";
import { type SentError, sentError } from "../runtime/errors.js";
import { eraseAllRaw } from "../sources/raw/erase-all.js";
import { rawFiles, rawRooms, removeRaw, seeRaw } from "../sources/raw/files.js";
import { advance, keepUpToDate } from "../statistics/reader.js";
import type { Vocabulary } from "../statistics/words.js";
import type { RoomKey } from "../store/log.js";
import { type KeepSettings, keepNow, serverLimits } from "../store/server-limits.js";
import type { Deletion } from "../store/sql/deletions.js";
import type { Store } from "../store/store.js";

/** Tasks of long work on what is kept, by name: what each is asked with, tells, and gives. Folders are of all raw recordings. */
export interface Tasks {
  /** Finds who would be erased, and erases nothing; null when nobody is known so. */
  readonly find: TaskTypes<{ readonly user: string }, ErasureFound | null>;
  /** Takes a person out of the log and what is made of it. */
  readonly erase: TaskTypes<{ readonly user: string; readonly keep: boolean }, EraseReport>;
  /** Ends an erasure that was broken off when only what it left in the file was still to be overwritten. */
  readonly overwrite: TaskTypes<{ readonly note: string }, null>;
  /** Takes a person out of what was recorded. */
  readonly eraseRaw: TaskTypes<{ readonly folder: string; readonly identity: Identity }, Erasure["recordings"]>;
  /** Removes what is kept of a room or broadcast that was deleted. */
  readonly delete: TaskTypes<
    { readonly folder: string; readonly deletion: Deletion },
    Deleted & { readonly recordings: { readonly files: number; readonly bytes: number } }
  >;
  /** Decodes a room's recordings again, or those of one broadcast. */
  readonly redecode: TaskTypes<{ readonly folder: string; readonly room: RoomKey; readonly sessionId: string | null }, RedecodeResult>;
  /** Brings a file of captured bytes into the store. */
  readonly import: TaskTypes<{ readonly file: string }, ImportResult>;
}

/** Types of a task. */
interface TaskTypes<A, R> {
  readonly ask: A;
  readonly news: JobProgress;
  readonly answer: R;
}

interface JobProgress {
  /** Name of what is done now, in a few words. */
  readonly what: string;
  readonly count: number;
}

interface RedecodeResult extends Awaited<ReturnType<typeof redecode>> {
  /** Events that the store refused. */
  readonly refused: number;
  readonly drift: DriftCounts;
}

/** What came of a file. */
interface ImportResult {
  readonly broadcasts: readonly LoadedCounts[];
  /** Events that the store refused. */
  readonly refused: number;
  readonly drift: DriftCounts;
}

/** Loops that go on until they are aborted, by name. */
export interface Loops {
  /** Keeps statistics and search index up to date. */
  readonly derived: LoopTypes<null>;
  /** Removes what is beyond its limits; `folder` is of all raw recordings, `started` are the settings that the server was started with. */
  readonly retention: LoopTypes<Pick<RetentionSchedulerDeps, "what"> & { readonly folder: string; readonly started: KeepSettings }>;
}

/** Types of a loop. */
interface LoopTypes<A> {
  readonly ask: A;
  readonly news: LoopNews;
  readonly answer: null;
}

/** News of a loop: why it failed; or what the retention doubts, or has removed. */
type LoopNews =
  /** It tries again by itself. */
  | { readonly failed: SentError }
  | { readonly doubt: string }
  | { readonly removed: { readonly room: RoomKey; readonly files: number; readonly bytes: number } };

/** Long work of each name: tells how it fares, and ends when the signal aborts. */
type Work<T extends { readonly [K in keyof T]: { readonly ask: unknown; readonly news: unknown; readonly answer: unknown } }> = {
  readonly [K in keyof T]: (ask: T[K]["ask"], tell: (news: T[K]["news"]) => void, signal: AbortSignal) => Promise<T[K]["answer"]>;
};

/** Returns the long work on a store: tasks, which come to an end, and loops, which go on until they are aborted. */
export function longWorkOn(store: Store, vocabulary: Vocabulary): { readonly task: Work<Tasks>; readonly loop: Work<Loops> } {
  return { task: tasksOn(store, vocabulary), loop: loopsOn(store, vocabulary) };
}

/** Returns the tasks on a store. */
function tasksOn(store: Store, vocabulary: Vocabulary): Work<Tasks> {
  return {
    find: ({ user }, tell, signal) => findPerson(store, { user, signal, onProgress: turnsOf(tell) }),
    erase: async (ask, tell, signal) => {
      const onProgress = turnsOf(tell);
      const report = await eraseUser(store, { ...ask, signal, onProgress });
      await completeErasure(store, { ...report, vocabulary, signal, onProgress });
      return report;
    },
    overwrite: async ({ note }, tell, signal) => {
      await overwriteResidue(store, note, signal, turnsOf(tell));
      return null;
    },
    eraseRaw: ({ folder, identity }, tell, signal) => {
      const turn = turnsOf(tell);
      let parts = 0;
      const onPart = () => turn("reading raw recordings", ++parts);
      return eraseAllRaw(folder, systemClock, { named: namedIn(identity), signal, onPart });
    },
    delete: async ({ folder, deletion }, tell, signal) => {
      const turn = turnsOf(tell);
      const onProgress = (events: number) => turn("removing events", events);
      const deleted = await runDeletion(store, deletion, () => systemClock.now(), { signal, onProgress });
      const files = (room: RoomKey) => rawFiles(folder, room);
      return { ...deleted, recordings: await removeDeletedRaw({ files, remove: removeRaw }, [deletion]) };
    },
    redecode: async ({ folder, room, sessionId }, tell, signal) => {
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
    import: async ({ file }, tell, signal) => {
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

/** Returns what tells how far some work is, and then lets others have their turn. */
function turnsOf(tell: (progress: JobProgress) => void): (what: string, count: number) => Promise<void> {
  return (what, count) => {
    tell({ what, count });
    return breathe();
  };
}

/** Returns the loops on a store. */
function loopsOn(store: Store, vocabulary: Vocabulary): Work<Loops> {
  return {
    derived: async (_ask, tell, signal) => {
      const step = async () => {
        const more = await advance(store, vocabulary);
        await breathe();
        return more;
      };
      await keepUpToDate(step, systemClock, (error) => tell({ failed: sentError(error) }), signal);
      return null;
    },
    retention: async ({ folder, started, what }, tell, signal) => {
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
      return null;
    },
  };
}
