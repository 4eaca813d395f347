import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../runtime/clock.js";
import { SerialConnection } from "../runtime/serial-connection.js";
import type { SecretCipher } from "./authentication.js";
import { failure, failureText } from "./failure.js";

/** Most connections: 10,000 streams and other requests. One more replaces the oldest idle one, or is cut. */
const CONNECTIONS_MAX = 11_000;
/** Most bytes that wait for clients to take them, in all; beyond it the connections with most are cut. */
const WAITING_MAX_BYTES = 134_217_728;
/** Share of it that is left, so that the next answer does not need another look. */
const CUT_TO = 0.75;
/** Time after which a client that takes nothing of its answer is cut, in ms. */
const UNTAKEN_MS = 60_000;
/** Pause between two looks at all connections, in ms. */
const LOOK_MS = 250;
/** Address and headers together; Node answers larger ones with 431. */
const HEADERS_MAX_BYTES = 16_384;
/** Longest time for receiving a whole request, in ms. */
const REQUEST_MS = 30_000;
/** Time between Node's looks for requests that take too long, in ms. */
const CHECK_MS = 5_000;
/** Longest pause between requests of one connection, in ms; longer than the longest wait, so that a polling client keeps its connection. */
const KEEP_ALIVE_MS = 75_000;

/** Most requests that begin in one turn of the event loop; most of their work comes later. */
const BEGIN_MAX = 5;
/** Longest time for which arriving connections put requests off, in ms. */
const ACCEPT_FIRST_MS = 100;

/** Takes a WebSocket upgrade over; `head` is what came after the request. */
type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Bounds of a {@link Listener}; a server's own by default. */
interface ListenerLimits {
  /** Time for receiving a whole request, in ms. */
  readonly requestMs: number;
  readonly connections: number;
  readonly waitingBytes: number;
}

/**
 * The HTTP servers beneath fastify: one unfinished request a connection, bounded in connections and in bytes that wait for clients. It takes
 * the token out of every request before fastify sees it.
 */
export class Listener {
  readonly #secrets: SecretCipher;
  readonly #limits: ListenerLimits;
  readonly #servers: Server[] = [];
  readonly #open = new Map<Socket, SerialConnection>();
  readonly #stopLooking: () => void;
  /** Requests that have not begun. */
  readonly #waitingRequests: (() => void)[] = [];
  #putOffSince = 0;
  #hasNewConnection = false;
  #onUpgrade: OnUpgrade | null = null;
  /** Bytes that were waiting at the last look, and those answered since. */
  #waiting = 0;
  #cut = 0;

  constructor(secrets: SecretCipher, clock: Clock, limits: Partial<ListenerLimits> = {}) {
    this.#secrets = secrets;
    this.#limits = { requestMs: REQUEST_MS, connections: CONNECTIONS_MAX, waitingBytes: WAITING_MAX_BYTES, ...limits };
    this.#stopLooking = clock.every(LOOK_MS, () => this.#look());
  }

  /** Open connections. */
  get size(): number {
    return this.#open.size;
  }

  /** Bytes that wait for clients. */
  get waitingBytes(): number {
    return this.#waiting;
  }

  /** Connections cut by the limits. */
  get cutConnections(): number {
    return this.#cut;
  }

  /**
   * Makes a server; fastify asks for more than one when a host name has several addresses.
   * @param arrived called with each request before it is handled
   */
  make(handler: RequestListener, arrived: (request: IncomingMessage) => void = () => {}): Server {
    const { requestMs } = this.#limits;
    const server = createServer({
      maxHeaderSize: HEADERS_MAX_BYTES,
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    server.on("connection", (socket) => this.#accept(socket, handler));
    server.on("request", (request, response) => {
      this.#secrets.take(request);
      arrived(request);
      this.#open.get(request.socket)?.add(request, response);
    });
    server.on("upgrade", (request, socket: Socket, head) => {
      if (this.#open.get(socket)?.detach() !== true) socket.destroy();
      else if (this.#onUpgrade === null || request.headers.upgrade?.toLowerCase() !== "websocket")
        answerPlainly(server, request, socket, head, requestMs);
      else {
        this.#secrets.take(request);
        arrived(request);
        this.#onUpgrade(request, socket, head);
      }
    });
    this.#servers.push(server);
    return server;
  }

  /** Sets the function that takes WebSocket upgrades. */
  upgrades(take: OnUpgrade): void {
    this.#onUpgrade = take;
  }

  /** Notes that an answer is about to wait for its client. */
  answered(bytes: number): void {
    if (this.#waiting + bytes > this.#limits.waitingBytes) this.#look();
    this.#waiting += bytes;
  }

  /** Closes connections that browsers opened in advance: Node does not count them as idle. */
  closeUnused(): void {
    for (const socket of this.#open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  /** Stops looking at connections. */
  close(): void {
    this.#stopLooking();
  }

  #accept(socket: Socket, handler: RequestListener): void {
    this.#hasNewConnection = true;
    const connection = new SerialConnection(socket, (request, response) => {
      const begin = () => {
        if (!socket.destroyed) handler(request, response);
      };
      // Health checks skip the queue.
      if (request.url === "/healthz") begin();
      else if (this.#waitingRequests.push(begin) === 1) {
        this.#putOffSince = performance.now();
        setImmediate(() => this.#beginRequests());
      }
    });
    if (this.#open.size >= this.#limits.connections) {
      const idle = [...this.#open].find(([, { isBusy }]) => !isBusy);
      this.#destroy(idle?.[0] ?? socket);
    }
    this.#open.set(socket, connection);
    socket.once("close", () => this.#open.delete(socket));
  }

  /** Begins a few requests: a turn of the event loop accepts one connection, which a flood of requests would keep waiting in long turns. */
  #beginRequests(): void {
    const now = performance.now();
    const many = !this.#hasNewConnection || now - this.#putOffSince >= ACCEPT_FIRST_MS ? BEGIN_MAX : 0;
    this.#hasNewConnection = false;
    if (many > 0) this.#putOffSince = now;
    for (const begin of this.#waitingRequests.slice(0, many)) begin();
    this.#waitingRequests.splice(0, many);
    if (this.#waitingRequests.length > 0) setImmediate(() => this.#beginRequests());
  }

  #look(): void {
    const holding: { readonly socket: Socket; readonly bytes: number }[] = [];
    this.#waiting = 0;
    for (const [socket, { isBusy }] of this.#open) {
      if (!isBusy) continue;
      const bytes = socket.writableLength;
      // Node's own timer, which any progress of a write puts off.
      const untakenMs = bytes > 0 ? UNTAKEN_MS : 0;
      if (socket.timeout !== untakenMs) socket.setTimeout(untakenMs);
      if (bytes === 0) continue;
      holding.push({ socket, bytes });
      this.#waiting += bytes;
    }
    if (this.#waiting <= this.#limits.waitingBytes) return;
    for (const { socket, bytes } of holding.sort((a, b) => b.bytes - a.bytes)) {
      if (this.#waiting <= this.#limits.waitingBytes * CUT_TO) break;
      this.#waiting -= bytes;
      this.#destroy(socket);
    }
  }

  #destroy(socket: Socket): void {
    this.#cut++;
    socket.destroy();
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
