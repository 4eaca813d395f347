import { request } from "undici";
import { httpAgent } from "../../runtime/allowed-hosts.js";
import { within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { type MsgPart, msg } from "../../runtime/msg.js";
import type { ProxyServer } from "./proxy.js";

/** Domains of the platform (facts/protocol.md section 1). Nothing else is ever contacted on its behalf. */
const PLATFORM_DOMAINS = ["douyin.com", "amemv.com", "iesdouyin.com"];
/** Host of the pages of rooms, and of what they ask for. */
export const LIVE_HOST = "live.douyin.com";
/** A host of each step from what people paste to a room's messages. */
export const HOSTS_OF_STEPS = [LIVE_HOST, "www.douyin.com", "v.douyin.com", "webcast.amemv.com", "webcast100-ws-web-hl.douyin.com"];
/**
 * Domains where the platform keeps avatars, covers, gift icons and emoji (facts/protocol.md; seen in the captures). web/src/safe-image.ts
 * has the same list.
 */
export const IMAGE_DOMAINS = ["douyinpic.com", "byteimg.com", "douyinstatic.com", "douyincdn.com", "pstatp.com", "ecombdimg.com"];
const MAX_PAGE_BYTES = 8 * 1024 * 1024; // a room page is about 1 MB
const REQUEST_TIMEOUT_MS = 10_000;

/** Address of the platform and the way to it: the real one, or a stand-in (`upstream`) that serves every host H under `/@H`. */
export interface Platform {
  /** Base URL of the stand-in, without a slash at its end; null is the real platform. */
  readonly upstream: string | null;
  /** The way out of this machine; null is the direct one. */
  readonly proxy: ProxyServer | null;
  /** Returns the address to use for a platform host and path (with query). @throws DyliveError when the host is not the platform's */
  http(host: string, path: string): string;
  /** Returns the same for a WebSocket. */
  socket(host: string, path: string): string;
  /** Makes one GET by this way, as the function {@link get} does. */
  get(host: string, path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Reply>;
}

/** A reply of the platform, whole. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * @param upstream base URL of a stand-in, or null for the real platform
 * @param proxy the way out; make another platform for a room that has a way of its own
 */
export function platformAt(upstream: string | null, proxy: ProxyServer | null = null): Platform {
  const base = upstream?.replace(/\/+$/, "") ?? null;
  const http = (host: string, path: string) => {
    if (!isPlatformHost(host))
      throw new DyliveError("internal", msg`refused to contact ${JSON.stringify(host)}: not a host of the platform`);
    return base === null ? `https://${host}${path}` : `${base}/@${host}${path}`;
  };
  return {
    upstream: base,
    proxy,
    http,
    socket: (host, path) => http(host, path).replace(/^http/, "ws"),
    get: async (host, path, headers, signal) => get(http(host, path), headers, signal, proxy),
  };
}

/** Returns the share of the pauses between pages and scrolls that is made: a twentieth at a stand-in. */
export function pausesAt(upstream: string | null): number {
  return upstream === null ? 1 : 1 / 20;
}

/** Returns whether a host name belongs to the platform. */
export function isPlatformHost(host: string): boolean {
  const name = host.toLowerCase();
  return /^[a-z0-9.-]+$/.test(name) && PLATFORM_DOMAINS.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

/**
 * Makes one GET; follows no redirects and bounds the body.
 * @throws DyliveError unreachable when the network fails or the body is larger than 8 MiB
 */
export async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  proxy: ProxyServer | null = null,
): Promise<Reply> {
  const limit = within(signal, REQUEST_TIMEOUT_MS);
  try {
    const reply = await request(url, {
      method: "GET",
      headers,
      signal: limit,
      dispatcher: proxy?.dispatcher ?? httpAgent,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of reply.body) {
      size += (chunk as Buffer).length;
      if (size > MAX_PAGE_BYTES) throw new DyliveError("unreachable", msg`the reply is larger than ${MAX_PAGE_BYTES} bytes`);
      chunks.push(chunk as Buffer);
    }
    return { status: reply.statusCode, headers: reply.headers, body: Buffer.concat(chunks) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DyliveError) throw error;
    throw new DyliveError("unreachable", msg`GET ${new URL(url).host} failed: ${reasonOf(error)}`, error);
  }
}

/** Describes a network error in a few words, without addresses of ours. */
export function reasonOf(error: unknown): MsgPart {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return msg`no answer in time`;
  const code = (error as NodeJS.ErrnoException).code;
  return code ?? error.message;
}
