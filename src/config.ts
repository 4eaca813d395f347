import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { DyliveError } from "./errors.js";

/** The account that `dylive login` makes when none is named. */
export const DEFAULT_ACCOUNT = "default";

const HTTP_URL = Type.String({ pattern: "^https?://[^\\s]+$" });

/** Every setting, with its default and unit. The environment variable of `maxOnDemandRooms` is `DYLIVE_MAX_ON_DEMAND_ROOMS`, and so on. */
export const ConfigSchema = Type.Object({
  host: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "address that the server listens on; loopback unless told otherwise",
  }),
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8787, description: "port that the server listens on; 0 takes a free one" }),
  data: Type.String({ minLength: 1, default: "./data", description: "folder for everything that is kept" }),
  upstream: Type.Union([HTTP_URL, Type.Null()], {
    default: null,
    description: "stand-in for the platform, such as the simulator: host H becomes URL/@H/…",
  }),
  signer: Type.Union([HTTP_URL, Type.Literal("browser"), Type.Null()], {
    default: null,
    description:
      "HTTP service that signs connections (POST {stub} gives {signature}), or browser; unset it is the browser, or the stand-in's own",
  }),
  source: Type.Enum(["websocket", "browser"], {
    default: "websocket",
    description: "how rooms are read: by connections of our own (websocket), or by a page each in the browser",
  }),
  account: Type.String({
    minLength: 1,
    maxLength: 32,
    default: DEFAULT_ACCOUNT,
    description: "account that rooms are watched as, as given to dylive login; guest is none",
  }),
  accountCheckMs: Type.Integer({
    minimum: 60_000,
    default: 3_600_000,
    description: "ms between looks whether accounts are still logged in",
  }),
  browser: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "program of the browser to use; else Chrome, Edge or Chromium is looked for",
  }),
  cdp: Type.Union([Type.String({ pattern: "^(https?|wss?)://[^\\s]+$" }), Type.Null()], {
    default: null,
    description: "DevTools address of a browser that you run yourself (chrome --remote-debugging-port=9222 --user-data-dir=FOLDER)",
  }),
  roomsPerContext: Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: "rooms that share one visitor in the browser" }),
  proxy: Type.Union([Type.String({ pattern: "^(https?|socks(4a?|5h?)?)://[^\\s]+$" }), Type.Null()], {
    default: null,
    description: "proxy towards the platform for all rooms: http(s):// or socks5://, with user:password@ if needed",
  }),
  userAgent: Type.String({
    minLength: 1,
    default: "Mozilla/5.0 (compatible; dylive)",
    description: "User-Agent towards the platform; must be the signer's",
  }),
  maxOnDemandRooms: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 50,
    description: "rooms collected because somebody asked, beside the watch list",
  }),
  onDemandIdleMs: Type.Integer({
    minimum: 1000,
    default: 600_000,
    description: "ms without a request after which an on-demand room is let go",
  }),
  pollMs: Type.Integer({ minimum: 1000, default: 30_000, description: "ms between looks at a wanted room that is not live" }),
  logLevel: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    default: "info",
    description: "least level that is logged",
  }),
});

/** The settings, complete. */
export type Config = Static<typeof ConfigSchema>;

/** The environment variable that sets a key. */
export function variableOf(key: keyof Config): string {
  return `DYLIVE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Reads the settings: defaults, then the environment, then what is given by hand (command-line options).
 * @throws DyliveError bad_config that names the variable and what it takes
 */
export function loadConfig(overrides: Partial<Config> = {}, env: NodeJS.ProcessEnv = process.env): Config {
  if (env["DATABASE_URL"])
    throw new DyliveError("bad_config", "DATABASE_URL is set, but this version keeps its data in SQLite only; unset it to go on");
  const given: Record<string, unknown> = {};
  for (const key of Object.keys(ConfigSchema.properties) as (keyof Config)[]) {
    const text = env[variableOf(key)];
    const value = overrides[key] ?? (text === undefined || text === "" ? undefined : parse(key, text));
    if (value !== undefined) given[key] = value;
  }
  const config = Value.Default(ConfigSchema, given);
  if (Value.Check(ConfigSchema, config)) return config;
  const first = Value.Errors(ConfigSchema, config)[0];
  const key = (first?.instancePath.split("/")[1] ?? "") as keyof Config;
  const about = (ConfigSchema.properties[key] as { description?: string } | undefined)?.description ?? "";
  throw new DyliveError("bad_config", `${variableOf(key)} ${first?.message ?? "is wrong"} (${about})`);
}

function parse(key: keyof Config, text: string): unknown {
  const numeric =
    /^-?\d+$/.test(text) &&
    !["host", "data", "upstream", "signer", "browser", "cdp", "proxy", "userAgent", "account", "source", "logLevel"].includes(key);
  return numeric ? Number(text) : text;
}

/** What the environment tells of this machine, for those who look for its browser or open a window on it. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly path: string;
  readonly home: string;
  readonly programFolders: readonly string[];
  /** Whether a window can be shown; only Unix without a desktop cannot. */
  readonly display: boolean;
}

export function readMachine(env: NodeJS.ProcessEnv = process.env, platform = process.platform): Machine {
  const programFolders = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => env[name] || []);
  const display = platform === "win32" || platform === "darwin" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  return { platform, path: env["PATH"] ?? "", home: env["HOME"] ?? "", programFolders, display };
}
