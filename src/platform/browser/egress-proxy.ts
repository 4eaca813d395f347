import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isPlatformHost } from "../access/platform.js";
import type { ProxyServer } from "../access/proxy.js";

/** Only way by which a browser context reaches the network. */
export interface EgressProxy {
  /**
   * Options to open a context with; no other may be opened with them. A stand-in's own certificate is taken, since a context that has no other
   * way out meets no other. Before the real platform every certificate is checked.
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
   * Stand-in for the platform, which every host leads to; it speaks TLS at the port of its plain address, since browsers know by heart that
   * the platform's domain has no other addresses (HSTS preloading).
   */
  readonly upstream: string | null;
  /** The operator's proxy, if any. Its password stays in this process: the browser never knows it, and SOCKS with one works, too. */
  readonly proxy: ProxyServer | null;
}

const CONNECT_TIMEOUT_MS = 10_000;
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
    if (refused.has(host) || refused.size < 100) refused.set(host, (refused.get(host) ?? 0) + 1);
    return false;
  };
  const sockets = new Set<Duplex>();
  const standIn = options.upstream === null ? null : addressOf(new URL(options.upstream));
  const server = createServer((_asked, reply) => reply.writeHead(403, { "content-length": 0 }).end()); // TLS comes by CONNECT
  server.on("connect", (asked, socket, head) => {
    socket.on("error", () => socket.destroy());
    const target = `http://${asked.url}`;
    // Any program on this machine may ask for what is no address.
    if (!URL.canParse(target)) return void refuse(socket);
    const { hostname, port } = new URL(target);
    if (!allows(hostname) || port !== "443") return void refuse(socket);
    tunnel(socket, head, standIn ?? { host: hostname, port: 443 }, options.proxy);
  });
  server.on("connection", (socket: Socket) => {
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

/** Host and port of a server. */
interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

function addressOf({ protocol, hostname, port }: URL): ServerAddress {
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
}

/** Passes bytes to and from a server, TLS and all. */
function tunnel(socket: Duplex, head: Buffer, { host, port }: ServerAddress, proxy: ProxyServer | null): void {
  const opening = proxy === null ? direct(host, port) : proxy.connect(host, port);
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

function join(one: Duplex, other: Duplex): void {
  one.on("error", () => other.destroy());
  other.on("error", () => one.destroy());
  one.on("close", () => other.destroy());
  other.on("close", () => one.destroy());
  one.pipe(other).pipe(one);
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
