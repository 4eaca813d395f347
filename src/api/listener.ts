import { createServer, type RequestListener, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { failureText } from "./envelope.js";
import { failure } from "./failure.js";
import type { Secrets } from "./secrets.js";

/** Address and headers together; Node answers larger ones with 431. */
const HEADERS_MAX_BYTES = 16_384;
/** For receiving a whole request. */
const REQUEST_MS = 30_000;
/** Between requests of one connection; longer than the longest wait, so that a polling client keeps its connection. */
const KEEP_ALIVE_MS = 75_000;
/** A connection on which nothing moves is cut; longer than the longest wait with its start. */
const IDLE_MS = 120_000;

/** The HTTP servers beneath fastify: bounded, and with the token taken out of every request before fastify sees it. */
export class Listener {
  readonly #secrets: Secrets;
  readonly #servers: Server[] = [];
  /** Connections on which nothing came yet: browsers open some in advance. */
  readonly #unused = new Set<Socket>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** Makes a server; fastify asks for more than one when a host name has several addresses. */
  make(handler: RequestListener): Server {
    const server = createServer({ maxHeaderSize: HEADERS_MAX_BYTES, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS });
    server.setTimeout(IDLE_MS);
    server.on("connection", (socket) => {
      this.#unused.add(socket);
      socket.once("close", () => this.#unused.delete(socket));
    });
    server.on("request", (request, response) => {
      this.#unused.delete(request.socket);
      this.#secrets.take(request);
      handler(request, response);
    });
    this.#servers.push(server);
    return server;
  }

  /** Closes what Node does not count as idle although nobody asked anything there. */
  closeUnused(): void {
    for (const socket of this.#unused) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }
}

/** Answers bytes that are not HTTP, or too many of them, in the family's envelope. Never logged: the bytes may hold a token. */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ""] ?? 400;
  const body = failureText(status, failure("bad_request", (STATUS_CODES[status] ?? "refused").toLowerCase(), status).msg);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}
