import type { Logger } from "pino";
import type { Jobs } from "../jobs/jobs.js";
import type { Clock } from "../runtime/clock.js";
import type { RawRecorder } from "../sources/raw/recorder.js";
import type { Store } from "../store/store.js";
import type { Config } from "./config.js";

/** What the parts of a server share, and those of a command that has the data folder for itself. */
export interface AppContext {
  readonly config: Config;
  readonly store: Store;
  /** Long work on the store. */
  readonly jobs: Jobs;
  /** Closes and compresses what was recorded. */
  readonly raw: Pick<RawRecorder, "rotate">;
  readonly clock: Clock;
  readonly logger: Logger;
}
