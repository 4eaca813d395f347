import { once } from "node:events";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { type CompatOptions, startCompat } from "../../src/compat/compat.js";
import { Feed } from "../../src/feed/feed.js";
import { compatAuthenticator } from "../../src/http/authentication.js";
import { createToken, type NewToken } from "../../src/http/tokens.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { tellerOf } from "../contracts/harness.js";
import { FakeManager } from "../http/fake-manager.js";

/** Serves the compat outputs over a store in memory, with rooms that need no platform. */
export async function serveCompat(options: Partial<CompatOptions> & { readonly tokenNeeded?: boolean; readonly clock?: Clock } = {}) {
  const { tokenNeeded = false, clock = systemClock, ...more } = options;
  const store = openSqliteStore({ path: ":memory:" });
  const rooms = new FakeManager(store);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const compat = await startCompat({
    host: "127.0.0.1",
    ports: { grab: 0, live: 0, tiktok: 0 },
    ...{ store, rooms, clock, onError, origins: [], feed: new Feed({ log: store.log, clock, onError }) },
    authenticator: compatAuthenticator({ tokens: store.tokens, rooms: store.rooms, clock, logger: pino({ level: "silent" }), tokenNeeded }),
    pollMs: 30_000,
    ...more,
  });
  onTestFinished(async () => {
    await compat.close();
    await store.close();
  });
  return {
    compat,
    store,
    rooms,
    errors,
    url: (name: "grab" | "live" | "tiktok") => compat.urls.find((one) => one.name === name)?.url ?? "",
    /** Makes a room known by this name, and collected. */
    collect: async (name: string) => {
      const room = await store.rooms.ensure([{ kind: "web_rid", value: name }], { webRid: name });
      rooms.say(room, "live");
      return room;
    },
    tell: tellerOf(store),
    token: async (more: Partial<NewToken> = {}) => {
      const { token, row } = await createToken(store.tokens, { name: "test", scope: "read", now: clock.now(), ...more });
      return { token, id: row.id };
    },
  };
}

/** A client that keeps what it is sent. */
export interface Client {
  readonly socket: WebSocket;
  readonly texts: string[];
  closed: { readonly code: number; readonly reason: string } | null;
}

export async function connect(url: string, options: ClientOptions = {}): Promise<Client> {
  const socket = new WebSocket(url, options);
  onTestFinished(() => socket.terminate());
  const client: Client = { socket, texts: [], closed: null };
  socket.on("message", (data) => client.texts.push(String(data)));
  socket.on("error", () => {});
  socket.once("close", (code, reason) => {
    client.closed = { code, reason: String(reason) };
  });
  await once(socket, "open");
  return client;
}
