import { pino } from "pino";
import { type App, startApp } from "../app.js";
import { systemClock } from "../clock.js";
import { type Config, readMachine } from "../config.js";
import { DyliveError } from "../errors.js";
import { firstToken } from "./first-token.js";
import { aborted, stopSignal } from "./stop.js";
import { plain, print, say } from "./terminal.js";

/** Starts the server with logs on stderr; the caller prints the rest. */
export function start(config: Config): Promise<App> {
  return startApp(config, readMachine(), systemClock, pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true })));
}

/** `dylive serve`: the server until SIGINT or SIGTERM. */
export async function serve(config: Config, watch: readonly string[]): Promise<void> {
  const stop = stopSignal();
  const app = await start(config);
  try {
    for (const room of watch) await watchRoom(app, room, stop);
    if (config.host !== "127.0.0.1" && config.host !== "localhost" && config.host !== "::1")
      say(`dylive listens on ${config.host}: whoever reaches this machine and has a token can read its rooms. Put TLS in front of it.`);
    const first = await firstToken(app.store.tokens, config.data, Date.now());
    if (first !== null) say(`an admin token, shown this once; ${first.file} keeps it, for you alone:\n${first.token}`);
    else if ((await app.store.tokens.list()).every((token) => token.revokedAt !== null))
      say("Every token is revoked. Make one: dylive token create --name NAME");
    await print(`dylive listens on ${app.url}`);
    await print(`curl '${app.url}/douyin/liveroom/chat?token=TOKEN&room_id=ROOM'`);
    for (const { like, url } of app.compat) await print(`for clients of ${like}: ${url}`);
    await aborted(stop);
    say("stopping …");
  } finally {
    await app.close();
  }
}

/** A wrong text ends the command; a short link that cannot be followed now is told, and the rest goes on. */
async function watchRoom(app: App, text: string, stop: AbortSignal): Promise<void> {
  try {
    await app.rooms.watch(text, stop);
  } catch (error) {
    if (!(error instanceof DyliveError) || error.row.fault === "caller") throw error;
    say(plain(`${text} is not watched: ${error.detail}. ${error.row.hint} Then: dylive room add`));
  }
}
