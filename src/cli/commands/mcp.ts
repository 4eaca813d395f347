import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Command, Option } from "commander";
import { pino } from "pino";
import { adminService } from "../../app/admin.js";
import { type Config, languageOf, loadConfig, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { shownSettings } from "../../cluster/settings.js";
import { lateInWorks, lateUntil } from "../../erasure/late.js";
import type { RoomOperations, RoomStatus, RoomView } from "../../health/state.js";
import type { AskApi } from "../../http/asked-api.js";
import { mcpServer } from "../../http/mcp.js";
import { type Api, startApi } from "../../http/server.js";
import { authenticate, hashToken } from "../../http/tokens.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { loadPackage } from "../../runtime/packages.js";
import { told } from "../../runtime/told.js";
import type { RoomKey } from "../../store/log.js";
import { storeAt } from "../../store/open.js";
import type { RoomRow } from "../../store/rooms.js";
import type { TokenRow } from "../../store/sql/tokens.js";
import type { Store } from "../../store/store.js";
import { WorkService } from "../../works/work-service.js";
import { stopSignal } from "../stop.js";
import { say } from "../terminal.js";
import { withStore } from "../with-store.js";
import { addRoom, rowOf } from "./room.js";

/** Age up to which the state of a room that a server told is taken for how it is now, in ms; a server tells it every five minutes at least. */
const FRESH_MS = 360_000;

interface McpOptions {
  readonly server?: string;
}

/** Adds `dylive mcp`. @param options make the options that name the data folder and a stand-in for the platform */
export function addMcpCommand(program: Command, options: { data: () => Option; upstream: () => Option }): void {
  program
    .command("mcp")
    .description("tools for programs of AI, by the Model Context Protocol on stdin and stdout")
    .option("--server <url>", "a running server to ask, in place of the data folder")
    .option("--token <token>", "what may be read and done (DYLIVE_TOKEN, which keeps it off the command line)")
    .addOption(options.data())
    .addOption(options.upstream())
    .action(({ server, ...settings }: Partial<Config> & McpOptions) => {
      const config = loadConfig(settings);
      const { token } = config;
      if (server !== undefined) return serve(askServer(...serverAt(server, token)));
      return besideStore(config, { as: "mcp", port: null }, ({ ask }, secret) =>
        serve(ask(token === null ? operator("mcp", secret) : { secret }, languageOf())),
      );
    });
}

/** Returns the address of a running server without a slash at its end, and the token for it. @throws DyliveError bad_request, no_token */
export function serverAt(server: string, token: string | null): [base: string, secret: string] {
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw new DyliveError("bad_request", told`--server must be an address such as http://127.0.0.1:8787`);
  if (token === null) throw new DyliveError("no_token", "--server needs a token: --token or DYLIVE_TOKEN");
  return [server.replace(/\/+$/, ""), token];
}

/** Makes the error of a server that does not answer. */
export function noServer(base: string, error: unknown): DyliveError {
  const { cause } = error as { readonly cause?: unknown };
  const why = String(cause instanceof Error ? cause.message : error instanceof Error ? error.message : error);
  return new DyliveError("bad_config", told`no dylive server answers at ${base} (--server): ${why}`, error);
}

function askServer(base: string, secret: string): AskApi {
  return async ({ method, url, body }, signal) => {
    const headers = {
      authorization: `Bearer ${secret}`,
      "accept-language": languageOf(),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    try {
      const answer = await fetch(base + url, {
        ...{ method, headers, signal, redirect: "error" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      signal.throwIfAborted();
      throw noServer(base, error);
    }
  };
}

/** Token of the one who has the files and names none: they may read all of it. */
function operator(id: string, secret: string): TokenRow {
  return {
    ...{ id, name: `dylive ${id}`, scope: "read", hash: hashToken(secret), rooms: [], perMinute: null },
    ...{ createdAt: 0, expiresAt: null, revokedAt: null, lastUsedAt: null },
  };
}

/**
 * Runs the server's routes over what is kept, beside a server that may be running, for one command.
 * @param of the command, whose own token lets in where the settings name none; and the port of loopback to listen on, null for none
 * @param use what is done with them, by a token's secret
 */
export function besideStore(
  config: Config,
  { as, port }: { readonly as: string; readonly port: number | null },
  use: (api: Api, secret: string) => Promise<void>,
): Promise<void> {
  return withStore(config, async (store) => {
    const clock = systemClock;
    if (config.token !== null) await authenticate(store.tokens, config.token, "read", clock.now()); // a wrong one is told at once
    const secret = config.token ?? randomBytes(32).toString("base64url");
    const reach = reachOf(config, readMachine(), clock);
    const reader = workReaderOf(config, reach, clock);
    const api = await startApi({
      host: "127.0.0.1",
      port,
      store: config.token === null ? withToken(store, operator(as, secret)) : store,
      rooms: roomsOf(config, store),
      clock,
      logger: pino({ level: port === null ? config.logLevel : "warn" }, process.stderr), // that it listens is nobody's news
      works: new WorkService({
        ...{ reader, works: store.works, clock },
        ...{ erased: lateInWorks(store), erasedUntil: lateUntil(store) },
      }),
      admin: adminService({
        ...{
          ...reach,
          config,
          clock,
          at: storeAt(config),
          accountDays: store.accountDays,
          retention: store.retention,
          settings: store.settings,
        },
        ...{ collected: async () => [], compat: () => [] },
      }),
    });
    try {
      await use(api, secret);
    } finally {
      await api.close();
      await reader.close();
      await reach.identities.close();
    }
  });
}

/** Returns a store that has a token more, which nobody else sees. */
function withToken(store: Store, token: TokenRow): Store {
  const { tokens } = store;
  const own = new Map([[token.hash, token]]);
  return {
    ...store,
    tokens: {
      ...tokens,
      find: async (hash) => own.get(hash) ?? tokens.find(hash),
      findAll: async (hashes) => new Map([...(await tokens.findAll(hashes)), ...own]),
    },
  };
}

/** Serves one client on stdin and stdout until it leaves or the command is stopped. */
async function serve(ask: AskApi): Promise<void> {
  const stop = stopSignal();
  if (process.stdin.isTTY) say(told`this talks with a program of AI, which starts it: docs/mcp.md says how. Ctrl-C ends it`);
  const { serveStdio } = loadPackage("@modelcontextprotocol/server/dist/stdio.cjs") as typeof import("@modelcontextprotocol/server/stdio");
  const left = Promise.race(["end", "close"].map((event) => once(process.stdin, event, { signal: stop }).catch(() => {})));
  const connection = serveStdio(() => mcpServer({ ask, language: languageOf(), clock: systemClock }), {
    maxSubscriptions: 0,
    onerror: ({ message }) => say(message),
  });
  tellUnreadable();
  await left;
  await connection.close();
  process.stdin.destroy();
}

/** Says of each line on stdin that is no JSON that it was passed over, which the package of the protocol does without a word: it may have been a question. */
function tellUnreadable(): void {
  createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
    try {
      if (line !== "") JSON.parse(line);
    } catch {
      say(told`a line on stdin is no JSON and was passed over: each message is one line`);
    }
  });
}

/** Returns the rooms of a store, as a server that collects them told how they are doing. */
function roomsOf(config: Config, { rooms }: Store): RoomOperations {
  const viewOf = async (row: RoomRow): Promise<RoomView> => {
    const told = await rooms.told(row.room);
    const status = told === null || Date.now() - told.at > FRESH_MS ? null : (JSON.parse(told.status) as RoomStatus);
    return { row: { ...row, settings: shownSettings(row.settings) }, aliases: await rooms.aliases(row.room), status };
  };
  const view = async (room: RoomKey) => viewOf(await rowOf(rooms, room));
  const refuse = async (): Promise<never> => {
    throw new DyliveError("not_offered", "rooms are managed by a server: give --server");
  };
  return {
    ...{ request: refuse, change: refuse, pause: refuse, resume: refuse, remove: refuse },
    status: () => null,
    list: async (which) => Promise.all((await rooms.list(which)).map(viewOf)),
    view,
    add: async (text, settings, _settleMs, signal) => view(await addRoom(config, rooms, text, settings, signal)),
  };
}
