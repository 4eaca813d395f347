import { resolve } from "node:path";
import type { Config } from "../../app/config.js";
import type { ImportedFile } from "../../http/task-list.js";
import { DyliveError } from "../../runtime/errors.js";
import { told, toldAll } from "../../runtime/told.js";
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
        const stopped = told`stopped before ${path}; what was imported stays, and importing again adds only the rest`;
        if (signal.aborted) throw new DyliveError("stopping", stopped);
        const progress = new ProgressLine(path, told`messages`);
        const begun = await api.begin<ImportedFile>("/imports", { file: resolve(path) });
        const done = await api.follow(begun, (_what, messages) => progress.show(messages), signal);
        if (done === null) throw new DyliveError("stopping", stopped);
        const { broadcasts, refused, drift } = done;
        progress.end(
          told`${path}: ${toldAll(
            broadcasts.map(({ room }) => told`room ${room}`),
            ", ",
          )}`,
        );
        for (let n = 0; n < refused; n++) say(told`the store refused an event; it was left out`);
        for (const one of broadcasts) sayLoaded(path, one);
        sayDrift(drift);
      }
    },
    { makes: true },
  );
}
