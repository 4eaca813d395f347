import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Conversation } from "../runtime/listen.js";
import type { SecretCipher } from "./authentication.js";
import type { Connections } from "./connections.js";
import { failure, failureText } from "./failure.js";

/** Time in which requests are begun in one turn of the event loop, in ms. */
const TURN_MS = 10;
/** Most waiting requests that are begun in one turn: most of their work comes once all of these have begun. */
const TURN_MAX = 16;
/** Time in which new connections come first, in ms; then a turn's requests are begun, however many connections still come. */
const CONNECTIONS_FIRST_MS = 100;

/**
 * Begins requests, for some ms in each turn of the event loop: a thousand that come at once would keep everything else waiting until all of
 * them have begun. One request of each connection may wait.
 *
 * The system hands over one new connection a turn, in the order in which they came. While they come, turns are kept short: else the one
 * that watches over us would wait behind a thousand connections and a turn's work for each.
 */
export class Beginnings {
  readonly #waiting: (() => void)[] = [];
  /** Time when this turn's first request began; null when none has. */
  #since: number | null = null;
  /** Time when requests that waited were begun last, or began to wait. */
  #begunAt = 0;
  #isDue = false;
  /** Whether a connection came in this turn. */
  #hasNew = false;

  /** Notes that a connection came. */
  connected(): void {
    this.#hasNew = true;
    this.#turnSoon();
  }

  /** Begins a request, now or in a later turn; in the order in which they came. */
  add(begin: () => void): void {
    const now = performance.now();
    this.#turnSoon();
    if (this.#waiting.length === 0) {
      if (!this.#hasNew && now - (this.#since ?? now) < TURN_MS) {
        this.#since ??= now;
        begin();
        return;
      }
      this.#begunAt = now;
    }
    this.#waiting.push(begin);
  }

  #turnSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    const hasNew = this.#hasNew;
    this.#isDue = false;
    this.#hasNew = false;
    this.#since = null;
    if (this.#waiting.length === 0) return;
    this.#turnSoon();
    const now = performance.now();
    if (hasNew && now - this.#begunAt < CONNECTIONS_FIRST_MS) return;
    this.#begunAt = now;
    this.#since = now;
    for (let begun = 0; begun < TURN_MAX && performance.now() - now < TURN_MS; begun++) this.#waiting.shift()?.();
  }
}

/** Address and headers together; Node answers larger ones with 431. */
const HEADERS_MAX_BYTES = 16_384;
/** Longest time for receiving a whole request, in ms. */
const REQUEST_MS = 30_000;
/** Time between Node's looks for requests that take too long, in ms. */
const CHECK_MS = 5_000;
/** Longest pause between requests of one connection, in ms; longer than the longest wait, so that a polling client keeps its connection. */
const KEEP_ALIVE_MS = 75_000;
/** Time after which a connection on which nothing moves and nothing is asked is cut, in ms. */
const IDLE_MS = 120_000;

/** Takes a WebSocket upgrade over; `head` is what came after the request. */
type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * The HTTP servers beneath fastify: bounded, each connection's requests answered one after the other, and with the token taken out of every
 * request before fastify sees it.
 */
export class Listener {
  readonly #secrets: SecretCipher;
  readonly #connections: Connections;
  readonly #beginnings = new Beginnings();
  readonly #conversations = new WeakMap<Socket, Conversation>();
  readonly #servers: Server[] = [];
  /** Connections on which nothing has come yet: browsers open some in advance. */
  readonly #unused = new Set<Socket>();
  /** Connections that Node has handed over, since another protocol was offered, and that it cuts no more. */
  readonly #upgraded = new Set<Socket>();

  readonly #requestMs: number;
  #onUpgrade: OnUpgrade | null = null;

  /** @param requestMs for receiving a whole request */
  constructor(secrets: SecretCipher, connections: Connections, requestMs = REQUEST_MS) {
    this.#secrets = secrets;
    this.#connections = connections;
    this.#requestMs = requestMs;
  }

  /** Makes a server; fastify asks for more than one when a host name has several addresses. */
  make(handler: RequestListener): Server {
    const server = createServer({
      maxHeaderSize: HEADERS_MAX_BYTES,
      requestTimeout: this.#requestMs,
      headersTimeout: this.#requestMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, this.#requestMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    server.setTimeout(IDLE_MS);
    server.on("connection", (socket) => {
      this.#beginnings.connected();
      this.#unused.add(socket);
      socket.once("close", () => this.#unused.delete(socket));
      this.#connections.add(socket);
      const answer: RequestListener = (request, response) => {
        this.#connections.busy(socket);
        socket.setTimeout(0); // until the answer is there: what is asked may take its minutes
        response.once("close", () => this.#connections.idle(socket));
        const begin = () => handler(request, response);
        // Whoever watches over us must not wait for those who flood us.
        if (request.url === "/healthz") begin();
        else this.#beginnings.add(begin);
      };
      this.#conversations.set(socket, new Conversation(socket, answer));
    });
    server.on("request", (request, response) => {
      this.#unused.delete(request.socket);
      this.#secrets.take(request);
      this.#conversations.get(request.socket)?.ask(request, response);
    });
    server.on("upgrade", (request, socket: Socket, head) => {
      this.#unused.delete(socket);
      this.#upgraded.add(socket);
      socket.once("close", () => this.#upgraded.delete(socket));
      const conversation = this.#conversations.get(socket);
      conversation?.leave();
      // Sent ahead of an answer: the two would be written into each other.
      if (conversation?.isBusy === true) {
        socket.destroy();
        return;
      }
      this.#connections.busy(socket);
      if (this.#onUpgrade === null || request.headers.upgrade?.toLowerCase() !== "websocket") {
        answerPlainly(server, request, socket, head, this.#requestMs);
        return;
      }
      this.#secrets.take(request);
      this.#onUpgrade(request, socket, head);
    });
    this.#servers.push(server);
    return server;
  }

  /** Sets the function that takes WebSocket upgrades. */
  upgrades(take: OnUpgrade): void {
    this.#onUpgrade = take;
  }

  /** Closes connections that Node does not count as idle although nobody asked anything there. */
  closeUnused(): void {
    for (const socket of this.#unused) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const server of this.#servers) server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }
}

/** Most bytes of a body that is read here; a longer one is refused by its length. */
const OFFERED_BODY_MAX_BYTES = 65_536;

/**
 * Answers a request that offers a protocol we do not have as if it had not: Java's client offers h2c with every request. Node has taken
 * its parser off the socket, so the body is read here, as long as the request says, and the connection ends with the answer.
 * @param head what came after the request
 * @param ms for receiving the body
 */
function answerPlainly(server: Server, offering: IncomingMessage, socket: Socket, head: Buffer, ms: number): void {
  const length = Number(offering.headers["content-length"] ?? 0);
  const wanted = length > 0 && length <= OFFERED_BODY_MAX_BYTES ? length : 0;
  const parts: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => socket.destroy(), ms);
  const take = (part: Buffer) => {
    parts.push(part);
    bytes += part.length;
    if (bytes < wanted) return;
    clearTimeout(late);
    socket.off("data", take);
    socket.pause();
    const request = withBody(offering, socket, Buffer.concat(parts).subarray(0, wanted));
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => socket.destroySoon());
    server.emit("request", request, response);
  };
  socket.on("error", () => {});
  socket.once("close", () => clearTimeout(late));
  socket.on("data", take);
  take(head);
}

/** Returns a request with its body. */
function withBody({ rawHeaders, headers, method = "", url = "" }: IncomingMessage, socket: Socket, body: Buffer): IncomingMessage {
  const version = { httpVersion: "1.1", httpVersionMajor: 1, httpVersionMinor: 1 };
  const request = Object.assign(new IncomingMessage(socket), { rawHeaders, method, url, ...version, complete: true });
  Object.assign(request.headers, headers);
  request.push(body);
  request.push(null);
  return request;
}

/**
 * Answers bytes that are not HTTP, or too many of them, in the compatible interface's envelope. Never logged: the bytes may hold a token.
 */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ""] ?? 400;
  const body = failureText(failure("bad_request", (STATUS_CODES[status] ?? "refused").toLowerCase(), status), "en");
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}
