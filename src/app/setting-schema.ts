import { type TSchema, Type } from "typebox";
import { OPEN_PLATFORM } from "../platform/open-platform/push.js";

/** The account that `dylive login` makes when none is named. */
export const DEFAULT_ACCOUNT = "default";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

const TEXT = Type.String({ minLength: 1 });
const PORT = Type.Integer({ minimum: 0, maximum: 65_535 });
const SECRET = Type.String({ minLength: 1, maxLength: 256 });
/** Schema of a text of a certain form. @param takes that form, in words */
const form = (pattern: string, takes: string, example: string) => Type.String({ pattern, takes, example });
const HTTP_URL = form("^https?://[^\\s]+$", "an address, `http(s)://…`", "http://127.0.0.1:18000");

/** Schema of a setting without a default. */
const unset = <S extends TSchema>(schema: S, description: string) => Type.Union([schema, Type.Null()], { default: null, description });
const text = (value: string, description: string, maxLength?: number) =>
  Type.String({ minLength: 1, ...(maxLength !== undefined && { maxLength }), default: value, description });
const whole = (minimum: number, maximum: number, value: number, description: string) =>
  Type.Integer({ minimum, maximum, default: value, description });
const choice = <const V extends string>(values: readonly V[], value: V, description: string) =>
  Type.Enum(values, { default: value, description });
/** A limit of what is kept, in MB. */
const keepMb = (description: string) => unset(Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), description);
/** A limit of what is kept, in days: a hundred years at most. */
const keepDays = (description: string) => unset(Type.Integer({ minimum: 1, maximum: 36_500 }), description);

/** Every setting, with its default and unit. The environment variable of `maxOnDemandRooms` is `DYLIVE_MAX_ON_DEMAND_ROOMS`, and so on. */
export const ConfigSchema = Type.Object({
  lang: unset(Type.Enum(["zh", "en"]), "language in which commands speak; unset it is that of the locale"),
  host: text("127.0.0.1", "address that the server listens on; loopback by default"),
  port: whole(0, 65_535, 8787, "port that the server listens on; 0 takes a free one"),
  data: text("./data", "folder for everything that is kept"),
  databaseUrl: unset(
    form("^postgres(ql)?://[^\\s]+$", "an address, `postgres://…`", "postgres://user:password@127.0.0.1:5432/dylive"),
    "PostgreSQL 17 that keeps the store: postgres://user:password@host:port/database; unset it is a SQLite file in the data folder",
  ),
  role: choice(
    ["all", "collect", "serve"],
    "all",
    "what this process does: collect rooms, serve readers, or all; others than all need a DATABASE_URL",
  ),
  capacity: whole(1, 100_000, 1000, "most rooms that this process collects, where several share a database"),
  bufferMb: whole(
    1,
    100_000,
    64,
    "MB of memory for frames of all rooms that wait for a store that is away or slow; when it is full, the platform's connections are not read",
  ),
  name: unset(
    Type.String({ minLength: 1, maxLength: 64 }),
    "what this process is called where several share a database; unset its host and pid",
  ),
  upstream: unset(HTTP_URL, "stand-in for the platform, such as the simulator: host H becomes URL/@H/…"),
  signer: Type.Union([HTTP_URL, Type.Literal("browser"), Type.Null()], {
    default: null,
    description:
      "HTTP service that signs connections (POST {stub} gives {signature}), or browser; unset it is the browser, or the stand-in's own",
  }),
  source: choice(
    ["websocket", "browser"],
    "websocket",
    "how rooms are read: by connections of our own (websocket), or by a page each in the browser",
  ),
  account: text(DEFAULT_ACCOUNT, "account that rooms are watched as, as given to dylive login; guest is none", 32),
  worksAccount: text(
    "guest",
    "account that works are read as, as given to dylive login; guest is none, which is enough for a single work",
    32,
  ),
  downloads: unset(TEXT, "folder for files of works that the API downloads; unset it is downloads in the data folder"),
  recordings: unset(TEXT, "folder in which recorders write: the dashboard and the API may have danmaku written there; unset they may not"),
  downloadFileMb: whole(1, 1_000_000_000, 2_000, "MB that a file of a work may have; a larger one is not downloaded"),
  downloadMb: whole(
    1,
    1_000_000_000,
    20_000,
    "MB that all downloaded files in that folder may have; what would be beyond it is not downloaded",
  ),
  authorCheckMs: whole(
    300_000,
    DAY_MS,
    1_800_000,
    "ms between looks at the works of an author who is watched, give or take a tenth; after failures up to eight times as long",
  ),
  accountCheckMs: whole(60_000, DAY_MS, 3_600_000, "ms between looks whether accounts are still logged in"),
  speech: unset(TEXT, "program that speaks for overlays, espeak-ng or piper, or none; unset it is looked for on the PATH"),
  speechModel: unset(TEXT, "voice that piper speaks with: an .onnx file with its .json beside it"),
  browser: unset(TEXT, "program of the browser to use; else Chrome, Edge or Chromium is looked for"),
  cdp: unset(
    form("^(https?|wss?)://[^\\s]+$", "an address, `http(s)://…` or `ws(s)://…`", "http://127.0.0.1:9222"),
    "DevTools address of a browser that you run yourself (chrome --remote-debugging-port=9222 --user-data-dir=FOLDER)",
  ),
  record: choice(
    ["on", "off"],
    "off",
    "whether the frames of rooms are kept as they came, in DATA/raw, so that dylive redecode can read them again",
  ),
  roomsPerContext: whole(1, 1000, 20, "rooms that share one visitor in the browser"),
  proxy: unset(
    form("^(https?|socks(4a?|5h?)?)://[^\\s]+$", "an address, `http(s)://…` or `socks5://…`", "socks5://127.0.0.1:1080"),
    "proxy towards the platform for all rooms: http(s):// or socks5://, with user:password@ if needed",
  ),
  userAgent: text("Mozilla/5.0 (compatible; dylive)", "User-Agent towards the platform; must be the signer's"),
  maxOnDemandRooms: whole(1, 10_000, 50, "rooms collected on demand, beside the watch list"),
  onDemandIdleMs: whole(1000, YEAR_MS, 600_000, "ms without a request after which an on-demand room is let go"),
  requestsPerS: whole(1, 1000, 5, "pages of the platform that are asked for in a second, by this process for all of its rooms"),
  connectsPerS: whole(1, 1000, 20, "connections to the platform that are opened in a second, by this process for all of its rooms"),
  hookAllowPrivate: unset(
    TEXT,
    "private hosts that webhooks may reach: names, addresses and networks (receiver.lan,10.1.0.0/16) separated by commas",
  ),
  smtp: unset(
    Type.String({ pattern: "^smtps?://(?:[^\\s/?#@]+@)?(?:\\[[0-9a-fA-F:]+\\]|[^\\s/?#@:]+)(?::[0-9]{1,5})?(?:\\?from=[^\\s&]+)?$" }),
    "server that sends alarms as e-mail: smtps://USER:PASSWORD@HOST:PORT, with ?from=ADDRESS where the user is no address",
  ),
  hookPauseAfterMs: whole(60_000, YEAR_MS, 259_200_000, "ms of failing after which a webhook is paused"),
  pollMs: whole(1000, DAY_MS, 30_000, "ms between looks at a wanted room that is not live"),
  keepEventsDays: keepDays("days for which events are kept; unset for ever"),
  keepEventsMb: keepMb("MB of events that are kept of a room, by their JSON text; beyond it the oldest go"),
  keepStatisticsDays: keepDays("days for which statistics of a broadcast are kept after its last event; unset for ever"),
  keepRawDays: keepDays("days for which raw recordings are kept; unset for ever"),
  keepRawMb: keepMb("MB of raw recordings that are kept of a room; beyond it the oldest go"),
  keepWorksDays: keepDays(
    "days for which works and comments are kept after they were last read, and downloads with their files; unset for ever",
  ),
  keepStoreMb: keepMb("MB that the whole store may use on disk; beyond it the oldest events of any room go"),
  diskLowMb: whole(
    0,
    1_000_000_000,
    1024,
    "MB left on the disk of the data folder below which an event of the system's room says so; 0 is never",
  ),
  officialApp: unset(
    form("^[A-Za-z0-9_-]{1,64}$", "up to 64 letters, digits, `_` and `-`", "tt0123456789abcdef"),
    "id (tt…) of your app on the Open Platform, whose pushes are taken; see docs/official-push.md",
  ),
  officialPath: unset(
    form("^[A-Za-z0-9_-]{1,128}$", "up to 128 letters, digits, `_` and `-`", "push-7Qx2"),
    "last part of the address that is pushed to, best hard to guess; unset it is the app's id",
  ),
  officialDataSecrets: Type.Record(Type.String(), Type.Array(SECRET, { minItems: 1, maxItems: 4 }), {
    default: {},
    takes: "JSON: for each type of message, or `*`, a list of up to four texts",
    example: '{"*":["SECRET"]}',
    description: 'data secrets by type of message as JSON: {"live_gift":["NEW","OLD"],"*":["OTHERS"]}; any of a type is valid',
  }),
  officialSecret: unset(SECRET, "the app's secret, to start tasks, fetch what pushes lost and confirm; without it pushes are only taken"),
  token: unset(SECRET, "token by which `dylive mcp` and `dylive tail` ask; it says what may be read and done"),
  officialWindowMs: whole(1000, 3_600_000, 300_000, "ms by which the time in a push may differ from this machine's"),
  officialTokenUrl: Type.String({
    pattern: "^https?://[^\\s]+$",
    takes: "an address, `http(s)://…`",
    default: OPEN_PLATFORM.tokens,
    description: "where the Open Platform gives out access tokens",
  }),
  officialUpstream: unset(HTTP_URL, "stand-in for the Open Platform: host H becomes URL/@H/…"),
  compatGrabPort: unset(PORT, "port of the WebSocket for clients of DouyinBarrageGrab (theirs is 8888); off when unset"),
  compatLivePort: unset(PORT, "port of the WebSocket for clients of jwwsjlm/douyinLive (theirs is 1088); off when unset"),
  compatTiktokPort: unset(
    PORT,
    "port of the WebSocket with {event, data} in the style of TikTok-Live-Connector (TikFinity's is 21213); off when unset",
  ),
  compatToken: choice(
    ["auto", "always", "never"],
    "auto",
    "whether clients of the compat ports must add ?token=TOKEN; auto: unless the server listens on loopback",
  ),
  compatOrigins: unset(
    Type.String(),
    "origins of web pages that may read the compat ports without a token, with commas between; null is one for pages from files",
  ),
  logLevel: choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "info", "least level that is logged"),
});

/** Returns the schema of an option of the library that is no data. @param takes what it takes, in words */
export function optionOf(takes: string, is: (value: unknown) => boolean, description: string) {
  return Type.Refine(Type.Unknown({ takes, description }), is);
}

/** Returns the schema of an option that the library calls. */
export function callOption(description: string) {
  return optionOf("a function", (value) => typeof value === "function", description);
}

/** Tells whether a value has all of these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function");
}

/** Options of every call of the library that waits. */
export const WAITING = {
  signal: optionOf("an AbortSignal", (value) => value instanceof AbortSignal, "ends the work"),
  clock: optionOf("a clock with now, sleep and every", (value) => hasMethods(value, "now", "sleep", "every"), "time that counts"),
};
