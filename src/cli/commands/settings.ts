import type { Command, Option } from "commander";
import { CHANGEABLE, type Config, changedValue, loadConfig, mayChange, shownSettings, variableOf } from "../../app/config.js";
import { meantName } from "../../events/misspelt.js";
import { systemClock } from "../../runtime/clock.js";
import { FieldError } from "../../runtime/errors.js";
import { told, toldOf } from "../../runtime/told.js";
import { KEEP_SETTINGS } from "../../store/server-limits.js";
import { moment, printColumns, say } from "../terminal.js";
import { withStore } from "../with-store.js";

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
    .description("change one; a running server follows: limits of what is kept within ten minutes, others within half a minute")
    .argument("<name>", "its variable, as `dylive settings list` shows it")
    .argument("<value>", "what it takes, or none for its default (no limit)")
    .addOption(data())
    .action((name: string, value: string, given: Partial<Config>) => set(loadConfig(given), name, value));
}

function list(config: Config): Promise<void> {
  return withStore(config, async (store) => {
    const changed = await store.settings.changed();
    const rows = shownSettings(config).flatMap(({ key, name, value, about }) => {
      if (!CHANGEABLE.some((one) => one === key)) return [];
      const change = mayChange(config, key) ? changed.get(key) : undefined;
      const by = !mayChange(config, key) ? told`the environment` : change === undefined ? null : told`${change.by}, ${moment(change.at)}`;
      return [[name, change?.value ?? value ?? told`no limit`, by, toldOf(about)]];
    });
    await printColumns([told`setting`, told`now`, told`set by`, told`what`], rows);
  });
}

function set(config: Config, name: string, text: string): Promise<void> {
  const setting = CHANGEABLE.find((one) => variableOf(one) === name);
  if (setting === undefined) {
    const meant = meantName(name, CHANGEABLE.map(variableOf));
    throw new FieldError(
      name,
      meant === null
        ? "it is no setting that can be changed while a server runs"
        : told`it is no setting that can be changed while a server runs (did you mean ${meant}?)`,
    );
  }
  if (!mayChange(config, setting))
    throw new FieldError(name, "the server was started with it: take it out of the environment and start it again, or change it there");
  if (text === "") throw new FieldError(name, "it takes a value, or none for its default");
  const value = text === "none" ? null : changedValue(setting, text);
  return withStore(config, async (store) => {
    const at = systemClock.now();
    await store.settings.change(new Map([[setting, value === null ? null : { value, by: "dylive settings", at }]]));
    const within = KEEP_SETTINGS.some((one) => one === setting) ? told`ten minutes` : told`half a minute`;
    say(
      told`${name} is ${value ?? config[setting] ?? told`no limit`}: a running server follows within ${within}, unless its environment says otherwise`,
    );
  });
}
