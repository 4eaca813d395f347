import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { createServer as createSecureServer, request as requestHttps, type Server } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isPlatformHost } from "../access/platform.js";
import type { ProxyServer } from "../access/proxy.js";

/** A private key with the certificate of its public one, both PEM; what `node:tls` takes. */
interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/**
 * Makes a key and a certificate (RFC 5280) that it has signed itself, good for a year from yesterday on. It names no host and nobody
 * vouches for it: it serves where the other end was told not to ask. Node reads certificates but makes none, and the packages that
 * do are thousands of lines for this one form.
 *
 * @param name what it is shown as
 * @param now ms UTC
 */
export function selfSigned(name: string, now: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(objectId("2a8648ce3d040302")); // ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758), which takes no parameters
  const commonName = sequence(objectId("550403"), tlv(UTF8_STRING, Buffer.from(name))); // 2.5.4.3
  const names = sequence(tlv(SET, commonName));
  const validity = sequence(time(now - DAY_MS), time(now + 364 * DAY_MS));
  const body = sequence(serial(), algorithm, names, validity, names, publicKey.export({ type: "spki", format: "der" }));
  const signature = sign("sha256", body, privateKey);
  const whole = sequence(body, algorithm, tlv(BIT_STRING, Buffer.concat([Buffer.of(0), signature]))); // 0: all bits of its last byte count
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
  };
}

const DAY_MS = 86_400_000;

// Tags of DER (X.690), in which everything is a tag, a length and a value.
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  // Below 128 the length is one byte; above, the number of its bytes comes first. Nothing here reaches 65,536.
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(SEQUENCE, Buffer.concat(parts));
}

function objectId(hex: string): Buffer {
  return tlv(OBJECT_ID, Buffer.from(hex, "hex"));
}

/** Makes a serial number: positive and without a leading zero, whatever the random bytes are. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return tlv(INTEGER, bytes);
}

/** Encodes a time (RFC 5280 4.1.2.5): two digits of the year before 2050, four from then on. */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
  return Number(digits.slice(0, 4)) < 2050 ? tlv(UTC_TIME, Buffer.from(digits.slice(2))) : tlv(GENERALIZED_TIME, Buffer.from(digits));
}

/** Only way by which a browser context reaches the network. */
export interface EgressProxy {
  /**
   * Options to open a context with; no other may be opened with them. Before a stand-in the egress proxy itself is the other end of TLS,
   * by a certificate that nobody vouches for; a context that has no other way out meets no other such certificate. Before the real platform
   * every certificate is asked about.
   */
  readonly contextOptions: { readonly proxy: { readonly server: string }; readonly ignoreHTTPSErrors: boolean };
  /** Number of refusals by host; of at most 100 hosts. */
  readonly refused: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Rules and way out of an egress proxy. */
interface EgressProxyOptions {
  readonly allows: HostRule;
  /**
   * Stand-in for the platform: host H is fetched from `upstream/@H`. Pages have the platform's own `https:` addresses all the same, since
   * browsers know by heart that its domain has no others (HSTS preloading): their TLS ends in the egress proxy.
   */
  readonly upstream: string | null;
  /** The operator's proxy, if any. Its password stays in this process: the browser never knows it, and SOCKS with one works, too. */
  readonly proxy: ProxyServer | null;
}

const CONNECT_TIMEOUT_MS = 10_000;
const MOST_REFUSED = 100;
const ESTABLISHED = "HTTP/1.1 200 Connection established\r\n\r\n";

/**
 * Opens a small HTTP proxy on loopback between a browser context and the world. It refuses every host that a room page does not need, for
 * requests, WebSockets and whatever the browser does by itself, where routing in the page would miss some. Like the platform, it knows
 * TLS on port 443 only.
 */
export async function openEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const refused = new Map<string, number>();
  const allows = (host: string) => {
    if (options.allows(host)) return true;
    if (refused.has(host) || refused.size < MOST_REFUSED) refused.set(host, (refused.get(host) ?? 0) + 1);
    return false;
  };
  const sockets = new Set<Duplex>();
  const standIn = options.upstream === null ? null : standInServer(options.upstream, options.proxy, allows);
  const server = createServer((_asked, reply) => deny(reply)); // TLS comes by CONNECT
  server.on("connect", (asked, socket, head) => {
    socket.on("error", () => socket.destroy());
    const target = `http://${asked.url}`;
    // Whoever is on this machine may ask for what is no address.
    if (!URL.canParse(target)) return void refuse(socket);
    const { hostname, port } = new URL(target);
    if (!allows(hostname) || port !== "443") return void refuse(socket);
    if (standIn === null) return void tunnel(socket, head, hostname, options.proxy);
    socket.write(ESTABLISHED);
    if (head.length > 0) socket.unshift(head);
    standIn.emit("connection", socket);
  });
  for (const each of [server, standIn])
    each?.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    contextOptions: {
      proxy: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      ignoreHTTPSErrors: standIn !== null,
    },
    refused,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Passes bytes to and from a host, TLS and all. */
function tunnel(socket: Duplex, head: Buffer, host: string, proxy: ProxyServer | null): void {
  const opening = proxy === null ? direct(host, 443) : proxy.connect(host, 443, AbortSignal.timeout(CONNECT_TIMEOUT_MS));
  opening.then(
    (far) => {
      if (socket.destroyed) return void far.destroy();
      socket.write(ESTABLISHED);
      if (head.length > 0) far.write(head);
      join(socket, far);
    },
    () => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
  );
}

function direct(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    socket.once("connect", () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer in time")));
    socket.once("error", reject);
  });
}

/** Serves the platform's hosts over TLS from a stand-in, with the host name as the browser knows it in the `Host` header. */
function standInServer(upstream: string, proxy: ProxyServer | null, allows: HostRule): Server {
  const root = upstream.replace(/\/+$/, "");
  const secure = root.startsWith("https:");
  const request = secure ? requestHttps : requestHttp;
  // A kept connection may be closed just as it is asked again, which would be told as the stand-in's failure.
  const way = proxy === null ? { agent: false } : { createConnection: proxy.connectionFor(secure) };
  const ask = (asked: IncomingMessage) => {
    const base = `https://${asked.headers.host ?? ""}`;
    const path = asked.url ?? "/";
    if (!URL.canParse(path, base)) return null;
    const { host, hostname, pathname, search } = new URL(path, base);
    if (!allows(hostname)) return null;
    return request(`${root}/@${hostname}${pathname}${search}`, { method: asked.method, headers: { ...asked.headers, host }, ...way });
  };
  const server = createSecureServer(selfSigned("stand-in for the platform", Date.now()), (asked, reply) => {
    const far = ask(asked);
    if (far === null) return deny(reply);
    far.on("response", (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    far.on("error", () => (reply.headersSent ? reply.destroy() : reply.writeHead(502, { "content-length": 0 }).end()));
    reply.on("close", () => far.destroy());
    asked.pipe(far);
  });
  server.on("upgrade", (asked, socket: Duplex, head) => {
    const far = ask(asked);
    socket.on("error", () => socket.destroy());
    if (far === null) return refuse(socket);
    const answer = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage) => {
      const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
      for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    };
    far.on("upgrade", (reply, farSocket, farHead) => {
      answer(reply);
      if (farHead.length > 0) socket.write(farHead);
      if (head.length > 0) farSocket.write(head);
      join(socket, farSocket);
    });
    far.on("response", (reply) => {
      answer(reply);
      reply.pipe(socket);
    });
    far.on("error", () => socket.destroy());
    socket.on("close", () => far.destroy());
    far.end();
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

function join(one: Duplex, other: Duplex): void {
  one.on("error", () => other.destroy());
  other.on("error", () => one.destroy());
  one.on("close", () => other.destroy());
  other.on("close", () => one.destroy());
  one.pipe(other).pipe(one);
}

function deny(reply: ServerResponse): void {
  reply.writeHead(403, { "content-length": 0 }).end();
}

function refuse(socket: Duplex): void {
  socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
}

/**
 * Domains that a room page needs beside the platform's own. No live traffic was seen when this was written: the names come from public
 * clients and pages. What is refused is counted by host, and the operator may name more.
 */
const PAGE_DOMAINS = [
  "douyinstatic.com", // the page's own scripts and styles (lf-douyin-pc-web…, sf1-cdn-tos…)
  "bytegoofy.com", // the signing and security SDKs that the page loads
  "bytescm.com", // acrawler.js, which answers the first challenge (lf3-cdn-tos…)
] as const;
const PAGE_HOSTS = [
  "mssdk.bytedance.com", // the SDK gets msToken there (facts/protocol.md 1.5)
  "ttwid.bytedance.com", // registers the visitor cookie (facts/protocol.md 1.5)
] as const;

/** Domains for the window where a person logs in: the code's picture, captchas that the person solves, and the account service. */
const LOGIN_DOMAINS = ["bytedance.com", "snssdk.com", "zijieapi.com", "douyinpic.com", "byteimg.com", "byted-static.com"] as const;

/** Decides by host name what a browser of ours may reach. */
export type HostRule = (host: string) => boolean;

/**
 * Makes the rule for collecting: the platform and what its pages need; streams, pictures, advertisements and statistics have other hosts.
 */
export function pageHosts(more: readonly string[] = []): HostRule {
  return ruleOf([...PAGE_DOMAINS, ...more], PAGE_HOSTS);
}

/** Makes the rule for logging in by hand. */
export function loginHosts(more: readonly string[] = []): HostRule {
  return ruleOf([...PAGE_DOMAINS, ...LOGIN_DOMAINS, ...more], PAGE_HOSTS);
}

function ruleOf(domains: readonly string[], hosts: readonly string[]): HostRule {
  return (host) => {
    const name = host.toLowerCase();
    if (!/^[a-z0-9.-]+$/.test(name)) return false;
    return isPlatformHost(name) || hosts.includes(name) || domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
  };
}
