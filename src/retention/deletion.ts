import { tellSystem } from "../store/log.js";
import type { Deletion } from "../store/sql/deletions.js";
import type { Store } from "../store/store.js";
import { DamagedEvent } from "../store/stored-event.js";
import { isBelieved, type RawRecordings } from "./step.js";

/** Events of one step: deleting them holds the write lock for some 20 ms. */
const STEP_EVENTS = 500;

/** Counts of what a deletion removed. */
export interface Deleted {
  readonly events: number;
  /** Broadcasts that statistics were kept of. */
  readonly sessions: number;
}

/** Options of {@link runDeletion}. */
interface DeletionOptions {
  readonly signal?: AbortSignal;
  /** Called with how many events were removed; the work goes on when it resolves. */
  readonly onProgress?: (events: number) => void | Promise<void>;
}

type Deps = Pick<Store, "log" | "retention" | "deletions">;

/**
 * Removes what the store keeps of a room or broadcast that was deleted, in small steps, and notes the end. What a process leaves that dies in
 * between, the next one finds: whatever was removed is found no more, and two that do it at once do no harm.
 */
export async function runDeletion(
  store: Deps,
  deletion: Deletion,
  now: () => number,
  { signal, onProgress = () => {} }: DeletionOptions = {},
): Promise<Deleted> {
  const { room, sessionId, n, sessions } = deletion;
  const events = await removeEvents(store, deletion, now, { onProgress, ...(signal && { signal }) });
  await tellSystem(
    store,
    sessionId === null
      ? { kind: "room.deleted", about: `${room}:${n}`, text: `room ${room} was deleted` }
      : {
          kind: "session.deleted",
          about: `${room}:${n}`,
          text: `broadcast ${sessionId} of room ${room} was deleted`,
        },
    now(),
  );
  await store.deletions.end(deletion);
  while (await store.retention.giveBack()) await onProgress(events);
  return { events, sessions };
}

/** Removes the events, and records that they were. @returns how many */
async function removeEvents(
  { log, retention }: Deps,
  { room, sessionId, until }: Deletion,
  now: () => number,
  { signal, onProgress = () => {} }: DeletionOptions,
): Promise<number> {
  let removed = 0;
  for (let after = 0; after < until; ) {
    signal?.throwIfAborted();
    const page = await log
      .readRoom(room, after, STEP_EVENTS, sessionId === null ? { deleted: true } : { sessionId, deleted: true })
      .catch((error: unknown) => {
        if (sessionId === null && error instanceof DamagedEvent) return error;
        throw error;
      });
    if (page instanceof DamagedEvent) {
      // All of a room goes, whether it can be read or not.
      await log.remove(room, after + 1, page.seq, "deleted");
      removed += page.seq - after;
      after = page.seq;
      continue;
    }
    const rows = page.rows.filter(({ seq }) => seq <= until);
    // Before they go, as where they grow old: a message that comes once more is not stored again. A room that is gone takes none.
    const times = sessionId === null ? [] : rows.map(({ event }) => event).filter((event) => isBelieved(event, now()));
    if (times.length > 0) await retention.setHorizon(room, Math.max(...times.map(({ time, receivedAt }) => Math.min(time, receivedAt))));
    for (const [from, to] of runsOf(rows.map(({ seq }) => seq))) await log.remove(room, from, to, "deleted");
    removed += rows.length;
    await onProgress(removed);
    if (page.scanned <= after) break;
    after = page.scanned;
  }
  return removed;
}

/** Returns the ranges of seqs that follow one another, both ends included. */
function runsOf(seqs: readonly number[]): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (const seq of seqs) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === seq) last[1] = seq;
    else runs.push([seq, seq]);
  }
  return runs;
}

/**
 * Removes the raw recordings of a room that were made of what was deleted; those that may be written to are left for the next time.
 * @returns how many files, and their bytes
 */
export async function removeDeletedRaw(
  raw: Pick<RawRecordings, "files" | "remove">,
  deletions: readonly Deletion[],
): Promise<{ readonly files: number; readonly bytes: number }> {
  const gone = { files: 0, bytes: 0 };
  const [first] = deletions;
  if (first === undefined) return gone;
  for (const file of await raw.files(first.room)) {
    const isOf = ({ sessionId, at }: Deletion) => file.startedAt <= at && (sessionId === null || sessionId === file.sessionId);
    if (file.open || !deletions.some(isOf)) continue;
    await raw.remove(file);
    gone.files++;
    gone.bytes += file.bytes;
  }
  return gone;
}
