import type { Command } from "commander";
import { CHANGEABLE, type Config, changedValue, type GivenSettings, loadConfig, variableOf } from "../../app/config.js";
import { meantName } from "../../events/misspelt.js";
import type { ServerSetting } from "../../http/v1/admin-schemas.js";
import { FieldError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { KEEP_SETTINGS } from "../../store/server-limits.js";
import { type LocalApi, withApi } from "../api.js";
import { asksApi, data } from "../options.js";
import { moment, print, printColumns, say } from "../terminal.js";

/** Adds `dylive settings list` and `set`. */
export function addSettingsCommands(program: Command): void {
  const settings = program.command("settings").description("settings that can be changed while a server runs");
  asksApi(settings.command("list").description("what each is now, and who changed it"), list);
  settings
    .command("set")
    .description("change one; a running server follows: limits of what is kept within ten minutes, others within half a minute")
    .argument("<name>", "its variable, as `dylive settings list` shows it")
    .argument("<value>", "what it takes, or none for its default (no limit)")
    .addOption(data())
    .action((name: string, value: string, given: GivenSettings) => set(loadConfig(given), name, value));
}

async function list(api: LocalApi): Promise<void> {
  const { settings } = await api.get<{ readonly settings: readonly ServerSetting[] }>("/settings");
  const names = CHANGEABLE.map(variableOf);
  const rows = settings
    .filter(({ name }) => names.includes(name))
    .map(({ name, value, about, from, changed }) => {
      const by = from === "start" ? msg`the server's environment` : changed === null ? null : msg`${changed.by}, ${moment(changed.at)}`;
      return [name, value ?? msg`no limit`, by, about];
    });
  await printColumns([msg`setting`, msg`now`, msg`set by`, msg`what`], rows);
  if (!api.isServers) await print(msg`what a server is started with wins over what was changed`);
}

function set(config: Config, name: string, text: string): Promise<void> {
  const setting = CHANGEABLE.find((one) => variableOf(one) === name);
  if (setting === undefined) {
    const meant = meantName(name, CHANGEABLE.map(variableOf));
    throw new FieldError(
      name,
      meant === null
        ? "it is no setting that can be changed while a server runs"
        : msg`it is no setting that can be changed while a server runs (did you mean ${meant}?)`,
    );
  }
  if (text === "") throw new FieldError(name, "it takes a value, or none for its default");
  const value = text === "none" ? null : changedValue(setting, text);
  return withApi(config, async (api) => {
    const { settings } = await api.ask<{ readonly settings: readonly ServerSetting[] }>("PATCH", "/settings", { body: { [name]: value } });
    const now = settings.find((one) => one.name === name)?.value ?? msg`no limit`;
    const within = KEEP_SETTINGS.some((one) => one === setting) ? msg`ten minutes` : msg`half a minute`;
    if (api.isServers) say(msg`${name} is ${now}: the running server follows within ${within}`);
    else if (config.databaseUrl === null) say(msg`${name} is ${now} for a server that is started without it: none runs on this data`);
    else say(msg`${name} is ${now}: a running server follows within ${within}, unless it was started with another`);
  });
}
