import type { Command } from "commander";
import { type Config, type GivenSettings, loadConfig } from "../../app/config.js";
import type { ErasureFound } from "../../erasure/erase.js";
import { assertPerson, type Identity } from "../../erasure/identity.js";
import type { ErasedPerson, PersonLook } from "../../http/v1/task-schemas.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, msg } from "../../runtime/msg.js";
import { type LocalApi, withApi } from "../api.js";
import { data } from "../options.js";
import { interruptSignal } from "../stop.js";
import { askOnTerminal, inWords, ProgressLine, print } from "../terminal.js";

/** Adds `dylive erase-user`. */
export function addEraseCommand(program: Command): void {
  program
    .command("erase-user")
    .description("take people out of everything that is kept")
    .argument("<user...>", "of each: their id (uid), sec_uid, visible number or nickname")
    .option("--pseudonym", "keep what they did, under a name that says nothing", false)
    .option("--yes", "do not ask first: show nothing, erase", false)
    .addOption(data())
    .action((users: string[], { pseudonym, yes, ...settings }: GivenSettings & { pseudonym: boolean; yes: boolean }) =>
      erase(loadConfig(settings), users, { keep: pseudonym, isAsked: !yes }),
    );
}

function erase(
  config: Config,
  users: readonly string[],
  { keep, isAsked }: { readonly keep: boolean; readonly isAsked: boolean },
): Promise<void> {
  // All of them, before the first is erased.
  for (const user of users) assertPerson(user);
  const signal = interruptSignal();
  return withApi(config, async (api) => {
    const unknown: string[] = [];
    for (const user of users) {
      try {
        const done = await eraseOne(api, user, { keep, isAsked }, signal);
        if (done === null) return;
        for (const line of linesOf(done)) await print(line);
        await print(msg`not reached:`);
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
        msg`no person is known as ${unknown.map((user) => `"${user}"`).join(", ")}; all others that were named are erased`,
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
  const progress = new ProgressLine("erase-user", msg`events`);
  const onProgress = (_what: string, count: number) => progress.show(count);
  if (isAsked) {
    const looked = await api.follow(await api.begin<PersonLook>("/erase", { user, look: true }), onProgress, signal);
    progress.clear();
    if (looked === null) return null;
    await confirmErasure(user, looked.found, (question) => askOnTerminal(question, signal));
  }
  const done = await api.follow(await api.begin<ErasedPerson>("/erase", { user, pseudonym: keep }), onProgress, signal);
  progress.end(msg`done`);
  return done;
}

/**
 * Asks on the terminal whether a person is to be erased, and shows first who that is and how much is kept of them.
 * @param ask asks a question, and resolves with the answer; with null where there is no terminal
 * @throws DyliveError not_confirmed
 */
export async function confirmErasure(
  user: string,
  found: ErasureFound | null,
  ask: (question: string) => Promise<string | null>,
): Promise<void> {
  const lines: readonly Msg[] =
    found === null ? [msg`no one in the log, in works and in comments is known as ${JSON.stringify(user)}`] : foundLines(found);
  const recordings = msg`what raw recordings and frames that wait to be stored hold of them goes too`;
  const shown = [...lines, recordings];
  const answer = await ask([...shown, msg`This cannot be undone. Type yes to erase them: `].map(inWords).join("\n"));
  if (answer?.trim().toLowerCase() === "yes") return;
  throw new DyliveError(
    "not_confirmed",
    answer === null ? msg`there was no terminal to ask on, and nothing was erased. ${joinMsgs(shown, "; ")}` : "nothing of them was erased",
  );
}

function foundLines({ identity, erased, dropped, changed, kept, works }: ErasureFound): readonly Msg[] {
  return [
    knownAs(identity),
    msg`${erased} events to be erased, ${dropped} ranks, notices and unknown messages that name them too, ${changed} events to be changed`,
    msg`${works.works} works and ${works.comments} comments to be erased, ${works.watches} watches to be ended`,
    ...(kept > 0 ? [msg`${kept} chats of others that hold their name or id stay as written`] : []),
  ];
}

function knownAs({ ids, secUids, displayIds, webcastUids, nicknames }: Identity): Msg {
  return msg`known as: ${[...ids, ...secUids, ...displayIds, ...webcastUids, ...nicknames].join(", ")}`;
}

function linesOf({ pseudonym, erased, dropped, changed, kept, recordings, works }: ErasedPerson): readonly Msg[] {
  const { files, messages, frames } = recordings;
  return [
    ...(pseudonym === null ? [] : [msg`shown as ${pseudonym} from now on`]),
    msg`${erased} events erased`,
    msg`${dropped} ranks, notices and unknown messages that named them erased`,
    msg`${changed} events changed`,
    msg`${kept} chats of others that hold their name or id kept as written`,
    msg`${works.works} works and ${works.comments} comments erased, ${works.watches === 0 ? "" : msg`the watch on their works ended, `}${works.changed} works and comments of others changed, ${works.kept} kept`,
    msg`${works.downloads} downloads of their works removed`,
    msg`${messages} messages${frames > 0 ? msg` and ${frames} whole frames` : ""} taken out of ${files} raw recordings`,
  ];
}
