import { isAbsolute, join, resolve } from "node:path";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { meantName, noSuch } from "../events/misspelt.js";
import type { Speakers } from "../http/speech.js";
import type { Language } from "../i18n/words.js";
import { browserPlaces } from "../platform/browser/find.js";
import { DyliveError } from "../runtime/errors.js";
import { shownOf } from "../runtime/mistake.js";
import { english, joinMsgs, Msg, type MsgOrText, msg, msgOf } from "../runtime/msg.js";
import { KEEP_SETTINGS, type KeepSettings, keepNow, PACE_SETTINGS } from "../store/server-limits.js";
import { ConfigSchema } from "./setting-schema.js";

/** Part of a setting's schema that is read. */
interface SettingSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly SettingSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly description?: string;
  /** Description of the texts that it takes, in words; absent where any text will do. */
  readonly takes?: string;
  /** A value that it takes. */
  readonly example?: string;
}

/** Describes what a setting takes, in words; values stand in backticks. */
export function takesOf(schema: SettingSchema): Msg {
  if (schema.anyOf !== undefined) {
    const ways = new Map(schema.anyOf.filter(({ type }) => type !== "null").map((one) => [english(takesOf(one)), takesOf(one)]));
    return joinMsgs([...ways.values()], ", or ");
  }
  if (schema.takes !== undefined) return msgOf(schema.takes);
  // As what a sentence says of one case: a value is the same in every language, also one that is a word.
  if (schema.enum !== undefined) return msg`${schema.enum.map((value) => `\`${value}\``).join(", ")}`;
  if (schema.const !== undefined) return msg`${`\`${schema.const}\``}`;
  if (schema.type === "boolean") return msg`true or false`;
  if (schema.type === "integer") {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
    return msg`a whole number, ${minimum.toLocaleString("en")} to ${maximum.toLocaleString("en")}`;
  }
  return schema.maxLength === undefined ? msg`text` : msg`text of up to ${schema.maxLength} characters`;
}

/** Returns a value that a setting takes, as it is written in the environment; null if it has none. */
export function exampleOf(schema: SettingSchema): string | null {
  const { example, enum: values, anyOf = [], default: given, type, minimum } = schema;
  if (example !== undefined) return example;
  // Another one than the default.
  if (values !== undefined) return values.find((value) => value !== given) ?? null;
  if (typeof given === "number" || typeof given === "string") return String(given);
  if (type === "integer") return String(minimum ?? 1);
  for (const one of anyOf) {
    const found = exampleOf(one);
    if (found !== null) return found;
  }
  return null;
}

/** A setting as the person who set it knows it. */
interface NamedSetting {
  /** Its variable or option. */
  readonly name: string;
  /** Text between that name and a value. */
  readonly assign: string;
  readonly schema: SettingSchema;
  /** Whether its value is secret. */
  readonly secret: boolean;
}

/** Length up to which values are repeated, in characters. */
const SHOWN_CHARS = 80;

/** Says what is wrong with a value, and what would be right. Never holds a secret: an address may have a password in it. */
function complaintOf({ name, assign, schema, secret }: NamedSetting, value: unknown): Msg {
  const text = String(shownOf(value));
  const shown = secret || /[@?]/.test(text) || text.length > SHOWN_CHARS ? msg`the value that it has` : shownOf(value);
  const example = exampleOf(schema);
  const takes = unquoted(takesOf(schema));
  const assigned = `${name}${assign}${example}`;
  const such = example === null ? takes : msg`${takes}, such as ${assigned}`;
  return msg`${name} does not take ${shown}. It takes ${such} (${msgOf(schema.description ?? "")})`;
}

/** Returns a sentence without the marks that a page shows values by. */
function unquoted({ words, values }: Msg): Msg {
  return new Msg(
    words.map((text) => text.replaceAll("`", "")),
    values.map((value) => (typeof value === "object" ? unquoted(value) : typeof value === "string" ? value.replaceAll("`", "") : value)),
  );
}

/** A type of message of the Open Platform, or `*`. */
const MESSAGE_TYPE = /^([a-z][a-z0-9_]{0,63}|\*)$/;

/** The settings, complete. */
export type Config = Static<typeof ConfigSchema>;

/** Settings that are given by hand; what is undefined is not. */
export type GivenSettings = { readonly [K in keyof Config]?: Config[K] | undefined };

/** Returns the environment variable that sets a key. */
export function variableOf(key: keyof Config): string {
  // The name that database operators know.
  if (key === "databaseUrl") return "DATABASE_URL";
  return `DYLIVE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Settings that a configuration was given, by the environment or by hand, also those that were given what is the default. */
const GIVEN = new WeakMap<Config, ReadonlySet<string>>();

/**
 * Reads the settings: defaults, then the environment, then what is given by hand (command-line options).
 * @throws DyliveError bad_config that names the variable and what it takes
 */
export function loadConfig(overrides: GivenSettings = {}, env: NodeJS.ProcessEnv = process.env): Config {
  const given: Record<string, unknown> = {};
  for (const key of Object.keys(ConfigSchema.properties) as (keyof Config)[]) {
    const text = env[variableOf(key)];
    const value = overrides[key] ?? (text === undefined || text === "" ? undefined : parse(key, text));
    if (value !== undefined) given[key] = value;
  }
  const option = (key: keyof Config) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const read = Object.keys(given);
  const config = complete(given, (key) => (overrides[key] === undefined ? [variableOf(key), "="] : [option(key), " "]));
  if (config.role !== "all" && config.databaseUrl === null)
    throw new DyliveError("bad_config", msg`${variableOf("role")} is ${config.role}, which needs a ${variableOf("databaseUrl")}`);
  GIVEN.set(config, new Set(read));
  return config;
}

/** Completes settings. @param nameOf a setting's name in the form in which it was given, and what stands before its value  @throws DyliveError bad_config */
function complete(given: Record<string, unknown>, nameOf: (key: keyof Config) => readonly [name: string, assign: string]): Config {
  const config = Value.Default(ConfigSchema, given);
  if (Value.Check(ConfigSchema, config)) return config;
  const first = Value.Errors(ConfigSchema, config)[0];
  const key = (first?.instancePath.split("/")[1] ?? "") as keyof Config;
  const [name, assign] = nameOf(key);
  const schema = ConfigSchema.properties[key] as SettingSchema;
  throw new DyliveError("bad_config", complaintOf({ name, assign, schema, secret: SECRET_SETTINGS.includes(key) }, given[key]));
}

/**
 * Completes the settings among the options that a program gives, and checks all of them; the environment is not read.
 * @param settings those that it may give
 * @param others its other options, each with what it takes
 * @throws DyliveError bad_config that names the option and what it takes, or that there is no such option
 */
export function settingsOf(options: object, settings: readonly (keyof Config)[], others: Readonly<Record<string, TSchema>>): Config {
  if (typeof options !== "object" || options === null) throw new DyliveError("bad_config", "the options are not an object");
  const known = [...Object.keys(others), ...settings];
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new DyliveError("bad_config", noSuch("option", unknown, known));
  for (const [name, value] of given) {
    const schema = others[name];
    if (schema !== undefined && !Value.Check(schema, value))
      throw new DyliveError("bad_config", complaintOf({ name, assign: ": ", schema: schema as SettingSchema, secret: false }, value));
  }
  return complete(Object.fromEntries(given.filter(([name]) => !Object.hasOwn(others, name))), (key) => [key, ": "]);
}

/**
 * Returns the variables of the environment that are no settings but look like one, each with the setting that was probably meant: it differs
 * by at most two letters.
 */
export function misspeltSettings(env: NodeJS.ProcessEnv = process.env): ReadonlyMap<string, string> {
  const known = (Object.keys(ConfigSchema.properties) as (keyof Config)[]).map(variableOf);
  const found = new Map<string, string>();
  for (const name of Object.keys(env)) {
    if (!name.startsWith("DYLIVE_") || known.includes(name)) continue;
    const meant = meantName(name, known);
    if (meant !== null) found.set(name, meant);
  }
  return found;
}

/**
 * Returns the language in which commands speak: that of `DYLIVE_LANG`, else of the locale.
 * @param locale that of the system, which counts where the environment names none
 */
export function languageOf(env: NodeJS.ProcessEnv = process.env, locale = Intl.DateTimeFormat().resolvedOptions().locale): Language {
  const asked = env[variableOf("lang")];
  if (asked === "zh" || asked === "en") return asked;
  const of = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"], locale].find((one) => one !== undefined && one !== "");
  return of?.startsWith("zh") === true ? "zh" : "en";
}

/** Secret settings. */
const SECRET_SETTINGS: readonly (keyof Config)[] = ["databaseUrl", "officialDataSecrets", "officialSecret", "officialPath", "token"];

/** Returns every setting as it may be shown: without secrets, and addresses without users, passwords and queries. */
export function shownSettings(
  config: Config,
): readonly { key: keyof Config; name: string; value: string | number | null; about: string }[] {
  return (Object.keys(ConfigSchema.properties) as (keyof Config)[]).map((key) => {
    const value = config[key];
    const { description = "" } = ConfigSchema.properties[key] as { description?: string };
    const empty = value === null || (typeof value === "object" && Object.keys(value).length === 0);
    const plain = typeof value === "string" ? value.replace(/^([a-z0-9+.-]+:\/\/).*@/is, "$1***@").replace(/\?.*$/s, "") : value;
    return {
      key,
      name: variableOf(key),
      value: empty ? null : SECRET_SETTINGS.includes(key) || typeof plain === "object" ? "***" : plain,
      about: description,
    };
  });
}

/** Whether a process was started with a setting: that it is the default's equal makes it no less given. @param config as it was loaded */
export function isGiven(config: Config, key: keyof Config): boolean {
  const given = GIVEN.get(config);
  if (given === undefined) throw new DyliveError("internal", "these settings were not loaded");
  return given.has(key);
}

/** Settings that may be changed while a server runs. */
export const CHANGEABLE = [...KEEP_SETTINGS, ...PACE_SETTINGS] as const;

/** Whether a setting may be changed while a server with this configuration runs: what it was started with wins. */
export function mayChange(config: Config, key: keyof Config): boolean {
  return CHANGEABLE.some((one) => one === key) && !isGiven(config, key);
}

/**
 * Reads a value that a setting is to be changed to, as its variable is read.
 * @throws DyliveError bad_config that names it and what it takes
 */
export function changedValue(key: (typeof CHANGEABLE)[number], text: string): number | string | null {
  return loadConfig({}, { [variableOf(key)]: text })[key];
}

function parse(key: keyof Config, text: string): unknown {
  if (key === "officialDataSecrets") return parseSecrets(text);
  return /^-?\d+$/.test(text) && takesNumber(key) ? Number(text) : text;
}

function takesNumber(key: keyof Config): boolean {
  const { type, anyOf = [] } = ConfigSchema.properties[key] as SettingSchema;
  return [type, ...anyOf.map((one) => one.type)].includes("integer");
}

/** Parses the secrets. Errors of JSON and of the schema are not passed on: they would quote what was read. */
function parseSecrets(text: string): unknown {
  const wrong = (why: MsgOrText) => new DyliveError("bad_config", msg`${variableOf("officialDataSecrets")} ${msgOf(why)}`);
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

/** Returns the environment with these settings, for a process of our own that is to have the same. */
export function environmentOf(config: Config, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const set = { ...env };
  for (const key of Object.keys(ConfigSchema.properties) as (keyof Config)[]) {
    const value = config[key];
    if (value === null) delete set[variableOf(key)];
    else set[variableOf(key)] = typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return set;
}

const MB = 1_000_000;

/** Returns the settings of what is kept that a server is started with. */
export function keepOf(config: Config): KeepSettings {
  return keepNow(config, new Map());
}

/** Returns, by these settings, the path of the folder of the server's downloads, and what it may hold, in bytes. */
export function downloadsOf({ data, downloads, downloadFileMb, downloadMb }: Config): {
  readonly folder: string;
  readonly maxFileBytes: number;
  readonly maxBytes: number;
} {
  return {
    folder: resolve(downloads ?? join(data, "downloads")),
    maxFileBytes: downloadFileMb * MB,
    maxBytes: downloadMb * MB,
  };
}

/** Facts that the environment tells of this machine, for code that looks for its browser or opens a window on it. */
export interface Machine {
  /** Programs that may be its browser, best first; none is a machine without one. */
  readonly browsers: readonly string[];
  /** Programs that may make speech; none by default. */
  readonly speakers?: Speakers;
  /** Whether a window can be shown; only Unix without a desktop cannot. */
  readonly display: boolean;
}

/** Programs that make speech (`http/speech.ts`). */
const SPEAKERS = ["espeak-ng", "piper"];

export function readMachine(env: NodeJS.ProcessEnv = process.env, platform = process.platform): Machine {
  const programFolders = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => env[name] || []);
  const folders = (env["PATH"] ?? "").split(platform === "win32" ? ";" : ":").filter(isAbsolute);
  const ending = platform === "win32" ? ".exe" : "";
  return {
    speakers: {
      programs: SPEAKERS.flatMap((name) => folders.map((folder) => join(folder, `${name}${ending}`))),
      env: Object.fromEntries(["PATH", "HOME", "SystemRoot"].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    },
    browsers: browserPlaces({ platform, path: env["PATH"] ?? "", home: env["HOME"] ?? "", programFolders }),
    display: platform === "win32" || platform === "darwin" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]),
  };
}
