import { createHash } from "node:crypto";
import { request } from "undici";
import { within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { type Platform, reasonOf } from "./platform.js";
import type { Visitor } from "./visitor.js";

/** Gets the signature of one connection from somebody who may sign: the site's own page, or a service that the operator named. */
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
        });
        const answer = parsed(await reply.body.text());
        if (answer === undefined) throw new DyliveError("unreachable", told`the signer answered HTTP ${reply.statusCode} without JSON`);
        const signature = typeof answer === "object" && answer !== null && "signature" in answer ? answer.signature : undefined;
        if (reply.statusCode !== 200 || typeof signature !== "string" || signature === "" || signature.length > 256)
          throw new DyliveError("blocked", told`the signer answered HTTP ${reply.statusCode} without a signature`);
        return signature;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof DyliveError) throw error;
        throw new DyliveError("unreachable", told`the signer failed: ${reasonOf(error)}`, error);
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
  query.set("host", "https://live.douyin.com");
  query.set("im_path", "/webcast/im/fetch/");
  query.set("heartbeatDuration", "0");
  if (target.cursor) query.set("cursor", target.cursor);
  if (target.internalExt) query.set("internal_ext", target.internalExt);
  query.set("signature", await target.signer.sign(stubOf(query), signal));
  const host = target.host ?? PUSH_HOSTS[target.attempt % PUSH_HOSTS.length] ?? PUSH_HOSTS[0];
  return target.platform.socket(host, `${PUSH_PATH}?${query}`);
}

/** Makes the headers of the handshake (facts/protocol.md 2.5). */
export function pushHeaders(visitor: Visitor, webRid: string | null): Record<string, string> {
  return visitor.headers({ origin: "https://live.douyin.com", referer: `https://live.douyin.com/${webRid ?? ""}` });
}
