import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../config.js";
import { type EraseReport, eraseUser } from "../outputs/erase/erase.js";
import { catchUp } from "../outputs/stats/advance.js";
import { openVocabulary } from "../outputs/stats/words.js";
import { Progress } from "./progress.js";
import { interruptSignal } from "./stop.js";
import { plain, print } from "./terminal.js";
import { withStore } from "./with-store.js";

/** Adds `dylive erase-user`. @param data makes the option that names the data folder */
export function addEraseCommand(program: Command, data: () => Option): void {
  program
    .command("erase-user")
    .description("take one person out of everything that is kept")
    .argument("<user>", "their id (uid), sec_uid, visible number or nickname")
    .option("--pseudonym", "keep what they did, under a name that says nothing", false)
    .addOption(data())
    .action((user: string, { pseudonym, ...settings }: Partial<Config> & { pseudonym: boolean }) =>
      erase(loadConfig(settings), user, pseudonym),
    );
}

function erase(config: Config, user: string, keep: boolean): Promise<void> {
  const signal = interruptSignal();
  return withStore(config, async (store) => {
    const progress = new Progress("erase-user", "events");
    const onProgress = (_what: string, events: number) => progress.show(events);
    const report = await eraseUser(store, { user, keep, signal, onProgress });
    const vocabulary = await openVocabulary();
    for (const room of report.rooms) await catchUp(store, vocabulary, { room, signal });
    progress.end("done");
    for (const line of linesOf(report, keep)) await print(plain(line));
    await print("not reached:");
    for (const line of unreached(config.data, report)) await print(plain(`- ${line}`));
  });
}

function linesOf({ identity, pseudonym, erased, dropped, changed, kept }: EraseReport, keep: boolean): readonly string[] {
  const { ids, secUids, displayIds, nicknames } = identity;
  return [
    `known as: ${[...ids, ...secUids, ...displayIds, ...nicknames].join(", ")}`,
    ...(keep ? [`shown as ${pseudonym} from now on`] : []),
    `${erased} events erased`,
    `${dropped} ranks, notices and unknown messages that named them erased`,
    `${changed} events changed`,
    `${kept} chats of others that hold their name or id kept as written`,
  ];
}

/** What holds the person still, as far as can be told from here. */
function unreached(data: string, { anchorOf, kept }: EraseReport): readonly string[] {
  const folder = resolve(data);
  const backups = readdirSync(folder).filter((name) => name.endsWith(".backup"));
  const asides = ["refused.jsonl", "refused-pushes.jsonl", "official-spool", "raw"].filter((name) => existsSync(resolve(folder, name)));
  return [
    `backups${backups.length > 0 ? `, such as ${backups.map((name) => resolve(folder, name)).join(", ")}` : ""}`,
    "exports and recordings that were made before",
    "what webhooks and readers of the API were given before",
    ...asides.map((name) => resolve(folder, name)),
    ...anchorOf.map((room) => `what is known of them as the anchor of room ${room}`),
    ...(kept > 0 ? [`the ${kept} chats of others`] : []),
    "what they do from now on: it is collected again",
  ];
}
