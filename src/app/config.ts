import type { Static } from "typebox";
import { Value } from "typebox/value";
import { browserPlaces } from "../platform/browser/find.js";
import { DyliveError } from "../runtime/errors.js";
import { ConfigSchema } from "./setting-schema.js";
import { complaintOf, type SettingSchema } from "./setting-takes.js";

/** A type of message of the Open Platform, or `*`. */
const MESSAGE_TYPE = /^([a-z][a-z0-9_]{0,63}|\*)$/;

/** The settings, complete. */
export type Config = Static<typeof ConfigSchema>;

/** The environment variable that sets a key. */
export function variableOf(key: keyof Config): string {
  // The name that whoever runs databases gives it.
  if (key === "databaseUrl") return "DATABASE_URL";
  return `DYLIVE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Reads the settings: defaults, then the environment, then what is given by hand (command-line options).
 * @throws DyliveError bad_config that names the variable and what it takes
 */
export function loadConfig(overrides: Partial<Config> = {}, env: NodeJS.ProcessEnv = process.env): Config {
  const given: Record<string, unknown> = {};
  for (const key of Object.keys(ConfigSchema.properties) as (keyof Config)[]) {
    const text = env[variableOf(key)];
    const value = overrides[key] ?? (text === undefined || text === "" ? undefined : parse(key, text));
    if (value !== undefined) given[key] = value;
  }
  const config = Value.Default(ConfigSchema, given);
  if (Value.Check(ConfigSchema, config)) {
    if (config.role !== "all" && config.databaseUrl === null)
      throw new DyliveError("bad_config", `${variableOf("role")} is ${config.role}, which needs a ${variableOf("databaseUrl")}`);
    return config;
  }
  const first = Value.Errors(ConfigSchema, config)[0];
  const key = (first?.instancePath.split("/")[1] ?? "") as keyof Config;
  const option = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const [name, assign] = overrides[key] === undefined ? [variableOf(key), "="] : [`--${option}`, " "];
  const schema = ConfigSchema.properties[key] as SettingSchema;
  throw new DyliveError("bad_config", complaintOf({ name, assign, schema, secret: SECRET_SETTINGS.includes(key) }, given[key]));
}

/** Settings that nobody is shown. */
export const SECRET_SETTINGS: readonly (keyof Config)[] = ["databaseUrl", "officialDataSecrets", "officialSecret", "officialPath"];

function parse(key: keyof Config, text: string): unknown {
  if (key === "officialDataSecrets") return parseSecrets(text);
  return /^-?\d+$/.test(text) && takesNumber(key) ? Number(text) : text;
}

function takesNumber(key: keyof Config): boolean {
  const { type, anyOf = [] } = ConfigSchema.properties[key] as SettingSchema;
  return [type, ...anyOf.map((one) => one.type)].includes("integer");
}

/** Errors of JSON and of the schema are not passed on: they would quote what was read. */
function parseSecrets(text: string): unknown {
  const wrong = (why: string) => new DyliveError("bad_config", `${variableOf("officialDataSecrets")} ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong("is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("must be a JSON object: types with their secrets");
  if (!Object.keys(value).every((type) => MESSAGE_TYPE.test(type)))
    throw wrong("names a type that is none, such as live_gift, or * for all others");
  return value;
}

/** The environment with these settings, for a process of our own that is to have the same. */
export function environmentOf(config: Config, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const set = { ...env };
  for (const key of Object.keys(ConfigSchema.properties) as (keyof Config)[]) {
    const value = config[key];
    if (value === null) delete set[variableOf(key)];
    else set[variableOf(key)] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return set;
}

/** What the environment tells of this machine, for those who look for its browser or open a window on it. */
export interface Machine {
  /** Programs that may be its browser, best first; none is a machine without one. */
  readonly browsers: readonly string[];
  /** Whether a window can be shown; only Unix without a desktop cannot. */
  readonly display: boolean;
}

export function readMachine(env: NodeJS.ProcessEnv = process.env, platform = process.platform): Machine {
  const programFolders = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => env[name] || []);
  return {
    browsers: browserPlaces({ platform, path: env["PATH"] ?? "", home: env["HOME"] ?? "", programFolders }),
    display: platform === "win32" || platform === "darwin" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]),
  };
}
