import { createHash } from "node:crypto";
import { request } from "undici";
import { httpAgent } from "../../runtime/allowed-hosts.js";
import { within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Drift } from "../wire/drift.js";
import { WireError } from "../wire/reader.js";
import { isPlatformHost, LIVE_HOST, type Platform, reasonOf } from "./platform.js";
import { type Received, readResponse } from "./read.js";
import type { Visitor } from "./visitor.js";

/** Gets the signature of one connection from the site's own page, or from a service that the operator named. */
export interface Signer {
  /**
   * @param stub md5 (lower-case hex) of the fields that the platform signs, `X-MS-STUB` (facts/protocol.md 2.3)
   * @returns the signature, to be URL-encoded by the caller
   * @throws DyliveError blocked or unreachable when there is none to be had
   */
  sign(stub: string, signal: AbortSignal): Promise<string>;
}

const SIGN_TIMEOUT_MS = 10_000;

/** Makes a signer behind HTTP: `POST url {"stub": md5}` answers `{"signature": "…"}`. */
export function httpSigner(url: string): Signer {
  return {
    async sign(stub, signal) {
      try {
        const reply = await request(url, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ stub }),
          signal: within(signal, SIGN_TIMEOUT_MS),
          dispatcher: httpAgent,
        });
        const answer = parsed(await reply.body.text());
        if (answer === undefined) throw new DyliveError("unreachable", msg`the signer answered HTTP ${reply.statusCode} without JSON`);
        const signature = typeof answer === "object" && answer !== null && "signature" in answer ? answer.signature : undefined;
        if (reply.statusCode !== 200 || typeof signature !== "string" || signature === "" || signature.length > 256)
          throw new DyliveError("blocked", msg`the signer answered HTTP ${reply.statusCode} without a signature`);
        return signature;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DyliveError) throw error;
        throw new DyliveError("unreachable", msg`the signer failed: ${reasonOf(error)}`, error);
      }
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields that the platform signs, in its order (facts/protocol.md 2.3). Those that a web page leaves empty are kept, empty. */
const SIGNED = [
  "live_id",
  "aid",
  "version_code",
  "webcast_sdk_version",
  "room_id",
  "sub_room_id",
  "sub_channel_id",
  "did_rule",
  "user_unique_id",
  "device_platform",
  "device_type",
  "ac",
  "identity",
] as const;

/**
 * Returns `X-MS-STUB`: the md5 of the signed fields of a connection's query, lower-case hex. This is not the signature, which a
 * {@link Signer} gets.
 */
export function stubOf(query: URLSearchParams): string {
  const text = SIGNED.map((field) => `${field}=${query.get(field) ?? ""}`).join(",");
  return createHash("md5").update(text).digest("hex");
}

/** Push servers of 2026 (facts/protocol.md 2.1), in the order that peers try them; used when im/fetch names none. */
const PUSH_HOSTS = ["webcast100-ws-web-hl.douyin.com", "webcast100-ws-web-lf.douyin.com", "webcast100-ws-web-lq.douyin.com"] as const;
const PUSH_PATH = "/webcast/im/push/v2/";
/** Path of the first IM state, at the host of the rooms' pages. */
const FETCH_PATH = "/webcast/im/fetch/";
/** Number of stored messages that the platform may replay at the start; the site's own value. */
const HISTORY = "15";

/** Parameters by which the site's web client describes itself on every IM request (facts/protocol.md 2.2). */
const CLIENT = {
  app_name: "douyin_web",
  version_code: "180800",
  webcast_sdk_version: "1.0.15",
  update_version_code: "1.0.15",
  device_platform: "web",
  cookie_enabled: "true",
  browser_online: "true",
  aid: "6383",
  live_id: "1",
  did_rule: "3",
  endpoint: "live_pc",
  support_wrds: "1",
  identity: "audience",
  need_persist_msg_count: HISTORY,
} as const;

/** Target of a connection and the visitor who connects. An empty cursor is left out, never made up. */
interface PushTarget {
  readonly platform: Platform;
  readonly signer: Signer;
  readonly visitor: Visitor;
  readonly roomId: string;
  /** Push host given by the platform; null tries the known ones. */
  readonly host: string | null;
  readonly cursor: string;
  readonly internalExt: string;
  /** Number of this connect of the room, so that a refused host is not tried twice in a row. */
  readonly attempt: number;
}

/** Makes the query that im/fetch and the push server share. */
export function clientQuery(visitor: Visitor, roomId: string): URLSearchParams {
  const query = new URLSearchParams(CLIENT);
  query.set("browser_name", "Mozilla");
  query.set("browser_version", visitor.userAgent.replace(/^Mozilla\//, ""));
  if (visitor.userUniqueId !== null) query.set("user_unique_id", visitor.userUniqueId);
  query.set("room_id", roomId);
  return query;
}

/** Makes the signed address of a push connection. @throws DyliveError what the signer throws */
export async function pushUrl(target: PushTarget, signal: AbortSignal): Promise<string> {
  const query = clientQuery(target.visitor, target.roomId);
  query.set("compress", "gzip");
  query.set("host", `https://${LIVE_HOST}`);
  query.set("im_path", FETCH_PATH);
  query.set("heartbeatDuration", "0");
  if (target.cursor) query.set("cursor", target.cursor);
  if (target.internalExt) query.set("internal_ext", target.internalExt);
  query.set("signature", await target.signer.sign(stubOf(query), signal));
  const host = target.host ?? PUSH_HOSTS[target.attempt % PUSH_HOSTS.length] ?? PUSH_HOSTS[0];
  return target.platform.socket(host, `${PUSH_PATH}?${query}`);
}

/** Makes the headers of the handshake (facts/protocol.md 2.5). */
export function pushHeaders(visitor: Visitor, webRid: string | null): Record<string, string> {
  return visitor.headers({ origin: `https://${LIVE_HOST}`, referer: `https://${LIVE_HOST}/${webRid ?? ""}` });
}

/** First IM state of a broadcast: what to connect with, and the first batch of messages. */
interface FirstState {
  readonly received: Received;
  readonly cursor: string;
  readonly internalExt: string;
  /** Push host that the platform named, if it is one of the platform's. */
  readonly host: string | null;
}

/**
 * Makes `GET im/fetch` (facts/protocol.md 1.7). The platform often answers nothing (a second call, a guest): then null, and one connects
 * without.
 * @throws DyliveError unreachable
 */
export async function firstFetch(
  { platform, visitor, roomId, drift, now }: { platform: Platform; visitor: Visitor; roomId: string; drift: Drift; now: () => number },
  signal: AbortSignal,
): Promise<FirstState | null> {
  const query = clientQuery(visitor, roomId);
  query.set("resp_content_type", "protobuf");
  query.set("fetch_rule", "1");
  query.set("last_rtt", "0");
  query.set("cursor", "");
  query.set("internal_ext", "");
  const reply = await platform.get(LIVE_HOST, `${FETCH_PATH}?${query}`, visitor.headers({ referer: `https://${LIVE_HOST}/` }), signal);
  visitor.learn(reply.headers["set-cookie"]);
  if (reply.status !== 200 || reply.body.length === 0 || !String(reply.headers["content-type"]).includes("protobuf")) return null;
  try {
    const received = readResponse(reply.body, now(), drift);
    const { cursor, internalExt, pushServerV2, pushServer, proxyServer } = received.response;
    return { received, cursor, internalExt, host: hostIn([pushServerV2, pushServer, proxyServer]) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    drift.failed(error.code);
    return null;
  }
}

/** Returns the first platform host in values that may be bare hosts, URLs or lists of either. */
function hostIn(values: readonly string[]): string | null {
  for (const value of values)
    for (const entry of value.split(/[,;]/)) {
      const host =
        entry
          .trim()
          .replace(/^(?:https?|wss?):\/\//, "")
          .split("/")[0] ?? "";
      if (isPlatformHost(host)) return host;
    }
  return null;
}

/** Request of a browser, as a capture names it by its address. */
interface CapturedRequest {
  /** The push connection, the first IM state, the platform's word about a room; null for all else, a room's page included. */
  readonly kind: "push" | "fetch" | "enter" | null;
  /** The broadcast that it asks for; null where it names none. */
  readonly roomId: string | null;
  /** The room's number that it asks for; null where it names none. */
  readonly webRid: string | null;
  /** The number of the room whose page it is; null for all else. */
  readonly page: string | null;
}

/** Returns what a browser asked for at an address; null when it is none of the platform's. Captures of the simulator have it behind a prefix. */
export function capturedRequest(text: string): CapturedRequest | null {
  if (!URL.canParse(text)) return null;
  const given = new URL(text);
  const under = /^\/@([^/]+)(\/.*)$/.exec(given.pathname);
  const address = under === null ? text : `${given.protocol}//${under[1]}${under[2]}${given.search}`;
  if (!URL.canParse(address)) return null; // what follows an @ may be anything
  const url = new URL(address);
  if (!isPlatformHost(url.hostname)) return null;
  const roomId = url.searchParams.get("room_id") ?? url.searchParams.get("room_id_str") ?? "";
  return {
    kind: capturedKind(url),
    roomId: /^[1-9]\d{0,19}$/.test(roomId) ? roomId : null,
    webRid: roomNumber(url.searchParams.get("web_rid")),
    page: url.hostname === LIVE_HOST ? roomNumber(url.pathname.slice(1).replace(/\/$/, "")) : null,
  };
}

function capturedKind({ protocol, pathname }: URL): CapturedRequest["kind"] {
  if (protocol === "wss:" || protocol === "ws:") return pathname.startsWith("/webcast/im/push/") ? "push" : null;
  if (pathname === FETCH_PATH) return "fetch";
  return pathname === "/webcast/room/web/enter/" ? "enter" : null;
}

/** Reads a room's number: a custom id opens the same page, but is not one. */
function roomNumber(text: string | null): string | null {
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? text : null;
}
