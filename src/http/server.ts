import { randomBytes } from "node:crypto";
import { type FastifyInstance, fastify, LogController } from "fastify";
import { LocalExports } from "../exports/export.js";
import type { Feed } from "../feed/feed.js";
import type { RoomStatus } from "../health/state.js";
import { AllowedHosts } from "../runtime/allowed-hosts.js";
import { DyliveError, ERRORS } from "../runtime/errors.js";
import { addressOf, listenFailure } from "../runtime/listen.js";
import { listenLocally } from "../runtime/local-socket.js";
import { msg } from "../runtime/msg.js";
import type { PendingBytes } from "../runtime/rate-limiter.js";
import { AppendHealth } from "../store/health.js";
import { AddressPace } from "../webhooks/pace.js";
import type { Send } from "../webhooks/send.js";
import { WebhookService } from "../webhooks/webhook-service.js";
import type { ApiDeps } from "./api-deps.js";
import { askWithin } from "./asked-api.js";
import { Authenticator, authentication, SecretCipher } from "./authentication.js";
import { HttpCalls } from "./calls.js";
import { REQUEST_CHECKS } from "./check-request.js";
import { compatibleRoutes } from "./compatible/routes.js";
import { failure, failureOf, sendFailure } from "./failure.js";
import { healthRoutes } from "./health-routes.js";
import { Listener, refuseBytes } from "./listener.js";
import { mcpRoutes } from "./mcp.js";
import { Metrics } from "./metrics.js";
import { officialRoutes } from "./official-routes.js";
import { type GetPicture, servePage } from "./page.js";
import { PollMutex } from "./poll.js";
import { Speech, type SpeechEngine } from "./speech.js";
import { LiveStreams } from "./streams/live.js";
import { WsUpgrade } from "./streams/ws-connection.js";
import { TaskList } from "./task-list.js";
import { HeldTokens } from "./tokens.js";
import { addEventSchemas, serveDocuments } from "./v1/documents.js";
import { v1Routes } from "./v1/routes.js";

/** Most bytes of a body that are read before it is refused; the largest body is a token for 200 rooms. */
const BODY_MAX_BYTES = 65_536;
/** Longest address, in characters: 50 method names and a cursor fit. A longer one is refused. */
const URL_MAX_CHARS = 8_192;
/**
 * Connections that the system keeps for us while we are busy with something else; those beyond it have to try again, after a second and
 * more.
 */
const BACKLOG = 4_096;
/** Time after `close()` after which everything that is still open is cut, in ms. */
const CLOSE_GRACE_MS = 3_500;

/** Sends nothing: for a process that delivers no webhooks. */
const sendNothing: Send = async () => ({
  delivered: false,
  status: null,
  error: "this process sends nothing",
  answer: null,
  putOffMs: null,
});

/** What the API needs; a part that is left out is not offered. */
type ApiParts = Pick<ApiDeps, "store" | "rooms" | "clock" | "logger"> &
  Partial<Omit<ApiDeps, "calls" | "mutex" | "live" | "tasks" | "speech">>;

/** Options and parts of the API. */
interface ApiOptions extends ApiParts {
  readonly host: string;
  /** 0 takes a free port; null listens on none: then the local socket alone is asked. */
  readonly port: number | null;
  /** Folder for the socket by which this user's commands ask, who holds its lock; null is a private one. Without it there is no socket. */
  readonly socketFolder?: string | null;
  /** The process's feed of the store's log; one of the API's own by default. */
  readonly feed?: Feed;
  /** Outcome of this process's last appends; without it, readiness is judged by a write of its own alone. */
  readonly appends?: AppendHealth;
  /** Memory of what waits to be stored; absent where nothing is collected. */
  readonly held?: PendingBytes;
  /** Longest time for receiving a whole request, in ms; 30 s by default. */
  readonly requestMs?: number;
  /** Engine that speaks for overlays; none by default. */
  readonly speech?: SpeechEngine | null;
  /** Absolute path of the page's files; without it there is no page. */
  readonly webRoot?: string;
  /** Pictures of a stand-in for the platform, for that page; none by default, where browsers load the real platform's. */
  readonly picture?: GetPicture | null;
  /** States of the rooms that the metrics are of, null where one is not collected: those that this process collects. By default all rooms. */
  readonly here?: () => Promise<readonly (RoomStatus | null)[]>;
  /** Serves nothing but `/healthz`, `/readyz` and `/metrics`. */
  readonly healthOnly?: boolean;
  /** Called before the routes are registered: a test writes the documents of the API from them. */
  readonly describe?: (app: FastifyInstance) => Promise<void>;
}

/** Parts that a server may go without. */
const NOT_OFFERED = {
  ...{ works: null, commentRuns: null, listRuns: null, downloads: null, authors: null, sidecars: null, admin: null, maintenance: null },
  official: [],
} as const;

/** A running API. */
export interface Api {
  readonly url: string;
  readonly port: number;
  /** Address of the local socket; null without one. */
  readonly socket: string | null;
  /** Ends what waits, refuses what comes, and resolves when nothing uses the store any more: within 5 s. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP server.
 * @throws DyliveError in_use when the port is taken; bad_config when it may not be listened on
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { host, port, store, clock, logger, webRoot, picture = null, metrics = new Metrics(clock), healthOnly = false } = options;
  const speech = new Speech(options.speech ?? null, clock);
  const hooks =
    options.hooks ?? new WebhookService({ store, clock, send: sendNothing, pace: new AddressPace(clock), allowed: new AllowedHosts(null) });
  const secrets = new SecretCipher();
  const held = new HeldTokens(store.tokens, clock, (error) =>
    logger.error({ err: error }, "the tokens of open calls and streams could not be checked"),
  );
  const calls = new HttpCalls(held);
  const mutex = new PollMutex(store.cluster?.locks);
  const authenticator = new Authenticator({ tokens: store.tokens, secrets, clock, logger, after: (work) => calls.after(work) });
  const live = new LiveStreams({ store, clock, logger, held, feed: options.feed });
  const tasks = new TaskList(clock, logger);
  const deps: ApiDeps = { ...NOT_OFFERED, exports: new LocalExports(store), ...options, calls, mutex, live, metrics, hooks, speech, tasks };
  const listener = new Listener(secrets, clock, options.requestMs === undefined ? {} : { requestMs: options.requestMs });
  const sockets = new WsUpgrade(live, authenticator);
  if (!healthOnly) listener.upgrades((request, socket, head) => void sockets.upgrade(request, socket, head));
  let stopping = false;

  const app = fastify({
    loggerInstance: logger,
    schemaController: REQUEST_CHECKS,
    // Its lines hold addresses as sent; ours below hold the path alone.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomBytes(6).toString("hex"),
    bodyLimit: BODY_MAX_BYTES,
    // Fields of an address are bounded by the schemas of the routes, which say what is too long.
    routerOptions: { maxParamLength: URL_MAX_CHARS },
    exposeHeadRoutes: true,
    return503OnClosing: false,
    serverFactory: (handler) => listener.make(handler),
    clientErrorHandler: refuseBytes,
    frameworkErrors: (error, request, reply) => sendFailure(request, reply, failureOf(error, request.id)),
  });

  // A body is JSON: what is sent as text is refused with what to say instead, not taken for a value of another kind.
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-content-type-options", "nosniff").header("referrer-policy", "no-referrer");
    if (request.url.length > URL_MAX_CHARS)
      return sendFailure(request, reply, failure("bad_request", msg`the address is longer than ${URL_MAX_CHARS} characters`, 414));
    if (stopping && request.routeOptions.url !== "/healthz") throw new DyliveError("stopping", "no new requests are taken");
    return undefined;
  });
  authentication(app, authenticator);
  app.addHook("onSend", async (_request, reply, payload) => {
    if (typeof payload === "string" || Buffer.isBuffer(payload)) listener.answered(payload.length);
    if (stopping) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, url } = request;
    const path = url.split("?", 1)[0];
    request.log.debug({ method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "answered");
    metrics.answered(request.routeOptions.url ?? "none", method, reply.statusCode, reply.elapsedTime);
  });
  app.setNotFoundHandler((request, reply) =>
    sendFailure(request, reply, failure("no_address", msg`nothing is served at it by ${request.method}`)),
  );
  app.setErrorHandler((thrown, request, reply) => {
    const error = calls.errorOf(request.raw, thrown);
    const failed = failureOf(error, request.id);
    // A call whose client left breaks off with whatever it was at: that is no failure.
    const hasLeft = request.raw.socket.destroyed;
    const { code, status, detail } = failed;
    const words = `${ERRORS[code].message}: ${detail}`;
    if (code === "internal") request.log.error({ err: error, code }, words);
    else if (status >= 500 && !hasLeft) request.log.warn({ err: error, code }, words);
    else request.log.debug({ code, status }, "refused");
    return sendFailure(request, reply, failed, error);
  });

  metrics.watch({
    readers: { poll: () => calls.size, sse: () => live.counts().sse, ws: () => live.counts().ws, rooms: () => live.counts().rooms },
    live: () => live.counts(),
    http: listener,
  });
  const ask = askWithin(
    (request, response) => app.routing(request, response),
    (request, by) => authenticator.isPart(request, by),
  );
  await options.describe?.(app);
  const here = options.here ?? (async () => (await deps.rooms.list()).map(({ status }) => status));
  healthRoutes(app, deps, { stopping: () => stopping, here, appends: options.appends ?? new AppendHealth(), held: options.held });
  if (!healthOnly) {
    addEventSchemas(app);
    serveDocuments(app);
    compatibleRoutes(app, deps);
    await v1Routes(app, deps);
    mcpRoutes(app, deps, ask);
    await officialRoutes(app, deps.official, clock);
    if (webRoot !== undefined) servePage(app, webRoot, picture);
  }

  const local = listener.make(app.routing, (request) => authenticator.isOperators(request));
  local.on("clientError", refuseBytes);
  let socket: string | null = null;
  try {
    if (port === null) await app.ready();
    else await app.listen({ host, port, backlog: BACKLOG });
    if (options.socketFolder !== undefined) socket = await listenLocally(local, options.socketFolder);
  } catch (error) {
    listener.close();
    await live.close();
    await app.close();
    if (error instanceof DyliveError) throw error;
    throw listenFailure(error, host, port ?? 0, msg`set DYLIVE_HOST and DYLIVE_PORT, or --host and --port`);
  }

  const address = app.addresses()[0];
  const bound = typeof address === "object" ? address.port : (port ?? 0);

  async function close(): Promise<void> {
    stopping = true;
    calls.stop();
    const streams = live.close();
    const closed = new AbortController();
    const cut = clock.sleep(CLOSE_GRACE_MS, closed.signal).then(
      () => listener.cut(),
      () => {},
    );
    // Node takes a connection for idle once its answer is written, though not yet sent: it would be cut short.
    await Promise.race([Promise.all([calls.drained(), streams]), cut]);
    listener.closeUnused();
    local.close();
    await app.close();
    closed.abort();
    await cut;
    listener.close();
    await tasks.close();
    await speech.close();
    await calls.idle();
  }
  let closing: Promise<void> | null = null;
  return {
    url: `http://${addressOf(host, bound)}`,
    port: bound,
    socket,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
