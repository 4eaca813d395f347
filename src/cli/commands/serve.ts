import { type App, startApp } from "../../app/app.js";
import { type Config, readMachine } from "../../app/config.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Tokens } from "../../store/sql/tokens.js";
import { firstToken } from "../first-token.js";
import { boundGarbage } from "../heap.js";
import { makeLogger } from "../logger.js";
import { aborted, stopSignal } from "../stop.js";
import { plain, print, say } from "../terminal.js";

/** Starts the server with logs on stderr, and says what it means where others can reach it; the caller prints the rest. */
export async function start(config: Config): Promise<App> {
  const app = await startApp(config, readMachine(), systemClock, makeLogger(config.logLevel));
  boundGarbage();
  if (config.host !== "127.0.0.1" && config.host !== "localhost" && config.host !== "::1")
    say(`dylive listens on ${config.host}: whoever reaches this machine and has a token can read its rooms. Put TLS in front of it.`);
  return app;
}

/** Time that a process of a cluster is given to hand its rooms to others before it ends, in ms. */
const CLUSTER_GRACE_MS = 30_000;

/** `dylive serve`: the server until SIGINT or SIGTERM. */
export async function serve(config: Config, watch: readonly string[]): Promise<void> {
  const stop = stopSignal(config.databaseUrl === null ? undefined : CLUSTER_GRACE_MS);
  const app = await start(config);
  try {
    for (const room of watch) await watchRoom(app, room, stop);
    const first = await firstToken(app.store.tokens, config, Date.now());
    if (first !== null)
      say(
        `an admin token was made; ${first.file} keeps it, for you alone. The dashboard with it, shown this once:\n${app.url}/#token=${first.token}`,
      );
    else if (await areRevoked(app.store.tokens)) say("Every token is revoked. Make one: dylive token create --name NAME");
    await print(`dylive listens on ${app.url}`);
    if (config.role !== "collect") await print(`curl '${app.url}/douyin/liveroom/chat?token=TOKEN&room_id=ROOM'`);
    for (const { like, url } of app.compat) await print(`for clients of ${like}: ${url}`);
    await aborted(AbortSignal.any([stop, app.lost]));
    app.lost.throwIfAborted();
    say("stopping …");
  } finally {
    await app.close();
  }
}

/** Tells whether there are tokens and none is valid any more. */
async function areRevoked(tokens: Tokens): Promise<boolean> {
  const all = await tokens.list();
  return all.length > 0 && all.every((token) => token.revokedAt !== null);
}

/** Watches a room. A wrong text ends the command; a short link that cannot be followed now is told, and the rest goes on. */
async function watchRoom(app: App, text: string, stop: AbortSignal): Promise<void> {
  try {
    if (!(await app.rooms.watch(text, stop))) say(plain(`${text} is paused and stays so; dylive room resume goes on`));
  } catch (error) {
    if (!(error instanceof DyliveError) || error.row.fault === "caller") throw error;
    say(plain(`${text} is not watched: ${error.detail}. ${error.row.hint} Then: dylive room add`));
  }
}
