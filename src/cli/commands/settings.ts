import { type Command, InvalidArgumentError, type Option } from "commander";
import { type Config, keepOf, loadConfig, shownSettings, variableOf } from "../../app/config.js";
import { meantName } from "../../events/misspelt.js";
import { systemClock } from "../../runtime/clock.js";
import { FieldError } from "../../runtime/errors.js";
import { told, toldOf } from "../../runtime/told.js";
import { KEEP_SETTINGS } from "../../store/server-limits.js";
import { moment, printColumns, say } from "../terminal.js";
import { withStore } from "../with-store.js";

/** Largest value of a setting. */
const MOST = 1_000_000_000;

/** Adds `dylive settings list` and `set`. @param data makes the option that names the data folder */
export function addSettingsCommands(program: Command, data: () => Option): void {
  const settings = program.command("settings").description("settings that can be changed while a server runs");
  settings
    .command("list")
    .description("what each is now, and who changed it")
    .addOption(data())
    .action((given: Partial<Config>) => list(loadConfig(given)));
  settings
    .command("set")
    .description("change one; a running server follows within ten minutes")
    .argument("<name>", "its variable, as `dylive settings list` shows it")
    .argument("<value>", "a whole number, or none for no limit", limitOf)
    .addOption(data())
    .action((name: string, value: number | null, given: Partial<Config>) => set(loadConfig(given), name, value));
}

function list(config: Config): Promise<void> {
  return withStore(config, async (store) => {
    const changed = await store.settings.changed();
    const started = keepOf(config);
    const rows = shownSettings(config).flatMap(({ key, name, about }) => {
      const setting = KEEP_SETTINGS.find((one) => one === key);
      if (setting === undefined) return [];
      const change = started[setting] === null ? changed.get(setting) : undefined;
      const by = started[setting] !== null ? told`the environment` : change === undefined ? null : told`${change.by}, ${moment(change.at)}`;
      return [[name, started[setting] ?? change?.value ?? told`no limit`, by, toldOf(about)]];
    });
    await printColumns([told`setting`, told`now`, told`set by`, told`what`], rows);
  });
}

function set(config: Config, name: string, value: number | null): Promise<void> {
  const setting = KEEP_SETTINGS.find((one) => variableOf(one) === name);
  if (setting === undefined) {
    const meant = meantName(name, KEEP_SETTINGS.map(variableOf));
    throw new FieldError(
      name,
      meant === null
        ? "it cannot be changed while the server runs"
        : told`it cannot be changed while the server runs; did you mean ${meant}?`,
    );
  }
  if (keepOf(config)[setting] !== null)
    throw new FieldError(name, "the server was started with it: take it out of the environment and start it again, or change it there");
  return withStore(config, async (store) => {
    const at = systemClock.now();
    await store.settings.change(new Map([[setting, value === null ? null : { value, by: "dylive settings", at }]]));
    say(told`${name} is ${value ?? told`no limit`}: a running server follows within ten minutes, unless its environment says otherwise`);
  });
}

function limitOf(text: string): number | null {
  if (text === "none") return null;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < 1 || value > MOST) throw new InvalidArgumentError("It takes a whole number from 1 on, or none.");
  return value;
}
