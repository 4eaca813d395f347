import { Buffer } from "node:buffer";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Clock } from "../src/runtime/clock.js";

/** Request of a client to a host of the platform. */
export interface Ask {
  readonly method: string;
  /** The platform's host, e.g. live.douyin.com. */
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly cookies: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Host that the client believes to ask: the platform's for a browser behind an egress proxy, else our own, e.g. 127.0.0.1:8080. */
  readonly addressed: string;
}

/** Reply to a request. */
export interface SimulatedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
  /** Manner in which the body comes, where it does not come whole and at once */
  readonly delivery?: BodyFaults;
}

/** Ways in which a body is late or never whole. */
interface BodyFaults {
  /** Time before anything comes, in ms */
  readonly lateMs?: number;
  /** Number of bytes after which the connection is closed, though the whole length was told */
  readonly cutAt?: number;
  /** Time between two pieces of a few bytes, in ms */
  readonly dripMs?: number;
}

/** Makes a reply of HTML. */
export function html(body: string, cookies: readonly string[] = [], status = 200): SimulatedReply {
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) },
    body,
  };
}

/** Makes a reply of JSON. Texts that are `@int:DIGITS` become numbers of any length, which the platform sends and JSON.stringify cannot. */
export function json(value: unknown, status = 200): SimulatedReply {
  const body = JSON.stringify(value).replace(/"@int:(\d+)"/g, "$1");
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body };
}

/** Makes a reply of HTTP 200 without a byte, as the platform answers callers whose proof it does not like. */
export function emptyReply(): SimulatedReply {
  return { status: 200, headers: { "content-type": "application/json; charset=utf-8" }, body: "" };
}

/** Parses the cookies of a request by name; percent-decoding is left to the reader. */
export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0) cookies.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  return cookies;
}

/** Returns the address of a platform's path for this client: there for a browser that believes to be there, else under our own. */
export function addressOf(ask: Ask, host: string, path: string): string {
  return ask.addressed === ask.host ? `https://${host}${path}` : `http://${ask.addressed}/@${host}${path}`;
}

/**
 * Returns what a Set-Cookie says of the domain: the whole platform for a browser that believes to be there, nothing for a client that
 * knows the simulator's own address.
 */
export function cookieScope(ask: Ask): string {
  return /^(?:[a-z0-9-]+\.)*douyin\.com$/.test(ask.addressed) ? "; Domain=.douyin.com" : "";
}

/** Returns the name of a viewer: the login's, else the visitor's. */
export function viewerOf(cookies: ReadonlyMap<string, string>, userUniqueId: string): string {
  return cookies.get("sessionid") ?? userUniqueId;
}

/** Returns whether the cookies are those of somebody who has logged in. */
export function loggedIn(cookies: ReadonlyMap<string, string>): boolean {
  return Boolean(cookies.get("sessionid") ?? cookies.get("sessionid_ss"));
}

/** Sends a reply, in the way in which it says that it comes. */
export async function deliver(clock: Clock, response: ServerResponse, reply: SimulatedReply, headOnly: boolean): Promise<void> {
  const { lateMs, cutAt, dripMs } = reply.delivery ?? {};
  if (lateMs !== undefined) await clock.sleep(lateMs);
  const bytes = typeof reply.body === "string" ? Buffer.from(reply.body) : reply.body;
  response.writeHead(reply.status, { server: "Tengine", "content-length": bytes.length, ...mutable(reply.headers) });
  if (headOnly) response.end();
  else if (dripMs !== undefined) drip(clock, response, bytes, dripMs);
  else if (cutAt !== undefined) response.write(bytes.subarray(0, cutAt), () => response.destroy());
  else response.end(bytes);
}

/** Sends a body in pieces of a few bytes, until the other end has had enough. */
function drip(clock: Clock, response: ServerResponse, bytes: Uint8Array, everyMs: number): void {
  let sent = 0;
  const stop = clock.every(everyMs, () => {
    response.write(bytes.subarray(sent, sent + DRIP_BYTES));
    sent += DRIP_BYTES;
    if (sent >= bytes.length) response.end();
  });
  response.flushHeaders();
  response.once("close", stop);
}

/** Size of the pieces of a body that drips. */
const DRIP_BYTES = 4;

function mutable(headers: SimulatedReply["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]));
}
