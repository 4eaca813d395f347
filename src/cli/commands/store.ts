import { resolve } from "node:path";
import type { Command } from "commander";
import { type Config, downloadsOf, type GivenSettings, loadConfig, variableOf } from "../../app/config.js";
import type { ServerSetting } from "../../http/v1/admin-schemas.js";
import { recognised } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg } from "../../runtime/msg.js";
import { type CheckFinding, checkStore } from "../../store/check.js";
import { backUp, integrityOf } from "../../store/sqlite/copy.js";
import { checkFiles, DownloadStorage } from "../../works/download-storage.js";
import { withApi } from "../api.js";
import { data } from "../options.js";
import { pastedRoom } from "../pasted-room.js";
import { exitWith, interruptSignal } from "../stop.js";
import { ProgressLine, print, say } from "../terminal.js";
import { existingStore, withStore } from "../with-store.js";

/** Number of findings that are shown: more lines say nothing new. */
const SHOWN = 200;
const DAY_MS = 86_400_000;

/** Adds `dylive backup` and `dylive check`. */
export function addStoreCommands(program: Command): void {
  program
    .command("backup")
    .description("copy the store to a file, also while a server runs")
    .argument("<file>", "the file to make; it must not exist")
    .addOption(data())
    .action((file: string, settings: GivenSettings) => backup(loadConfig(settings), file));
  program
    .command("check")
    .description("verify the store: the file, its events, sums and statistics, and downloaded files")
    .option("--room <room>", "only this room's events, no files")
    .addOption(data())
    .action(({ room, ...settings }: GivenSettings & { room?: string }) => check(loadConfig(settings), room ?? null));
}

async function backup(config: Config, file: string): Promise<void> {
  if (config.databaseUrl !== null)
    throw new DyliveError(
      "bad_request",
      'the store is in PostgreSQL, whose own programs copy it, also while servers run: pg_dump -Fc -f FILE "$DATABASE_URL" (docs/scale.md)',
    );
  const path = existingStore(config);
  const bytes = backUp(path, resolve(file));
  await print(msg`${file}: ${(bytes / 1e6).toFixed(1)} MB, of one moment`);
  say(
    msg`Only the store is in it: not logins, not raw recordings, not downloaded files. To use it, stop the server and put it in the place of the data folder's dylive.sqlite.`,
  );
}

async function check(config: Config, asked: string | null): Promise<void> {
  const stop = interruptSignal();
  const what = await sound(config);
  const statisticsMaxAgeMs = await statisticsAge(config);
  await withStore(config, async (store) => {
    const room = asked === null ? {} : { room: (await pastedRoom(store.rooms, asked)).room };
    const progress = new ProgressLine(msg`checking`, msg`events`);
    const findings = await checkStore(store, { ...room, statisticsMaxAgeMs, signal: stop, onProgress: (events) => progress.show(events) });
    let files = 0;
    const storage = new DownloadStorage(downloadsOf(config).folder);
    const { findings: wrong, elsewhere } =
      asked !== null ? { findings: [], elsewhere: 0 } : await checkFiles(store.downloads, storage, stop, () => files++);
    const all = [...findings.map(sentenceOf), ...wrong];
    for (const sentence of all.slice(0, SHOWN)) await print(typeof sentence === "string" ? recognised(sentence) : sentence);
    if (all.length > SHOWN) await print(msg`… and ${all.length - SHOWN} more`);
    const heads = await store.log.heads(room.room === undefined ? undefined : [room.room]);
    const events = [...heads.values()].reduce((sum, { head, oldest }) => sum + head - oldest + 1, 0);
    const beside = asked === null ? msg`, ${files} downloaded files` : "";
    progress.end(msg`checked: ${what}, up to ${events} events of ${heads.size} rooms${beside}`);
    if (elsewhere > 0) await print(msg`${elsewhere} downloads are in other folders (DYLIVE_DOWNLOADS): their files were not looked at`);
    await print(all.length === 0 ? msg`nothing is wrong` : msg`${all.length} findings`);
    if (all.length > 0) exitWith(1);
  });
}

/** Returns the age beyond which statistics may be missing, in ms, null is none: 0 where only the servers of a shared store know. */
async function statisticsAge(config: Config): Promise<number | null> {
  if (config.databaseUrl !== null) return 0;
  return withApi(config, async (api) => {
    const { settings } = await api.get<{ readonly settings: readonly ServerSetting[] }>("/settings");
    const days = settings.find(({ name }) => name === variableOf("keepStatisticsDays"))?.value ?? null;
    const own = api.isServers ? null : config.keepStatisticsDays; // that of a server which is started as this command was
    return own === null && days === null ? null : Number(own ?? days) * DAY_MS;
  });
}

/**
 * Checks whether the file is sound, or the database is there: PostgreSQL answers for its own files.
 * @returns what it is
 * @throws DyliveError store_damaged; bad_config when there is none
 */
async function sound(config: Config): Promise<Msg> {
  if (config.databaseUrl === null) {
    const damage = integrityOf(existingStore(config));
    for (const line of damage) await print(msg`file: ${line}`);
    if (damage.length > 0) throw new DyliveError("store_damaged", "SQLite finds the file damaged");
    return msg`the file`;
  }
  const { lookAt } = await import("../../store/postgres/admin.js");
  const { name, isEmpty } = await lookAt(config.databaseUrl);
  if (isEmpty) throw new DyliveError("bad_config", msg`there is no store in ${name}`);
  return msg`the database`;
}

function sentenceOf(finding: CheckFinding): Msg {
  const where = msg`room ${finding.room}`;
  if (finding.kind === "hole") return msg`${where}: seq ${finding.from} to ${finding.to} are neither kept nor recorded as removed`;
  if (finding.kind === "damaged") return msg`${where}: seq ${finding.seq} cannot be read`;
  if (finding.kind === "order") return msg`${where}: seq ${finding.seq} is out of order`;
  if (finding.kind === "combo")
    return msg`${where}: the deltas of combo ${finding.comboId} add up to ${finding.sum}, its largest total is ${finding.high}`;
  return msg`${where}: statistics of ${finding.sessionId || msg`no broadcast`} count ${finding.counted} ${finding.what}, its events have ${finding.log}`;
}
