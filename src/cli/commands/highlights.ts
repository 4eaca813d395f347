import { type Command, Option } from "commander";
import { languageOf } from "../../app/config.js";
import type { Headers } from "../../exports/columns.js";
import { HIGHLIGHT_FORMAT_NAMES, type HighlightFormat, highlightFile, peakInWords } from "../../exports/highlights.js";
import { readInstant, readZone } from "../../exports/instant.js";
import { OFFSET_MAX_S } from "../../exports/plan.js";
import type { ShownSession } from "../../http/v1/session-routes.js";
import { inLanguage } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, msg } from "../../runtime/msg.js";
import type { highlightsOf } from "../../statistics/highlights.js";
import { path } from "../api.js";
import { asksApi, type Json } from "../options.js";
import { moment, print, printColumns, printJson, say } from "../terminal.js";
import { count, numberFrom, wholeFrom } from "../values.js";
import { headersOption } from "./export.js";
import { BROADCAST, sessionPath } from "./session.js";

/** Options of `dylive highlights`. */
interface HighlightOptions extends Json {
  readonly limit: number;
  readonly format?: HighlightFormat;
  readonly start?: string;
  readonly offset: number;
  readonly zone?: string;
  readonly fps: number;
  readonly headers: Headers;
}

/** Adds `dylive highlights`. */
export function addHighlightsCommand(program: Command): void {
  const highlights = program
    .command("highlights")
    .description("times of a broadcast that stand out: in chats, gifts and joins, with words and where to jump to")
    .argument("<room>", "a room (its newest broadcast), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .option("--limit <n>", "how many, the most striking", count, 20)
    .addOption(new Option("--format <format>", "as a file on stdout").choices(HIGHLIGHT_FORMAT_NAMES))
    .option("--start <moment>", "when the recording begins that they are of (the broadcast's beginning)")
    .option("--offset <seconds>", "added to every place in the recording", numberFrom(-OFFSET_MAX_S, OFFSET_MAX_S), 0)
    .option("--zone <zone>", "zone of dates, and of moments given without one, such as +08:00 (this machine's)")
    .option("--fps <n>", "frames of the recording in a second, for edl", wholeFrom(1, 240), 30)
    .addOption(headersOption())
    .option("--json", "one JSON object a line", false);
  asksApi(highlights, async (api, room: string, id: string | undefined, options: HighlightOptions) => {
    const { limit, format, start, offset, zone, fps, headers, json } = options;
    if (json && format !== undefined) throw new DyliveError("bad_request", msg`--format makes a file and --json lines: name one of them`);
    const zoneMinutes = zone === undefined ? null : readZone("--zone", zone);
    const startMs = start === undefined ? null : readInstant("--start", start, zoneMinutes);
    const session = await api.get<ShownSession>(sessionPath(room, id));
    const { highlights: found } = await api.get<{ readonly highlights: Awaited<ReturnType<typeof highlightsOf>> }>(
      path`/rooms/${session.room}/sessions/${session.id}/highlights`,
      { limit },
    );
    if (json) return printJson(found);
    const about = {
      ...{ title: session.title, startMs: startMs ?? session.openedAt, offsetMs: Math.round(offset * 1000), fps },
      headers,
      zoneMinutes: zoneMinutes ?? -new Date().getTimezoneOffset(),
      inWords: (said: Parameters<typeof inLanguage>[1]) => inLanguage(languageOf(), said),
    };
    if (format !== undefined) return print((await highlightFile(found, format, about)).replace(/\n$/, ""));
    if (found.length === 0) return say(msg`no time of this broadcast stands out`);
    await printColumns(
      [msg`at`, msg`what stands out`, msg`words`, msg`gifts`],
      found.map(({ at, exact, peaks, words, gifts }) => [
        exact ? moment(at) : msg`${moment(at)} (the minute)`,
        joinMsgs(peaks.map(peakInWords), "; "),
        words.map(({ text }) => text).join(" "),
        gifts.map(({ id, name, units }) => `${name ?? id} ×${units}`).join(" "),
      ]),
    );
  });
}
