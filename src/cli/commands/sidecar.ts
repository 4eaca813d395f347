import { stat } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { type GivenSettings, loadConfig } from "../../app/config.js";
import { exportPieces } from "../../exports/export.js";
import type { ExportPlan } from "../../exports/plan.js";
import { SIDECAR_FORMATS } from "../../exports/recordings.js";
import type { SidecarOptions } from "../../exports/sidecar.js";
import { openSidecar } from "../../exports/sidecars.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { fileFailure } from "../../runtime/file-failure.js";
import { msg } from "../../runtime/msg.js";
import type { Store } from "../../store/store.js";
import { WordsOption } from "../completion.js";
import { data } from "../options.js";
import { pastedRoom } from "../pasted-room.js";
import { exitWith, stopSignal } from "../stop.js";
import { say } from "../terminal.js";
import { names, numberFrom, wholeFrom } from "../values.js";
import { withStore } from "../with-store.js";

interface SidecarArguments {
  readonly room: string;
  readonly formats: SidecarOptions["formats"];
  readonly namePattern?: string;
  readonly timeZone?: string;
  readonly offset: number;
  readonly finishedAfter: number;
  readonly once: boolean;
}

/** Adds `dylive sidecar`. */
export function addSidecarCommand(program: Command): void {
  program
    .command("sidecar")
    .description("danmaku beside the recordings of another program, by the wall clock; until it is stopped")
    .argument("<folder>", "where a recorder writes flv, ts, mp4, mkv …; folders in it too")
    .requiredOption("--room <room>", "the room that is recorded there; the server must watch it")
    .addOption(
      new WordsOption("--formats <formats>", "files beside each recording, with commas between", { listOf: SIDECAR_FORMATS })
        .argParser(formats)
        .default(SIDECAR_FORMATS),
    )
    .option("--name-pattern <pattern>", "names without ending: %Y %m %d %H %M %S, * for anything (all usual forms)")
    .option("--time-zone <zone>", "zone of times in names, such as Asia/Shanghai or +08:00 (this machine's)")
    .option("--offset <seconds>", "added to every place in a recording", numberFrom(-3_600, 3_600), 0)
    .option("--finished-after <seconds>", "a file that has not grown for so long is finished", wholeFrom(10, 86_400), 60)
    .option("--once", "look once, write what there is, and end", false)
    .addOption(data())
    .action(async (folder: string, options: GivenSettings & SidecarArguments) => {
      // The folder that is named here comes before that of the store, which is not.
      await stat(folder).catch((error: unknown) => {
        throw fileFailure(error, msg`nothing can be written in ${folder}`);
      });
      return withStore(loadConfig({ data: options.data }), (store) => run(store, folder, options));
    });
}

function formats(text: string): SidecarOptions["formats"] {
  return names(text).map((name) => {
    const format = SIDECAR_FORMATS.find((one) => one === name);
    if (format === undefined) throw new InvalidArgumentError("It takes xml, ass, srt and jsonl.");
    return format;
  });
}

async function run(store: Store, folder: string, options: SidecarArguments): Promise<void> {
  const { room, sessionId } = await pastedRoom(store.rooms, options.room);
  if (sessionId !== null) throw new DyliveError("bad_request", msg`--room takes a room: ${options.room} is one broadcast`);
  const { formats, namePattern = null, timeZone = null, offset, finishedAfter, once } = options;
  const choice = {
    ...{ folder, room, formats, namePattern, timeZone },
    ...{ offsetMs: Math.round(offset * 1000), finishedAfterMs: finishedAfter * 1000 },
  };
  const exported = async function* (plan: ExportPlan, signal: AbortSignal) {
    for await (const { bytes } of exportPieces(store, plan, signal)) yield bytes;
  };
  const { sidecar, close } = await openSidecar({ store, exported, clock: systemClock, tell: say }, choice);
  const stop = stopSignal();
  try {
    if (!once) {
      say(msg`${folder}: every few seconds recordings are looked for (Ctrl-C ends)`);
      await sidecar.run(stop);
    } else {
      if (!(await sidecar.look(stop)) && !stop.aborted) exitWith(1);
      if (sidecar.figures.recordings === 0 && !stop.aborted) say(msg`no recording of the room's time was found in ${folder}`);
    }
  } finally {
    close();
  }
}
