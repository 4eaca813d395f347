import { fastify } from "fastify";
import { type Logger, pino } from "pino";
import { onTestFinished } from "vitest";
import type { RoomOperations, RoomView } from "../../../src/health/state.js";
import { Authenticator, adminByDefault, authentication, SecretCipher } from "../../../src/http/authentication.js";
import { REQUEST_CHECKS } from "../../../src/http/check-request.js";
import { failureOf, sendFailure } from "../../../src/http/failure.js";
import { Listener } from "../../../src/http/listener.js";
import { eventStreamRoute } from "../../../src/http/streams/event-stream.js";
import { LiveStreams } from "../../../src/http/streams/live.js";
import { roomsStreamRoute } from "../../../src/http/streams/rooms-stream.js";
import { WsUpgrade } from "../../../src/http/streams/ws-connection.js";
import { createToken, HeldTokens, type NewToken } from "../../../src/http/tokens.js";
import { type Clock, systemClock } from "../../../src/runtime/clock.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import type { Store } from "../../../src/store/store.js";
import { type Claimed, claimed } from "../../contracts/harness.js";

/** A server that has the live streams only, over a real store. */
export interface LiveServer {
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  readonly live: LiveStreams;
  readonly token: string;
  /** What `/v1/rooms/stream` shows. */
  views: readonly RoomView[] | Promise<readonly RoomView[]>;
  /** Makes a room of this name and claims it. */
  room(name?: string): Promise<Claimed>;
  makeToken(more?: Partial<NewToken>): Promise<{ token: string; id: string }>;
  close(): Promise<void>;
}

/** How a {@link LiveServer} is made. */
export interface LiveServerOptions {
  readonly limits?: NonNullable<ConstructorParameters<typeof LiveStreams>[0]["limits"]>;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export async function serveLive(options: LiveServerOptions = {}): Promise<LiveServer> {
  const { limits = {}, clock = systemClock } = options;
  const store = options.store ?? openSqliteStore({ path: ":memory:" });
  const logger = options.logger ?? pino({ level: "silent" });
  const secrets = new SecretCipher();

  const listener = new Listener(secrets, clock);
  const app = fastify({ schemaController: REQUEST_CHECKS, serverFactory: (handler) => listener.make(handler) });
  app.setErrorHandler((error, request, reply) => sendFailure(request, reply, failureOf(error, request.id), error));
  const held = new HeldTokens(store.tokens, clock, (error) => logger.error({ err: error }));
  const live = new LiveStreams({ store, clock, logger, limits, held });
  const authenticator = new Authenticator({ tokens: store.tokens, secrets, clock, logger });
  const sockets = new WsUpgrade(live, authenticator);
  listener.upgrades((request, socket, head) => void sockets.upgrade(request, socket, head));
  const list: RoomOperations["list"] = async ({ after = 0, limit = Number.POSITIVE_INFINITY } = {}) =>
    (await server.views).filter(({ row }) => row.room > after).slice(0, limit);
  const rooms = { list } as unknown as RoomOperations;
  authentication(app, authenticator);
  await app.register(
    async (v1) => {
      adminByDefault(v1);
      eventStreamRoute(v1, { live });
      roomsStreamRoute(v1, { live, rooms });
    },
    { prefix: "/v1" },
  );
  await app.listen({ host: "127.0.0.1", port: 0 });
  const port = Number(new URL(app.listeningOrigin).port);
  const makeToken = async (more: Partial<NewToken> = {}) => {
    const made = await createToken(store.tokens, { name: "test", scope: "read", now: clock.now(), ...more });
    return { token: made.token, id: made.row.id };
  };
  let closing: Promise<void> | null = null;
  const server: LiveServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    store,
    live,
    token: (await makeToken()).token,
    views: [],
    room: (name = "98765") => claimed(store, name),
    makeToken,
    close: () => {
      listener.close();
      closing ??= live.close().then(async () => {
        listener.closeUnused();
        await app.close();
        await store.close();
      });
      return closing;
    },
  };
  onTestFinished(() => server.close());
  return server;
}
