import { DyliveError } from "../../runtime/errors.js";
import { isPlatformHost } from "../access/platform.js";

/** A room as a caller may name it: the anchor's number, custom id or sec_uid, or one broadcast's 19-digit room_id. */
export type RoomName =
  | { readonly kind: "web_rid" | "unique_id"; readonly value: string }
  | { readonly kind: "sec_uid"; readonly value: string }
  | { readonly kind: "room_id"; readonly value: string };

const LONGEST_WEB_RID = 16; // digits; room ids have 19 (facts/protocol.md section 0)

/** @throws DyliveError bad_room when the text cannot be a room's name */
export function parseRoomName(input: string): RoomName {
  const name = input.trim();
  if (/^\d+$/.test(name)) {
    if (name.length <= LONGEST_WEB_RID) return { kind: "web_rid", value: name };
    if (name.length === 19) return { kind: "room_id", value: name };
  } else if (isSecUid(name)) return { kind: "sec_uid", value: name };
  else if (/^[A-Za-z0-9_.-]{1,128}$/.test(name) && !/^\.+$/.test(name)) return { kind: "unique_id", value: name };
  throw new DyliveError(
    "bad_room",
    `room_id ${JSON.stringify(name.slice(0, 40))} is neither a number of up to 16 digits, a custom id, nor a 19-digit room_id`,
  );
}

/** Returns whether a text has the form of the permanent id in profile links. */
function isSecUid(text: string): boolean {
  return /^MS4wLjABAAAA[A-Za-z0-9_-]{20,160}$/.test(text);
}

/** Parses as {@link parseRoomName} does, but returns null for what is no name. */
export function roomNameIn(text: string): RoomName | null {
  try {
    return parseRoomName(text);
  } catch {
    return null;
  }
}

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
