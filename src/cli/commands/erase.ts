import { resolve } from "node:path";
import type { Command, Option } from "commander";
import { type Config, downloadsOf, loadConfig } from "../../app/config.js";
import { completeErasure, type EraseReport, type ErasureFound, eraseUser } from "../../erasure/erase.js";
import { type Erasure, eraseEverywhere, unreached } from "../../erasure/everywhere.js";
import { assertPerson, type Identity, namedIn } from "../../erasure/identity.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Told, told, toldAll, toldOf } from "../../runtime/told.js";
import { eraseAllRaw } from "../../sources/raw/erase-all.js";
import { rawFolder } from "../../sources/raw/files.js";
import { closeRecordings } from "../../sources/raw/pack.js";
import { openVocabulary } from "../../statistics/words.js";
import { isDataDirLocked } from "../../store/lock.js";
import type { Store } from "../../store/store.js";
import { DownloadStorage, removeFiles } from "../../works/download-storage.js";
import { interruptSignal } from "../stop.js";
import { askOnTerminal, inWords, ProgressLine, print } from "../terminal.js";
import { withStore } from "../with-store.js";

/** Adds `dylive erase-user`. @param data makes the option that names the data folder */
export function addEraseCommand(program: Command, data: () => Option): void {
  program
    .command("erase-user")
    .description("take people out of everything that is kept")
    .argument("<user...>", "of each: their id (uid), sec_uid, visible number or nickname")
    .option("--pseudonym", "keep what they did, under a name that says nothing", false)
    .option("--yes", "do not ask first: show nothing, erase", false)
    .addOption(data())
    .action((users: string[], { pseudonym, yes, ...settings }: Partial<Config> & { pseudonym: boolean; yes: boolean }) =>
      erase(loadConfig(settings), users, { keep: pseudonym, isAsked: !yes }),
    );
}

function erase(
  config: Config,
  users: readonly string[],
  { keep, isAsked }: { readonly keep: boolean; readonly isAsked: boolean },
): Promise<void> {
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
          const progress = new ProgressLine("erase-user", told`events`);
          const onProgress = (_what: string, events: number) => progress.show(events);
          const confirm = async (found: ErasureFound | null) => {
            progress.clear();
            await confirmErasure(user, found, (question) => askOnTerminal(question, signal));
          };
          const report = await eraseUser(store, { user, keep, signal, onProgress, ...(isAsked && { confirm }) });
          reports.push(report);
          return report;
        },
        recordings: async (identity) => {
          if (!rotated) await closeRecordings(folder, () => isDataDirLocked(config.data), systemClock, signal);
          rotated = true;
          const read = new ProgressLine("erase-user", told`parts of raw recordings`);
          let parts = 0;
          return eraseAllRaw(folder, systemClock, { named: namedIn(identity), signal, onPart: () => read.show(++parts) });
        },
        files: () => removeFiles(store.downloads, storage),
        filesElsewhere: async () => store.downloads.removedElsewhere(await storage.id()),
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
        for (const line of linesOf(done, keep)) await print(line);
        await print(told`not reached:`);
        for (const line of unreached(config.data, done, config.databaseUrl !== null)) await print(told`- ${toldOf(line)}`);
      }
    } finally {
      // Also of those before an error.
      await complete(store, reports, signal);
    }
    if (unknown.length > 0)
      throw new DyliveError(
        "not_found",
        told`nobody is known as ${unknown.map((user) => `"${user}"`).join(", ")}; all others that were named are erased`,
      );
  });
}

/**
 * Asks on the terminal whether a person is to be erased, and shows first who that is and how much is kept of them.
 * @param ask asks a question, and resolves with the answer; with null where nobody can be asked
 * @throws DyliveError not_confirmed
 */
export async function confirmErasure(
  user: string,
  found: ErasureFound | null,
  ask: (question: string) => Promise<string | null>,
): Promise<void> {
  const lines: readonly Told[] =
    found === null ? [told`nobody in the log, in works and in comments is known as ${JSON.stringify(user)}`] : foundLines(found);
  const recordings = told`what raw recordings and frames that wait to be stored hold of them goes too`;
  const shown = [...lines, recordings];
  const answer = await ask([...shown, told`This cannot be undone. Type yes to erase them: `].map(inWords).join("\n"));
  if (answer?.trim().toLowerCase() === "yes") return;
  throw new DyliveError(
    "not_confirmed",
    answer === null ? told`nobody could be asked, and nothing was erased. ${toldAll(shown, "; ")}` : "nothing of them was erased",
  );
}

function foundLines({ identity, erased, dropped, changed, kept, works }: ErasureFound): readonly Told[] {
  return [
    knownAs(identity),
    told`${erased} events to be erased, ${dropped} ranks, notices and unknown messages that name them too, ${changed} events to be changed`,
    told`${works.works} works and ${works.comments} comments to be erased, ${works.watches} watches to be ended`,
    ...(kept > 0 ? [told`${kept} chats of others that hold their name or id stay as written`] : []),
  ];
}

function knownAs({ ids, secUids, displayIds, webcastUids, nicknames }: Identity): Told {
  return told`known as: ${[...ids, ...secUids, ...displayIds, ...webcastUids, ...nicknames].join(", ")}`;
}

/** Counts again and overwrites what several people left, once for all of them. */
async function complete(store: Store, reports: readonly EraseReport[], signal: AbortSignal): Promise<void> {
  const note = reports.at(-1)?.note;
  if (note === undefined) return;
  const counting = new ProgressLine("erase-user", told`counting steps and file pages looked through`);
  const onProgress = (_what: string, count: number) => counting.show(count);
  const rooms = reports.flatMap((report) => report.rooms);
  await completeErasure(store, { note, rooms, vocabulary: await openVocabulary(), signal, onProgress });
  counting.end(told`done`);
}

function linesOf(
  { identity, pseudonym, erased, dropped, changed, kept, recordings, works, filesLeft, filesElsewhere }: Erasure,
  keep: boolean,
): readonly Told[] {
  const { files, messages, frames } = recordings;
  return [
    knownAs(identity),
    ...(keep && pseudonym !== "" ? [told`shown as ${pseudonym} from now on`] : []),
    told`${erased} events erased`,
    told`${dropped} ranks, notices and unknown messages that named them erased`,
    told`${changed} events changed`,
    told`${kept} chats of others that hold their name or id kept as written`,
    told`${works.works} works and ${works.comments} comments erased, ${works.watches === 0 ? "" : told`the watch on their works ended, `}${works.changed} works and comments of others changed, ${works.kept} kept`,
    filesLeft.length + filesElsewhere === 0
      ? told`${works.downloads} downloads of their works removed with their files`
      : told`${works.downloads} downloads of their works removed, with their files but for those named below`,
    told`${messages} messages${frames > 0 ? told` and ${frames} whole frames` : ""} taken out of ${files} raw recordings`,
  ];
}
