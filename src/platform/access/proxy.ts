import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { SocksClient } from "socks";
import { Agent, type Dispatcher } from "undici";
import { steady } from "../../runtime/allowed-hosts.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";

const CONNECT_TIMEOUT_MS = 10_000;
/** Longest user or password that SOCKS5 can send, in bytes: its length is one byte (RFC 1929). */
const SOCKS_WORD_MAX_BYTES = 255;

/** Default ports by scheme; SOCKS names are always resolved by the proxy, so that no DNS question leaves this machine. */
const SCHEMES: Readonly<Record<string, { readonly kind: "http" | "https" | 4 | 5; readonly port: number }>> = {
  "http:": { kind: "http", port: 8080 },
  "https:": { kind: "https", port: 443 },
  "socks:": { kind: 5, port: 1080 },
  "socks5:": { kind: 5, port: 1080 },
  "socks5h:": { kind: 5, port: 1080 },
  "socks4:": { kind: 4, port: 1080 },
  "socks4a:": { kind: 4, port: 1080 },
};

/**
 * A way out of this machine that the operator named. HTTP requests, sockets of our own and the browser all leave by `connect`, so a
 * proxy that needs a password works for each, and only this object knows the password.
 */
export class ProxyServer {
  /** `scheme://host:port`, fit to be shown: without credentials. */
  readonly name: string;
  readonly #kind: "http" | "https" | 4 | 5;
  readonly #host: string;
  readonly #port: number;
  readonly #user: string;
  readonly #password: string;
  #dispatcher: Dispatcher | null = null;

  /**
   * @param url `http(s)://`, `socks5://` or `socks4://`, with `user:password@` if it asks for one
   * @throws DyliveError bad_config; the message never repeats the address, which may hold a password
   */
  constructor(url: string) {
    const parsed = URL.canParse(url) ? new URL(url) : null;
    const scheme = SCHEMES[parsed?.protocol ?? ""];
    if (parsed === null || scheme === undefined || parsed.hostname === "")
      throw new DyliveError("bad_config", "a proxy is http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks4://HOST:PORT");
    this.#kind = scheme.kind;
    this.#host = parsed.hostname.replace(/^\[|\]$/g, "");
    this.#port = parsed.port === "" ? defaultPort(url, scheme.port) : Number(parsed.port);
    this.#user = decoded(parsed.username);
    this.#password = decoded(parsed.password);
    // The client would throw in an event handler.
    const words = [this.#user, this.#password];
    if (typeof scheme.kind === "number" && words.some((word) => Buffer.byteLength(word) > SOCKS_WORD_MAX_BYTES))
      throw new DyliveError("bad_config", msg`user and password of a SOCKS proxy have ${SOCKS_WORD_MAX_BYTES} bytes at most`);
    this.name = `${parsed.protocol}//${parsed.hostname}:${this.#port}`;
  }

  /**
   * Opens a connection through the proxy. What it has opened is closed when the signal aborts, whatever the proxy still sends.
   * @throws DyliveError unreachable, with the proxy's name and nothing that it wrote, also when the signal is a limit of time
   */
  async connect(host: string, port: number, signal: AbortSignal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)): Promise<Socket> {
    const to = { host: this.#host, port: this.#port };
    const socket = this.#kind === "https" ? connectTls({ ...to, ...serverName(this.#host) }) : connectTcp(to);
    const kind = this.#kind;
    await this.#ready(socket, signal, () =>
      typeof kind === "number" ? this.#askSocks(socket, kind, host, port) : this.#askHttp(socket, host, port),
    );
    return socket;
  }

  /** Opens the same, with TLS to the host on top. */
  async connectTls(host: string, port: number, signal: AbortSignal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)): Promise<TLSSocket> {
    const secure = connectTls({ socket: await this.connect(host, port, signal), host, ...serverName(host) });
    await this.#ready(secure, signal, () => once(secure, "secureConnect"));
    return secure;
  }

  /** Dispatcher for undici: its requests leave through the proxy. */
  get dispatcher(): Dispatcher {
    this.#dispatcher ??= new Agent({
      connect: steady(({ protocol, hostname, port }, done) => {
        const secure = protocol === "https:";
        this.#open(secure, hostname, Number(port) || (secure ? 443 : 80)).then(
          (socket) => done(null, socket),
          (error: Error) => done(error, null),
        );
      }),
    });
    return this.#dispatcher;
  }

  /** Makes the `createConnection` option of `ws` and `http.request`. */
  connectionFor(secure: boolean): NonNullable<RequestOptions["createConnection"]> {
    return (options, done) => {
      this.#open(secure, (options.host ?? "").replace(/^\[|\]$/g, ""), Number(options.port) || (secure ? 443 : 80)).then(
        (socket) => done(null, socket),
        (error: Error) => done(error, undefined as unknown as Socket),
      );
      return undefined;
    };
  }

  /** Returns a key that tells proxies apart, credentials included, without giving them away: for keys and file names, not for logs. */
  key(): string {
    return createHash("sha256")
      .update(JSON.stringify([this.name, this.#user, this.#password]))
      .digest("hex")
      .slice(0, 12);
  }

  /** Returns what logs and JSON show of it. */
  toJSON(): string {
    return this.name;
  }

  #open(secure: boolean, host: string, port: number): Promise<Socket> {
    return secure ? this.connectTls(host, port) : this.connect(host, port);
  }

  /** Does what makes a connection ready; closes it when that fails or the signal aborts. */
  async #ready(socket: Socket, signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      signal.throwIfAborted();
      await work();
    } catch (error) {
      socket.on("error", () => {}).destroy();
      throw this.#failure(error, signal);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Returns the error for a failure. Its cause is left out: the SOCKS client's errors carry the password. */
  #failure(error: unknown, signal: AbortSignal): unknown {
    const isLate = signal.aborted && signal.reason instanceof Error && signal.reason.name === "TimeoutError";
    if (signal.aborted && !isLate) return signal.reason;
    if (error instanceof DyliveError) return error;
    return new DyliveError("unreachable", msg`the proxy ${this.name} failed: ${isLate ? msg`no answer in time` : wordsOf(error)}`);
  }

  async #askSocks(socket: Socket, type: 4 | 5, host: string, port: number): Promise<void> {
    await once(socket, "connect");
    await SocksClient.createConnection({
      command: "connect",
      proxy: { host: this.#host, port: this.#port, type, ...(this.#user ? { userId: this.#user, password: this.#password } : {}) },
      destination: { host, port },
      timeout: CONNECT_TIMEOUT_MS,
      existing_socket: socket,
    });
    socket.resume(); // the client leaves it paused; the next reader decides
  }

  async #askHttp(socket: Socket, host: string, port: number): Promise<void> {
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const credentials = Buffer.from(`${this.#user}:${this.#password}`).toString("base64");
    const asking = request({
      createConnection: () => socket,
      method: "CONNECT",
      path: target,
      headers: { host: target, ...(this.#user ? { "proxy-authorization": `Basic ${credentials}` } : {}) },
    });
    asking.on("error", () => {}).end(); // also after it was answered
    const [{ statusCode }, , head] = (await once(asking, "connect")) as [IncomingMessage, Socket, Buffer];
    if (statusCode === 200) {
      if (head.length > 0) socket.unshift(head);
      return;
    }
    const why = statusCode === 407 ? "asks for other credentials (HTTP 407)" : `answered HTTP ${statusCode}`;
    throw new DyliveError("unreachable", msg`the proxy ${this.name} ${why}`);
  }
}

function serverName(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** Returns the port as written, else the default: `new URL` drops a scheme's default port, and `http://proxy:80` must not become 8080. */
function defaultPort(url: string, port: number): number {
  const written = /^[a-z0-9]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^:/?#]*):(\d+)/i.exec(url)?.[1];
  return written === undefined ? port : Number(written);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : "it gave no reason";
}
