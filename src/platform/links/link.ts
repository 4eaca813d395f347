import { isPlatformHost } from "../access/platform.js";
import { isSecUid, type RoomName, roomNameIn } from "./name.js";

/** Meaning of an address of the platform. */
export type Meaning =
  /** A room. `broadcast` is the room_id in the address, which is spent when that broadcast ends. */
  | { readonly kind: "room"; readonly name: RoomName; readonly broadcast: string | null }
  /** A short link: only the platform knows where it leads. */
  | { readonly kind: "short_link"; readonly host: string; readonly path: string }
  /** Something else of the platform: a video, its home page. */
  | { readonly kind: "other"; readonly what: string };

/**
 * Returns what an address means; null when it is not one of the platform that may be contacted. An address with a name and password or a
 * port of its own is never what it seems to be.
 */
export function meaningOf(url: URL): Meaning | null {
  if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username !== "" || url.password !== "" || url.port !== "") return null;
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (!isPlatformHost(host)) return null;
  const path = url.pathname.replace(/\/+$/, "");
  if (host === "v.douyin.com" || host === "v.iesdouyin.com")
    return /^\/[\w-]{1,64}$/.test(path) ? { kind: "short_link", host, path: `${path}/` } : other(host, path);
  if (host === "live.douyin.com" || host === "www.live.douyin.com") return roomAt(/^\/([^/]+)$/.exec(path)?.[1]) ?? other(host, path);
  const reflow = /\/webcast\/reflow\/(\d{1,20})$/.exec(path)?.[1];
  if (reflow !== undefined) return broadcastOf(reflow, url.searchParams.get("sec_user_id")) ?? other(host, path);
  const user = /\/user\/([^/]+)$/.exec(path)?.[1];
  if (user !== undefined) return accountOf(user, url.searchParams.get("sec_uid")) ?? other(host, path);
  return roomAt(/^(?:\/[a-z_]+)?\/live\/([^/]+)$/.exec(path)?.[1]) ?? other(host, path);
}

function roomAt(segment: string | undefined): Meaning | null {
  const name = segment === undefined ? null : roomNameIn(unescaped(segment));
  return name === null ? null : { kind: "room", name, broadcast: name.kind === "room_id" ? name.value : null };
}

/** Reads a share page's address: it names a broadcast and mostly its anchor, who is the lasting name. */
function broadcastOf(roomId: string, secUid: string | null): Meaning | null {
  const broadcast = roomId.length === 19 ? roomId : null;
  if (secUid !== null && isSecUid(secUid)) return { kind: "room", name: { kind: "sec_uid", value: secUid }, broadcast };
  return broadcast === null ? null : { kind: "room", name: { kind: "room_id", value: broadcast }, broadcast };
}

/** Reads an account's address: old share links have a number in the path and the sec_uid in the query. */
function accountOf(segment: string, query: string | null): Meaning | null {
  const secUid = [unescaped(segment), query ?? ""].find(isSecUid);
  return secUid === undefined ? null : { kind: "room", name: { kind: "sec_uid", value: secUid }, broadcast: null };
}

function other(host: string, path: string): Meaning {
  const kind = /\/(video|note|search|hashtag|music|mix)(?:\/|$)/.exec(path)?.[1];
  return { kind: "other", what: kind === undefined ? `${host}${path === "" ? " itself" : path.slice(0, 60)}` : `a ${kind} page` };
}

function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
