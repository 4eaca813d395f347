import { catchUp } from "../statistics/advance.js";
import type { Vocabulary } from "../statistics/words.js";
import type { RoomKey } from "../store/log.js";
import type { Store } from "../store/store.js";

type Deps = Pick<Store, "log" | "statistics" | "residue">;

/** Callback that is told what is done now, and how much of it; the work goes on when it resolves. */
type OnProgress = (what: string, count: number) => void | Promise<void>;

/** Work that is still to be done when people were taken out of all events. */
export interface Completion {
  /** Note of the last of them. */
  readonly note: string;
  /** Rooms in which events were changed. */
  readonly rooms: readonly RoomKey[];
  readonly vocabulary: Vocabulary;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/**
 * Ends one or more erasures: counts the statistics of the rooms again, so that nothing of the old ones is kept, and overwrites what is left in the
 * store's file.
 * @throws DyliveError in_use when somebody reads an old state of the file for too long; what is left is then overwritten at the next start
 */
export async function completeErasure(store: Deps, { note, rooms, vocabulary, signal, onProgress = () => {} }: Completion): Promise<void> {
  let steps = 0;
  for (const room of new Set(rooms)) {
    // Each step is some 10 ms; between them others have their turn.
    const onStep = () => onProgress("counting the statistics again", ++steps);
    await catchUp(store, vocabulary, { room, onStep, ...(signal && { signal }) });
  }
  await store.residue.settle(note);
  await overwriteResidue(store, note, signal, onProgress);
}

/** Overwrites what is left in the store's file of what is no longer kept, and takes the erasure's note away. @throws DyliveError in_use */
export async function overwriteResidue(
  { residue }: Pick<Store, "residue">,
  note: string,
  signal?: AbortSignal,
  onProgress: OnProgress = () => {},
): Promise<void> {
  for (let wiped = await residue.wipe(0); wiped !== null; wiped = await residue.wipe(wiped.pages)) {
    signal?.throwIfAborted();
    await onProgress("overwriting what is left in the file, pages", wiped.pages);
  }
  await residue.end(note);
}
