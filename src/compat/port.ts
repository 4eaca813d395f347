import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { acceptedLanguage, inLanguage, type Language, messageIn } from "../i18n/words.js";
import { DyliveError } from "../runtime/errors.js";
import { listenFailure } from "../runtime/listen.js";
import { msg } from "../runtime/msg.js";
import type { RoomKey } from "../store/log.js";
import { CompatClient, type CompatConnection } from "./client.js";
import type { AdmittedClient, CompatDeps } from "./deps.js";
import type { AskedStream, Format } from "./format.js";

/** Origins of this machine's pages: from a server on loopback, or from a file as older Chromiums and OBS name them. */
const OWN = /^(file:\/\/|https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\]|absolute)(:\d{1,5})?)$/i;
/** Origin that Chromium (143, seen) and Firefox send for a page from a file; and for a page of any site in a sandboxed frame. */
const HIDDEN = "null";

/**
 * Whether a page with this `Origin` may read without a token. Programs send none. A page from the web names its site: it must not read what
 * is on loopback just because its visitor's browser can reach it. A page that hides where it is from may be an overlay from a file or
 * everyone's: it may see the rooms that are collected, but not have us collect one.
 * @param allowed further origins, as the operator named them, in lower case
 */
function mayRead(origin: string | undefined, allowed: readonly string[], asksForRoom: boolean): boolean {
  if (origin === undefined || OWN.test(origin) || allowed.includes(origin.toLowerCase())) return true;
  return origin === HIDDEN && !asksForRoom;
}

/** Serves one format on a port of its own: its clients have the port, and some the whole address, built in. */
export class CompatPort {
  readonly format: Format;
  readonly #deps: CompatDeps;
  readonly #clients = new Set<CompatClient>();
  #isClosing = false;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  constructor(format: Format, deps: CompatDeps) {
    this.format = format;
    this.#deps = deps;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: deps.limits.messageBytes,
      perMessageDeflate: false,
      clientTracking: false,
    });
    this.#server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000, headersTimeout: 10_000 });
    // Some that are no clients, or not yet.
    this.#server.maxConnections = deps.limits.clients + 100;
    this.#server.on("request", (_request, response) => {
      response.writeHead(426, { "content-type": "text/plain; charset=utf-8", upgrade: "websocket", connection: "close" });
      response.end(`dylive: a WebSocket for clients of ${format.like}. docs/compat.md tells more.\n`);
    });
    this.#server.on("upgrade", (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** Open connections. */
  get size(): number {
    return this.#clients.size;
  }

  /** Bytes that wait for clients to take them. */
  get queued(): number {
    return [...this.#clients].reduce((sum, { queued }) => sum + queued, 0);
  }

  /** Returns the rooms that clients are shown. */
  *rooms(): Iterable<RoomKey> {
    for (const { rooms } of this.#clients) yield* rooms;
  }

  /** Listens. @returns the port that was taken  @throws DyliveError in_use, bad_config */
  async listen(host: string, port: number): Promise<number> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once("error", reject);
        this.#server.listen(port, host, () => {
          this.#server.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      throw listenFailure(error, host, port, msg`for clients of ${this.format.like}`);
    }
    return (this.#server.address() as AddressInfo).port;
  }

  /** Called at every heartbeat. */
  beat(): void {
    for (const client of this.#clients) client.beat();
  }

  /** Tells every client and ends; a connection that does not read it is cut after the grace period. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const clients = [...this.#clients];
    for (const client of clients) client.end("stopping");
    await Promise.all(clients.map(({ gone }) => aborted(gone)));
    this.#server.closeAllConnections();
    await closed;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Node has taken its own listener off.
    socket.on("error", () => {});
    try {
      const address = new URL(request.url ?? "/", "http://compat");
      const asked = this.format.asked(address);
      if (asked === null) throw new DyliveError("no_address", msg`clients of ${this.format.like} use another address`);
      const admitted = await this.#admit(request, address, asked);
      if (socket.destroyed) return;
      if (this.#isClosing) throw new DyliveError("stopping", "no new clients are taken");
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#open({ ws, socket, asked, admitted }));
    } catch (error) {
      const failed = error instanceof DyliveError ? error : new DyliveError("bad_request", "the address cannot be read", error);
      refuse(socket, failed, acceptedLanguage(request.headers["accept-language"]));
    }
  }

  async #admit(request: IncomingMessage, address: URL, { room }: AskedStream): Promise<AdmittedClient> {
    const { authenticator, limits, origins } = this.#deps;
    if (this.#clients.size >= limits.clients) throw new DyliveError("too_many_subscriptions", msg`${limits.clients} clients are connected`);
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1] ?? null;
    const admitted = await authenticator.admit(address.searchParams.get("token") ?? bearer);
    const { origin } = request.headers;
    if (!admitted.hasToken && !mayRead(origin, origins, room !== null))
      throw new DyliveError(
        "forbidden",
        msg`pages of ${JSON.stringify(origin?.slice(0, 80))} are not let in; DYLIVE_COMPAT_ORIGINS can name them`,
      );
    if (room !== null) await admitted.mayAsk(room);
    return admitted;
  }

  #open(connection: CompatConnection): void {
    const client = new CompatClient(connection, this.format, this.#deps);
    this.#clients.add(client);
    client.gone.addEventListener("abort", () => this.#clients.delete(client), { once: true });
    void client.start();
  }
}

function refuse(socket: Duplex, { code, said, row }: DyliveError, language: Language): void {
  const words = { message: messageIn(language, row.message, said), hint: inLanguage(language, row.hint) };
  const body = JSON.stringify({ error: { code, ...words } });
  const head = `HTTP/1.1 ${row.status} ${STATUS_CODES[row.status]}\r\ncontent-type: application/json; charset=utf-8\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
