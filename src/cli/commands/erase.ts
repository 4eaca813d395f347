import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import type { ErasureFound } from "../../erasure/erase.js";
import { assertPerson, type Identity } from "../../erasure/identity.js";
import type { ErasedPerson, PersonLook } from "../../http/task-list.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Told, told, toldAll } from "../../runtime/told.js";
import { type LocalApi, withApi } from "../api.js";
import { interruptSignal } from "../stop.js";
import { askOnTerminal, inWords, ProgressLine, print } from "../terminal.js";

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
  return withApi(config, async (api) => {
    const unknown: string[] = [];
    for (const user of users) {
      try {
        const done = await eraseOne(api, user, { keep, isAsked }, signal);
        if (done === null) return;
        for (const line of linesOf(done)) await print(line);
        await print(told`not reached:`);
        for (const line of done.notReached) await print(`- ${line}`);
      } catch (error) {
        // The others are no less to be erased for it.
        if (users.length === 1 || !(error instanceof DyliveError && error.code === "not_found")) throw error;
        unknown.push(user);
      }
    }
    if (unknown.length > 0)
      throw new DyliveError(
        "not_found",
        told`nobody is known as ${unknown.map((user) => `"${user}"`).join(", ")}; all others that were named are erased`,
      );
  });
}

/** Erases a person, once who that is was shown and confirmed. @returns null when it was stopped */
async function eraseOne(
  api: LocalApi,
  user: string,
  { keep, isAsked }: { readonly keep: boolean; readonly isAsked: boolean },
  signal: AbortSignal,
): Promise<ErasedPerson | null> {
  const progress = new ProgressLine("erase-user", told`events`);
  const onProgress = (_what: string, count: number) => progress.show(count);
  if (isAsked) {
    const looked = await api.follow(await api.begin<PersonLook>("/erase", { user, look: true }), onProgress, signal);
    progress.clear();
    if (looked === null) return null;
    await confirmErasure(user, looked.found, (question) => askOnTerminal(question, signal));
  }
  const done = await api.follow(await api.begin<ErasedPerson>("/erase", { user, pseudonym: keep }), onProgress, signal);
  progress.end(told`done`);
  return done;
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

function linesOf({ pseudonym, erased, dropped, changed, kept, recordings, works }: ErasedPerson): readonly Told[] {
  const { files, messages, frames } = recordings;
  return [
    ...(pseudonym === null ? [] : [told`shown as ${pseudonym} from now on`]),
    told`${erased} events erased`,
    told`${dropped} ranks, notices and unknown messages that named them erased`,
    told`${changed} events changed`,
    told`${kept} chats of others that hold their name or id kept as written`,
    told`${works.works} works and ${works.comments} comments erased, ${works.watches === 0 ? "" : told`the watch on their works ended, `}${works.changed} works and comments of others changed, ${works.kept} kept`,
    told`${works.downloads} downloads of their works removed`,
    told`${messages} messages${frames > 0 ? told` and ${frames} whole frames` : ""} taken out of ${files} raw recordings`,
  ];
}
