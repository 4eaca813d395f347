import type { Platform } from "./platform.js";
import { type Signer, stubOf } from "./signer.js";
import type { Visitor } from "./visitor.js";

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
