import type { Buffer } from "node:buffer";

/** What a client asks of a host of the platform. */
export interface Ask {
  readonly method: string;
  /** The platform's host, e.g. live.douyin.com. */
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The host that the client believes to ask: the platform's for a browser behind a gate, else the simulator's own, e.g. 127.0.0.1:8080. */
  readonly addressed: string;
}

/** What it is answered. */
export interface SimulatedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
}

/** A reply of HTML. */
export function html(body: string, cookies: readonly string[] = [], status = 200): SimulatedReply {
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) },
    body,
  };
}

/** A reply of JSON. Texts that are `@int:DIGITS` become numbers of any length, which the platform sends and JSON.stringify cannot. */
export function json(value: unknown, status = 200): SimulatedReply {
  const body = JSON.stringify(value).replace(/"@int:(\d+)"/g, "$1");
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body };
}

/** HTTP 200 without a byte: how the platform answers callers whose proof it does not like. */
export function emptyReply(): SimulatedReply {
  return { status: 200, headers: { "content-type": "application/json; charset=utf-8" }, body: "" };
}

/** The cookies of a request by name, percent-decoding left to who reads them. */
export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0) cookies.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  return cookies;
}

/** Where a path of the platform's is for this client: there for a browser that believes to be there, else under the simulator's own address. */
export function addressOf(ask: Ask, host: string, path: string): string {
  return ask.addressed === ask.host ? `https://${host}${path}` : `http://${ask.addressed}/@${host}${path}`;
}

/**
 * What a Set-Cookie says of the domain: the whole platform for a browser that believes to be there, nothing for a client that
 * knows the simulator's own address.
 */
export function cookieScope(ask: Ask): string {
  return /^(?:[a-z0-9-]+\.)*douyin\.com$/.test(ask.addressed) ? "; Domain=.douyin.com" : "";
}

/** Whether the cookies are those of somebody who has logged in. */
export function loggedIn(cookies: ReadonlyMap<string, string>): boolean {
  return Boolean(cookies.get("sessionid") ?? cookies.get("sessionid_ss"));
}
