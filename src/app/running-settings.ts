import type { Logger } from "pino";
import type { Clock } from "../runtime/clock.js";
import { PACE_SETTINGS } from "../store/server-limits.js";
import type { ChangedSetting } from "../store/sql/meta.js";
import type { Store } from "../store/store.js";
import { CHANGEABLE, type Config, mayChange, variableOf } from "./config.js";

/** Time between two looks whether another process changed settings, in ms. Waits that go by them follow ten seconds later. */
const LOOK_MS = 20_000;

type PaceSettings = Pick<Config, (typeof PACE_SETTINGS)[number]>;

interface RunningDeps {
  readonly settings: Pick<Store["settings"], "changed">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "level" | "error" | "child">;
}

/**
 * Pace and log level of this process: as it was started, else as they were changed while it ran. What is changed of any setting, by whichever
 * process or command, is logged as this process learns of it.
 */
export class RunningSettings {
  /** Rates that are read again for each request. */
  readonly rates: Pick<Config, "requestsPerS" | "connectsPerS">;
  readonly #config: Config;
  readonly #deps: RunningDeps;
  #now: PaceSettings;
  /** Last change of each setting that was looked at. */
  #known: ReadonlyMap<string, ChangedSetting> = new Map();
  #stop = () => {};

  constructor(config: Config, deps: RunningDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#now = config;
    const now = () => this.#now;
    this.rates = {
      get requestsPerS() {
        return now().requestsPerS;
      },
      get connectsPerS() {
        return now().connectsPerS;
      },
    };
  }

  get now(): PaceSettings {
    return this.#now;
  }

  /** Looks, and then again and again where other processes have the same store. */
  async start(isShared: boolean): Promise<void> {
    await this.look();
    if (isShared) this.#stop = this.#deps.clock.every(LOOK_MS, () => void this.look());
  }

  stop(): void {
    this.#stop();
  }

  /** Looks at what was changed, and goes by that. While the store cannot say, everything stays as it is. */
  async look(): Promise<void> {
    const { settings, logger } = this.#deps;
    try {
      const changed = await settings.changed();
      const counts = PACE_SETTINGS.flatMap((name) => {
        const value = mayChange(this.#config, name) ? (changed.get(name)?.value ?? null) : null;
        return value === null ? [] : [[name, value] as const];
      });
      const before = this.#now.logLevel;
      this.#now = { ...this.#config, ...Object.fromEntries(counts) };
      if (this.#now.logLevel !== before) logger.level = this.#now.logLevel;
      this.#tell(changed);
    } catch (error) {
      logger.error({ err: error }, "the settings that were changed while the server ran could not be read");
    }
  }

  #tell(changed: ReadonlyMap<string, ChangedSetting>): void {
    // At whatever level: the change to a higher one must be logged, too.
    const always = this.#deps.logger.child({}, { level: "info" });
    for (const key of CHANGEABLE) {
      const change = changed.get(key);
      const known = this.#known.get(key);
      if (change === undefined || (known?.at === change.at && known.by === change.by && known.value === change.value)) continue;
      const { value, by, at } = change;
      const about = { setting: variableOf(key), value, by, changedAt: new Date(at).toISOString() };
      if (mayChange(this.#config, key)) always.info(about, "goes by a setting that was changed (null: its default)");
      else always.info(about, "a setting was changed, which does not count here: this server was started with it");
    }
    this.#known = changed;
  }
}
