import { resolve } from "node:path";
import type { Config } from "../../app/config.js";
import type { ImportedFile } from "../../http/v1/task-schemas.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, msg } from "../../runtime/msg.js";
import { withApi } from "../api.js";
import { sayDrift, sayLoaded } from "../show.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, say } from "../terminal.js";

/** `dylive import FILE…`: into the store, by the server that has it where one runs. */
export function importFiles(config: Config, files: readonly string[]): Promise<void> {
  const signal = interruptSignal();
  return withApi(
    config,
    async (api) => {
      for (const path of files) {
        const stopped = msg`stopped before ${path}; what was imported stays, and importing again adds only the rest`;
        if (signal.aborted) throw new DyliveError("stopping", stopped);
        const progress = new ProgressLine(path, msg`messages`);
        const begun = await api.begin<ImportedFile>("/imports", { file: resolve(path) });
        const done = await api.follow(begun, (_what, messages) => progress.show(messages), signal);
        if (done === null) throw new DyliveError("stopping", stopped);
        const { broadcasts, refused, drift } = done;
        progress.end(
          msg`${path}: ${joinMsgs(
            broadcasts.map(({ room }) => msg`room ${room}`),
            ", ",
          )}`,
        );
        for (let n = 0; n < refused; n++) say(msg`the store refused an event; it was left out`);
        for (const one of broadcasts) sayLoaded(path, one);
        sayDrift(drift);
      }
    },
    { makes: true },
  );
}
