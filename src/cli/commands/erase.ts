import { resolve } from "node:path";
import type { Command, Option } from "commander";
import { type Config, downloadsOf, loadConfig } from "../../app/config.js";
import { completeErasure, type EraseReport, eraseUser } from "../../erasure/erase.js";
import { type Erasure, eraseEverywhere, unreached } from "../../erasure/everywhere.js";
import { assertPerson, namedIn } from "../../erasure/identity.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { eraseAllRaw } from "../../sources/raw/erase-all.js";
import { rawFolder } from "../../sources/raw/files.js";
import { closeRecordings } from "../../sources/raw/pack.js";
import { openVocabulary } from "../../statistics/words.js";
import { isDataDirLocked } from "../../store/lock.js";
import type { Store } from "../../store/store.js";
import { DownloadStorage, removeFiles } from "../../works/download-storage.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, plain, print } from "../terminal.js";
import { withStore } from "../with-store.js";

/** Adds `dylive erase-user`. @param data makes the option that names the data folder */
export function addEraseCommand(program: Command, data: () => Option): void {
  program
    .command("erase-user")
    .description("take people out of everything that is kept")
    .argument("<user...>", "of each: their id (uid), sec_uid, visible number or nickname")
    .option("--pseudonym", "keep what they did, under a name that says nothing", false)
    .addOption(data())
    .action((users: string[], { pseudonym, ...settings }: Partial<Config> & { pseudonym: boolean }) =>
      erase(loadConfig(settings), users, pseudonym),
    );
}

function erase(config: Config, users: readonly string[], keep: boolean): Promise<void> {
  // All of them, before anybody is erased.
  for (const user of users) assertPerson(user);
  const signal = interruptSignal();
  return withStore(config, async (store) => {
    const folder = rawFolder(resolve(config.data));
    const storage = new DownloadStorage(downloadsOf(config).folder);
    const reports: EraseReport[] = [];
    let rotated = false;
    const eraseOne = (user: string) =>
      eraseEverywhere(user, {
        log: async () => {
          const progress = new ProgressLine("erase-user", "events");
          const onProgress = (_what: string, events: number) => progress.show(events);
          const report = await eraseUser(store, { user, keep, signal, onProgress });
          reports.push(report);
          return report;
        },
        recordings: async (identity) => {
          if (!rotated) await closeRecordings(folder, isDataDirLocked(config.data), systemClock, signal);
          rotated = true;
          const read = new ProgressLine("erase-user", "parts of raw recordings");
          let parts = 0;
          return eraseAllRaw(folder, { named: namedIn(identity), signal, onPart: () => read.show(++parts) });
        },
        files: () => removeFiles(store.downloads, storage),
      });
    const unknown: string[] = [];
    try {
      for (const user of users) {
        const done = await eraseOne(user).catch((error: unknown) => {
          // The others are no less to be erased for it.
          if (users.length === 1 || !(error instanceof DyliveError && error.code === "not_found")) throw error;
          unknown.push(user);
          return null;
        });
        if (done === null) continue;
        for (const line of linesOf(done, keep)) await print(plain(line));
        await print("not reached:");
        for (const line of unreached(config.data, done, config.databaseUrl !== null)) await print(plain(`- ${line}`));
      }
    } finally {
      // Also of those before an error.
      await complete(store, reports, signal);
    }
    if (unknown.length > 0)
      throw new DyliveError(
        "not_found",
        `nobody is known as ${unknown.map((user) => `"${user}"`).join(", ")}; all others that were named are erased`,
      );
  });
}

/** Counts again and overwrites what several people left, once for all of them. */
async function complete(store: Store, reports: readonly EraseReport[], signal: AbortSignal): Promise<void> {
  const note = reports.at(-1)?.note;
  if (note === undefined) return;
  const counting = new ProgressLine("erase-user", "counting steps and file pages looked through");
  const onProgress = (_what: string, count: number) => counting.show(count);
  const rooms = reports.flatMap((report) => report.rooms);
  await completeErasure(store, { note, rooms, vocabulary: await openVocabulary(), signal, onProgress });
  counting.end("done");
}

function linesOf({ identity, pseudonym, erased, dropped, changed, kept, recordings, works }: Erasure, keep: boolean): readonly string[] {
  const { ids, secUids, displayIds, webcastUids, nicknames } = identity;
  const { files, messages, frames } = recordings;
  return [
    `known as: ${[...ids, ...secUids, ...displayIds, ...webcastUids, ...nicknames].join(", ")}`,
    ...(keep && pseudonym !== "" ? [`shown as ${pseudonym} from now on`] : []),
    `${erased} events erased`,
    `${dropped} ranks, notices and unknown messages that named them erased`,
    `${changed} events changed`,
    `${kept} chats of others that hold their name or id kept as written`,
    `${works.works} works and ${works.comments} comments erased, ${works.watches === 0 ? "" : "the watch on their works ended, "}${works.changed} works and comments of others changed, ${works.kept} kept`,
    `${works.downloads} downloads of their works removed with their files`,
    `${messages} messages${frames > 0 ? ` and ${frames} whole frames` : ""} taken out of ${files} raw recordings`,
  ];
}
