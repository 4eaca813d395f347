import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Config, languageOf, loadConfig, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { inLanguage, reasoned, reasonIn, recognised } from "../../i18n/words.js";
import { withoutPassword } from "../../platform/links/link.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg, msgOf } from "../../runtime/msg.js";
import { downloadWork } from "../../works/download.js";
import { DEFAULT_TEMPLATE, FileNames } from "../../works/file-names.js";
import { foundWork } from "../../works/found-work.js";
import type { Download } from "../../works/model/download.js";
import { isQuality, type Quality } from "../../works/model/quality.js";
import type { WorkReader } from "../../works/reader.js";
import { data, upstream } from "../options.js";
import { exitWith, interruptSignal } from "../stop.js";
import { ProgressLine, plain, print, printColumns, say } from "../terminal.js";

interface Options extends Pick<Partial<Config>, "data" | "upstream"> {
  readonly quality: Quality;
  readonly hdr: boolean;
  readonly out: string;
  readonly template: string;
  readonly music: boolean;
  readonly covers: boolean;
  readonly ignoreAuthorSetting: boolean;
  readonly account?: string;
  readonly json: boolean;
}

/** Adds `download`. */
export function addDownloadCommand(program: Command): void {
  program
    .command("download")
    .description("download the files of videos, notes and live photos, each once")
    .argument("<links...>", "links, share texts or ids of works; quote them")
    .addOption(
      new Option("--quality <quality>", "rung of a film: compatible, best, smallest, or a height such as 720p")
        .default("compatible")
        .argParser(qualityIn),
    )
    .option("--hdr", "take HDR where there is a choice", false)
    .option("-o, --out <dir>", "folder for the files", "downloads")
    .option("--template <template>", "their names; docs/works.md has the fields", DEFAULT_TEMPLATE)
    .option("--music", "the music, too", false)
    .option("--covers", "the covers, too", false)
    .option("--ignore-author-setting", "also what its author does not allow to download: your decision, which is logged", false)
    .option("--account <name>", "account to read them as (DYLIVE_WORKS_ACCOUNT, guest)")
    .option("--json", "one JSON object a work", false)
    .addOption(data())
    .addOption(upstream())
    .action(run);
}

function qualityIn(text: string): Quality {
  if (isQuality(text)) return text;
  throw new InvalidArgumentError("It takes compatible, best, smallest, or a height such as 720p.");
}

/** Exit code 1 unless all files of all works are there, 2 when a text names no work. */
async function run(links: readonly string[], options: Options): Promise<void> {
  const { data, upstream, account, template, json } = options;
  new FileNames(template); // refused before a browser is started for it
  const stop = interruptSignal();
  const config = loadConfig({ data, upstream, worksAccount: account });
  const reach = reachOf(config, readMachine(), systemClock);
  const reader = workReaderOf(config, reach, systemClock);
  let code = 0;
  try {
    for (const link of links) {
      try {
        const ended = await downloadLink(link, reader, reach.platform, options, stop);
        if (ended.state !== "done") code = Math.max(code, 1);
        await (json ? print(jsonOf(ended)) : show(ended, options.out));
      } catch (error) {
        if (stop.aborted || !(error instanceof DyliveError)) throw error;
        code = Math.max(code, error.row.fault === "caller" ? 2 : 1);
        const shown = withoutPassword(link);
        const { message, hint } = error.row;
        if (json) await print(JSON.stringify({ link: shown, error: error.code, reason: inLanguage(languageOf(), error.said) }));
        else say(msg`${shown.slice(0, 200)}: ${msgOf(message)}: ${error.said}. ${msgOf(hint)}`);
      }
    }
  } finally {
    await reader.close();
    await reach.identities.close();
  }
  if (code > 0) exitWith(code);
}

async function downloadLink(
  link: string,
  reader: WorkReader,
  platform: ReturnType<typeof reachOf>["platform"],
  { out, ...options }: Options,
  stop: AbortSignal,
): Promise<Download> {
  const asked = await reader.find(link, stop);
  const read = async (signal: AbortSignal) => foundWork(await reader.read(asked, signal)).work;
  const work = await read(stop);
  const line = new ProgressLine(plain(work.text.slice(0, 40) || work.id), msg`bytes`);
  const ended = await downloadWork(work, {
    ...{ quality: options.quality, hdr: options.hdr, template: options.template, music: options.music, covers: options.covers },
    ...{ folder: out, ignoreAuthorSetting: options.ignoreAuthorSetting, platform, refresh: read, signal: stop },
    tell: (text) => say(recognised(text)),
    onProgress: ({ bytes, totalBytes }) => line.show(bytes, totalBytes === null || totalBytes === 0 ? undefined : bytes / totalBytes),
  });
  line.end(msg`work ${work.id}: ${msgOf(ended.state)}${ended.reason === null ? "" : msg`: ${reasonIn(languageOf(), ended.reason)}`}`);
  return ended;
}

/** Writes a download with its reasons in the language of commands. */
function jsonOf(ended: Download): string {
  const language = languageOf();
  return JSON.stringify({ ...reasoned(language, ended), files: ended.files.map((file) => reasoned(language, file)) });
}

async function show({ files }: Download, out: string): Promise<void> {
  if (files.length === 0) return;
  await printColumns(
    [msg`file`, msg`state`, msg`bytes`, msg`why`],
    files.map(({ role, index, name, state, bytes, reason }) => [
      name === null ? msg`${msgOf(role)} ${index + 1}` : join(out, name),
      msgOf(state),
      bytes,
      reason === null ? "" : reasonIn(languageOf(), reason),
    ]),
  );
}
