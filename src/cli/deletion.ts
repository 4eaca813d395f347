import { resolve } from "node:path";
import type { Config } from "../app/config.js";
import { deletionLeaves } from "../erasure/everywhere.js";
import { assertTyped } from "../erasure/identity.js";
import { confirmationOf } from "../events/hidden.js";
import { removeDeletedRaw, runDeletion } from "../retention/deletion.js";
import { systemClock } from "../runtime/clock.js";
import { type Told, told, toldOf } from "../runtime/told.js";
import { rawFiles, rawFolder, removeRaw } from "../sources/raw/files.js";
import { closeRecordings } from "../sources/raw/pack.js";
import { isDataDirLocked } from "../store/lock.js";
import type { Deletion } from "../store/sql/deletions.js";
import type { Store } from "../store/store.js";
import { askOnTerminal, inWords, ProgressLine, print } from "./terminal.js";

/**
 * Asks on the terminal for the name of what is about to be deleted.
 * @param what says what that is @param names what it is called @param isSure whether nobody is asked
 * @throws DyliveError not_confirmed
 */
export async function confirmDeletion(what: Told, names: readonly (string | null)[], isSure: boolean, signal: AbortSignal): Promise<void> {
  if (isSure) return;
  const question = told`This cannot be undone. Type ${confirmationOf(names).ask} to delete it: `;
  assertTyped(await askOnTerminal([what, question].map(inWords).join("\n"), signal), names);
}

/** Removes what is kept of what was deleted, and says what was not reached. A server goes on with it where this is interrupted. */
export async function deleteKept(config: Config, store: Store, deletion: Deletion, signal: AbortSignal): Promise<void> {
  const folder = rawFolder(resolve(config.data));
  const progress = new ProgressLine("delete", told`events`);
  const onProgress = (events: number) => progress.show(events);
  const { events, sessions } = await runDeletion(store, deletion, () => systemClock.now(), { signal, onProgress });
  await closeRecordings(folder, () => isDataDirLocked(config.data), systemClock, signal);
  const recordings = await removeDeletedRaw({ files: (room) => rawFiles(folder, room), remove: removeRaw }, [deletion]);
  progress.end(told`done`);
  await print(told`deleted: ${events} events, statistics of ${sessions} broadcasts, ${recordings.files} raw recordings`);
  await print(told`not reached:`);
  for (const line of deletionLeaves(config.data, config.databaseUrl !== null)) await print(told`- ${toldOf(line)}`);
}
