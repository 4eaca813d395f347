import type { Command, Option } from "commander";
import { CHANGEABLE, type Config, changedValue, loadConfig, shownSettings, variableOf } from "../../app/config.js";
import { meantName } from "../../events/misspelt.js";
import { systemClock } from "../../runtime/clock.js";
import { FieldError } from "../../runtime/errors.js";
import { told, toldOf } from "../../runtime/told.js";
import { KEEP_SETTINGS } from "../../store/server-limits.js";
import { moment, print, printColumns, say } from "../terminal.js";
import { runningServers, withStore } from "../with-store.js";

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
    const servers = await runningServers(config, store);
    const started = servers.find((one) => one !== null) ?? {};
    const rows = shownSettings(loadConfig({}, {})).flatMap(({ key, name, value, about }) => {
      const setting = CHANGEABLE.find((one) => one === key);
      if (setting === undefined) return [];
      const change = changed.get(key);
      const by =
        setting in started ? told`the server's environment` : change === undefined ? null : told`${change.by}, ${moment(change.at)}`;
      return [[name, started[setting] ?? change?.value ?? value ?? told`no limit`, by, toldOf(about)]];
    });
    await printColumns([told`setting`, told`now`, told`set by`, told`what`], rows);
    const others = servers.filter((one) => one === null).length;
    if (servers.length === 0) await print(told`no server runs on this data: what one is started with wins over what was changed`);
    else if (others > 0)
      await print(told`how ${others} more that run on this data were started is not known here: what each was started with wins there`);
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
  if (text === "") throw new FieldError(name, "it takes a value, or none for its default");
  const value = text === "none" ? null : changedValue(setting, text);
  return withStore(config, async (store) => {
    const servers = await runningServers(config, store);
    const given = servers.filter((one) => one !== null && setting in one);
    if (given.length > 0 && given.length === servers.length)
      throw new FieldError(name, "the server was started with it: take it out of the environment and start it again, or change it there");
    await store.settings.change(new Map([[setting, { value, by: "dylive settings", at: systemClock.now() }]]));
    const now = value ?? loadConfig({}, {})[setting] ?? told`no limit`;
    const within = KEEP_SETTINGS.some((one) => one === setting) ? told`ten minutes` : told`half a minute`;
    if (servers.length === 0) say(told`${name} is ${now} for a server that is started without it: none runs on this data`);
    else if (given.length === 0 && !servers.includes(null)) say(told`${name} is ${now}: the running server follows within ${within}`);
    else say(told`${name} is ${now}: a running server follows within ${within}, unless it was started with another`);
  });
}
