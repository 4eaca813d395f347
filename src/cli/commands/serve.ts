import { rmSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { type App, startApp } from "../../app/app.js";
import { type Config, readMachine } from "../../app/config.js";
import { makeToken } from "../../http/tokens.js";
import { withoutPassword } from "../../platform/links/link.js";
import { systemClock } from "../../runtime/clock.js";
import { writeWhole } from "../../runtime/durable-file.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Tokens } from "../../store/sql/tokens.js";
import { aborted, stopSignal } from "../stop.js";
import { moment, plain, print, say } from "../terminal.js";

/** Starts the server with logs on stderr, and says what it means where others can reach it; the caller prints the rest. */
export async function start(config: Config): Promise<App> {
  const app = await startApp(config, readMachine(), systemClock, makeLogger(config.logLevel));
  boundGarbage();
  if (config.host !== "127.0.0.1" && config.host !== "localhost" && config.host !== "::1")
    say(
      msg`dylive listens on ${config.host}: everyone who reaches this machine and has a token can read its rooms. Put TLS in front of it.`,
    );
  return app;
}

/** `dylive serve`: the server until SIGINT or SIGTERM. */
export async function serve(config: Config, watch: readonly string[]): Promise<void> {
  const stop = stopSignal();
  const app = await start(config);
  try {
    for (const room of watch) await watchRoom(app, room, stop);
    const first = await firstToken(app.store.tokens, config, Date.now());
    if (first !== null)
      for (const line of [
        msg`an admin token was made; ${first.file} keeps it, for you alone. The dashboard with it, shown this once:`,
        `${app.url}/#token=${first.token}`,
      ])
        say(line);
    else if (await areRevoked(app.store.tokens)) say(msg`Every token is revoked. Make one: dylive token create --name NAME`);
    await print(msg`dylive listens on ${app.url}`);
    if (config.role !== "collect") await print(`curl "${app.url}/douyin/liveroom/chat?token=TOKEN&room_id=ROOM"`);
    for (const { like, url } of app.compat) await print(msg`for clients of ${like}: ${url}`);
    await aborted(stop);
    say(msg`stopping …`);
  } finally {
    await app.close();
  }
}

/** Tells whether there are tokens and none is valid any more. */
async function areRevoked(tokens: Tokens): Promise<boolean> {
  const all = await tokens.list();
  return all.length > 0 && all.every((token) => token.revokedAt !== null);
}

/** Watches a room. A wrong text ends the command; of a short link that cannot be followed now it says so, and goes on. */
async function watchRoom(app: App, text: string, stop: AbortSignal): Promise<void> {
  try {
    if (!(await app.rooms.watch(text, stop))) say(msg`${withoutPassword(text)} is paused and stays so; dylive room resume goes on`);
  } catch (error) {
    if (!(error instanceof DyliveError) || error.row.fault === "caller") throw error;
    say(msg`${withoutPassword(text)} is not watched: ${error.detail}. ${error.row.hint} Then: dylive room add`);
  }
}

/** Garbage that may come together before it is collected, in % of what is in use. */
const GARBAGE_PERCENT = 60;

/**
 * Has V8 collect garbage once it makes up a good half of what is in use. By itself V8 lets it grow to half of its limit, which is a quarter of
 * the machine's memory: a server that was busy for a minute would keep a gigabyte of it. More collections cost some percent of the CPU time
 * while it is busy. A limit of the heap (`--max-old-space-size`) would end the process when it is reached; this does not.
 */
export function boundGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
  // What is in use is known from the first collection on, and V8 waits long for that one.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}

const DEBUG = pino.levels.values["debug"] ?? 20;

/** Fields of a log line that say which process wrote it: people in a terminal know. */
const OF_THE_PROCESS: ReadonlySet<string> = new Set(["level", "time", "pid", "hostname", "msg"]);

/** Makes of a log's JSON lines what people read in a terminal: the local time, the level where it is no mere information, the words, the fields. */
export function readable(to: DestinationStream): DestinationStream {
  return {
    write(line) {
      const said = JSON.parse(line) as { level: number; time: number; msg?: string } & Record<string, unknown>;
      const clock = moment(said.time).slice(11, 19);
      const level = said.level === pino.levels.values["info"] ? "" : `${pino.levels.labels[said.level] ?? said.level}: `;
      const fields = Object.entries(said).flatMap(([name, value]) => (OF_THE_PROCESS.has(name) ? [] : [`${name}=${fieldText(value)}`]));
      to.write(`${plain(`${clock} ${level}${[said.msg ?? "", ...fields].join("  ")}`)}\n`);
    },
  };
}

function fieldText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return "message" in value ? String(value.message) : JSON.stringify(value);
}

/** Lasting ids of people, wherever they stand in a line: an erasure does not reach a log, so that has none. */
const SEC_UIDS = /MS4wLjABAAAA[A-Za-z0-9_-]+/g;

/**
 * Makes the server's log, one JSON object a line; in a terminal a line for people. The store says once that a database is away: what every part says of it
 * meanwhile is for `debug`.
 * @param to stderr unless given
 */
export function makeLogger(
  level: LoggerOptions["level"] & string,
  to: DestinationStream = process.stderr.isTTY === true ? readable(process.stderr) : pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      hooks: {
        streamWrite: (line) => line.replace(SEC_UIDS, "MS4wLjABAAAA…"),
        logMethod(said, log, level) {
          if (level > DEBUG && isOfAway(said[0])) this.debug(...said);
          else log.apply(this, said);
        },
      },
    },
    to,
  );
}

function isOfAway(said: unknown): boolean {
  const { err } = (said ?? {}) as { err?: { code?: unknown } };
  return err?.code === "store_unreachable";
}

/** A token that was made because there was none. */
interface FirstToken {
  readonly token: string;
  /** The file that holds it, for its owner alone. */
  readonly file: string;
}

/** All first tokens have this id, so that of processes that start together on one store only one makes it. */
const ID = "first";

/**
 * Makes an admin token when the store never had one, and writes it to `admin-token` in the data folder.
 * @param now ms UTC
 * @returns null when there are tokens, be they revoked: who revoked them all meant it; when another process makes it; and in a process that
 *   only collects: the token is for readers, who would look for it at a server
 */
export async function firstToken(tokens: Tokens, { data, role }: Pick<Config, "data" | "role">, now: number): Promise<FirstToken | null> {
  if (role === "collect" || (await tokens.list()).length > 0) return null;
  const { token, row } = makeToken({ name: "first start", scope: "admin", now });
  const file = join(data, "admin-token");
  await writeWhole(file, `${token}\n`); // before the token counts, so that a crash between loses nothing
  try {
    await tokens.add({ ...row, id: ID });
  } catch (error) {
    if (!(error instanceof DyliveError && error.code === "in_use")) throw error;
    rmSync(file);
    return null;
  }
  return { token, file };
}
