import { Type } from "typebox";
import { OPEN_PLATFORM } from "../platform/open-platform/push.js";

/** The account that `dylive login` makes when none is named. */
export const DEFAULT_ACCOUNT = "default";

const PORT = Type.Integer({ minimum: 0, maximum: 65535 });
const HTTP_URL = Type.String({ pattern: "^https?://[^\\s]+$", takes: "an address, `http(s)://…`", example: "http://127.0.0.1:18000" });

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** Returns the schema of a limit of what is kept, in MB. */
const KeepMb = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Null()], { default: null, description });
/** Returns the schema of a limit of what is kept, in days: a hundred years at most. */
const KeepDays = (description: string) =>
  Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()], { default: null, description });

/** Every setting, with its default and unit. The environment variable of `maxOnDemandRooms` is `DYLIVE_MAX_ON_DEMAND_ROOMS`, and so on. */
export const ConfigSchema = Type.Object({
  lang: Type.Union([Type.Enum(["zh", "en"]), Type.Null()], {
    default: null,
    description: "language in which commands speak; unset it is that of the locale",
  }),
  host: Type.String({
    minLength: 1,
    default: "127.0.0.1",
    description: "address that the server listens on; loopback by default",
  }),
  port: Type.Integer({ minimum: 0, maximum: 65535, default: 8787, description: "port that the server listens on; 0 takes a free one" }),
  data: Type.String({ minLength: 1, default: "./data", description: "folder for everything that is kept" }),
  databaseUrl: Type.Union(
    [
      Type.String({
        pattern: "^postgres(ql)?://[^\\s]+$",
        takes: "an address, `postgres://…`",
        example: "postgres://user:password@127.0.0.1:5432/dylive",
      }),
      Type.Null(),
    ],
    {
      default: null,
      description:
        "PostgreSQL 17 that keeps the store: postgres://user:password@host:port/database; unset it is a SQLite file in the data folder",
    },
  ),
  role: Type.Enum(["all", "collect", "serve"], {
    default: "all",
    description: "what this process does: collect rooms, serve readers, or all; others than all need a DATABASE_URL",
  }),
  capacity: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 1000,
    description: "most rooms that this process collects, where several share a database",
  }),
  bufferMb: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 64,
    description:
      "MB of memory for frames of all rooms that wait for a store that is away or slow; when it is full, the platform's connections are not read",
  }),
  name: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()], {
    default: null,
    description: "what this process is called where several share a database; unset its host and pid",
  }),
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
  worksAccount: Type.String({
    minLength: 1,
    maxLength: 32,
    default: "guest",
    description: "account that works are read as, as given to dylive login; guest is none, which is enough for a single work",
  }),
  downloads: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "folder for files of works that the API downloads; unset it is downloads in the data folder",
  }),
  recordings: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "folder in which recorders write: the dashboard and the API may have danmaku written there; unset they may not",
  }),
  downloadFileMb: Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    default: 2_000,
    description: "MB that a file of a work may have; a larger one is not downloaded",
  }),
  downloadMb: Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    default: 20_000,
    description: "MB that all downloaded files in that folder may have; what would be beyond it is not downloaded",
  }),
  authorCheckMs: Type.Integer({
    minimum: 300_000,
    maximum: DAY_MS,
    default: 1_800_000,
    description:
      "ms between looks at the works of an author who is watched, give or take a tenth; after failures up to eight times as long",
  }),
  accountCheckMs: Type.Integer({
    minimum: 60_000,
    maximum: DAY_MS,
    default: 3_600_000,
    description: "ms between looks whether accounts are still logged in",
  }),
  speech: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "program that speaks for overlays, espeak-ng or piper, or none; unset it is looked for on the PATH",
  }),
  speechModel: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "voice that piper speaks with: an .onnx file with its .json beside it",
  }),
  browser: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "program of the browser to use; else Chrome, Edge or Chromium is looked for",
  }),
  cdp: Type.Union(
    [
      Type.String({
        pattern: "^(https?|wss?)://[^\\s]+$",
        takes: "an address, `http(s)://…` or `ws(s)://…`",
        example: "http://127.0.0.1:9222",
      }),
      Type.Null(),
    ],
    {
      default: null,
      description: "DevTools address of a browser that you run yourself (chrome --remote-debugging-port=9222 --user-data-dir=FOLDER)",
    },
  ),
  record: Type.Enum(["on", "off"], {
    default: "off",
    description: "whether the frames of rooms are kept as they came, in DATA/raw, so that dylive redecode can read them again",
  }),
  roomsPerContext: Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: "rooms that share one visitor in the browser" }),
  proxy: Type.Union(
    [
      Type.String({
        pattern: "^(https?|socks(4a?|5h?)?)://[^\\s]+$",
        takes: "an address, `http(s)://…` or `socks5://…`",
        example: "socks5://127.0.0.1:1080",
      }),
      Type.Null(),
    ],
    {
      default: null,
      description: "proxy towards the platform for all rooms: http(s):// or socks5://, with user:password@ if needed",
    },
  ),
  userAgent: Type.String({
    minLength: 1,
    default: "Mozilla/5.0 (compatible; dylive)",
    description: "User-Agent towards the platform; must be the signer's",
  }),
  maxOnDemandRooms: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 50,
    description: "rooms collected on demand, beside the watch list",
  }),
  onDemandIdleMs: Type.Integer({
    minimum: 1000,
    maximum: YEAR_MS,
    default: 600_000,
    description: "ms without a request after which an on-demand room is let go",
  }),
  requestsPerS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 5,
    description: "pages of the platform that are asked for in a second, by this process for all of its rooms",
  }),
  connectsPerS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 20,
    description: "connections to the platform that are opened in a second, by this process for all of its rooms",
  }),
  hookAllowPrivate: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
    default: null,
    description: "private hosts that webhooks may reach: names, addresses and networks (receiver.lan,10.1.0.0/16) separated by commas",
  }),
  smtp: Type.Union(
    [
      Type.String({ pattern: "^smtps?://(?:[^\\s/?#@]+@)?(?:\\[[0-9a-fA-F:]+\\]|[^\\s/?#@:]+)(?::[0-9]{1,5})?(?:\\?from=[^\\s&]+)?$" }),
      Type.Null(),
    ],
    {
      default: null,
      description: "server that sends alarms as e-mail: smtps://USER:PASSWORD@HOST:PORT, with ?from=ADDRESS where the user is no address",
    },
  ),
  hookPauseAfterMs: Type.Integer({
    minimum: 60_000,
    maximum: YEAR_MS,
    default: 259_200_000,
    description: "ms of failing after which a webhook is paused",
  }),
  pollMs: Type.Integer({
    minimum: 1000,
    maximum: DAY_MS,
    default: 30_000,
    description: "ms between looks at a wanted room that is not live",
  }),
  keepEventsDays: KeepDays("days for which events are kept; unset for ever"),
  keepEventsMb: KeepMb("MB of events that are kept of a room, by their JSON text; beyond it the oldest go"),
  keepStatisticsDays: KeepDays("days for which statistics of a broadcast are kept after its last event; unset for ever"),
  keepRawDays: KeepDays("days for which raw recordings are kept; unset for ever"),
  keepRawMb: KeepMb("MB of raw recordings that are kept of a room; beyond it the oldest go"),
  keepWorksDays: KeepDays(
    "days for which works and comments are kept after they were last read, and downloads with their files; unset for ever",
  ),
  keepStoreMb: KeepMb("MB that the whole store may use on disk; beyond it the oldest events of any room go"),
  diskLowMb: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    default: 1024,
    description: "MB left on the disk of the data folder below which an event of the system's room says so; 0 is never",
  }),
  officialApp: Type.Union(
    [
      Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$", takes: "up to 64 letters, digits, `_` and `-`", example: "tt0123456789abcdef" }),
      Type.Null(),
    ],
    {
      default: null,
      description: "id (tt…) of your app on the Open Platform, whose pushes are taken; see docs/official-push.md",
    },
  ),
  officialPath: Type.Union(
    [
      Type.String({ pattern: "^[A-Za-z0-9_-]{1,128}$", takes: "up to 128 letters, digits, `_` and `-`", example: "push-7Qx2" }),
      Type.Null(),
    ],
    {
      default: null,
      description: "last part of the address that is pushed to, best hard to guess; unset it is the app's id",
    },
  ),
  officialDataSecrets: Type.Record(Type.String(), Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 4 }), {
    default: {},
    takes: "JSON: for each type of message, or `*`, a list of up to four texts",
    example: '{"*":["SECRET"]}',
    description: 'data secrets by type of message as JSON: {"live_gift":["NEW","OLD"],"*":["OTHERS"]}; any of a type is valid',
  }),
  officialSecret: Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()], {
    default: null,
    description: "the app's secret, to start tasks, fetch what pushes lost and confirm; without it pushes are only taken",
  }),
  token: Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()], {
    default: null,
    description: "token by which `dylive mcp` and `dylive tail` ask; it says what may be read and done",
  }),
  officialWindowMs: Type.Integer({
    minimum: 1000,
    maximum: 3_600_000,
    default: 300_000,
    description: "ms by which the time in a push may differ from this machine's",
  }),
  officialTokenUrl: Type.String({
    pattern: "^https?://[^\\s]+$",
    takes: "an address, `http(s)://…`",
    default: OPEN_PLATFORM.tokens,
    description: "where the Open Platform gives out access tokens",
  }),
  officialUpstream: Type.Union([HTTP_URL, Type.Null()], {
    default: null,
    description: "stand-in for the Open Platform: host H becomes URL/@H/…",
  }),
  compatGrabPort: Type.Union([PORT, Type.Null()], {
    default: null,
    description: "port of the WebSocket for clients of DouyinBarrageGrab (theirs is 8888); off when unset",
  }),
  compatLivePort: Type.Union([PORT, Type.Null()], {
    default: null,
    description: "port of the WebSocket for clients of jwwsjlm/douyinLive (theirs is 1088); off when unset",
  }),
  compatTiktokPort: Type.Union([PORT, Type.Null()], {
    default: null,
    description: "port of the WebSocket with {event, data} in the style of TikTok-Live-Connector (TikFinity's is 21213); off when unset",
  }),
  compatToken: Type.Enum(["auto", "always", "never"], {
    default: "auto",
    description: "whether clients of the compat ports must add ?token=TOKEN; auto: unless the server listens on loopback",
  }),
  compatOrigins: Type.Union([Type.String(), Type.Null()], {
    default: null,
    description:
      "origins of web pages that may read the compat ports without a token, with commas between; null is one for pages from files",
  }),
  logLevel: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    default: "info",
    description: "least level that is logged",
  }),
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
