import type { Config } from "../../app/config.js";
import { lateErasures } from "../../erasure/late.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { told, toldAll } from "../../runtime/told.js";
import { loadFile } from "../files.js";
import { sayDrift, sayLoaded } from "../show.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine } from "../terminal.js";
import { withNewStore } from "../with-store.js";

/** `dylive import FILE…`: into the store, beside a running server or without one. */
export function importFiles(config: Config, files: readonly string[]): Promise<void> {
  const signal = interruptSignal();
  return withNewStore(config, async (store) => {
    for (const path of files) {
      if (signal.aborted)
        throw new DyliveError("stopping", told`stopped before ${path}; what was imported stays, and importing again adds only the rest`);
      const progress = new ProgressLine(path, told`messages`);
      const onBatch: Parameters<typeof loadFile>[1]["onBatch"] = ({ messages, capture }) =>
        progress.show(messages, capture.report.bytes / capture.size);
      const loaded = await loadFile(path, { store, clock: systemClock, signal, onBatch, readFirst: true, erased: lateErasures(store) });
      progress.end(
        told`${path}: ${toldAll(
          loaded.map(({ room }) => told`room ${room}`),
          ", ",
        )}`,
      );
      for (const one of loaded) sayLoaded(path, one);
      if (loaded[0]) sayDrift(loaded[0].drift);
    }
  });
}
