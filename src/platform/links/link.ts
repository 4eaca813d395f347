import { DyliveError } from "../../runtime/errors.js";
import { type Msg, msg } from "../../runtime/msg.js";
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
    msg`room_id ${JSON.stringify(withoutPassword(name).slice(0, 40))} is neither a number of up to 16 digits, a custom id, nor a 19-digit room_id`,
  );
}

/** Returns whether a text has the form of the permanent id in profile links. */
export function isSecUid(text: string): boolean {
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

/** Meaning of an address. Where an address leads is asked only of a `short_link` and, on the way from one, of one that is `unnamed`. */
export type Meaning =
  /** A live room. `broadcast` is the room_id in the address, which is spent when that broadcast ends. */
  | { readonly kind: "room"; readonly name: RoomName; readonly broadcast: string | null }
  /** A work (作品), by its aweme_id. `page` is the kind of its page, where the address tells it; /slides/ and /gallery/ are notes. */
  | { readonly kind: "work"; readonly id: string; readonly page: "video" | "note" | null }
  /** An account: the author of works, and the anchor of a room. */
  | { readonly kind: "author"; readonly secUid: string }
  /** A mix (合集): works that their author put in a row. */
  | { readonly kind: "mix"; readonly id: string }
  /** A piece of music, which many works may have. */
  | { readonly kind: "music"; readonly id: string }
  /** A broadcast that can be seen again (`/vsdetail/`). */
  | { readonly kind: "replay"; readonly id: string }
  /** A page of ixigua.com (西瓜视频), to which short links may lead. That site is never asked. */
  | { readonly kind: "ixigua" }
  /** A short link: only the platform knows where it leads. */
  | { readonly kind: "short_link"; readonly host: string; readonly path: string }
  /** A page of the platform of another kind: a search, a hashtag. */
  | { readonly kind: "other"; readonly what: string }
  /** An address of the platform that names nothing which dylive knows: the start page, a page on the way to another. */
  | { readonly kind: "unnamed"; readonly what: Msg };

const SHORT_LINK_HOSTS: ReadonlySet<string> = new Set(["v.douyin.com", "v.iesdouyin.com", "jx.douyin.com"]);
const LIVE_HOSTS: ReadonlySet<string> = new Set(["live.douyin.com", "www.live.douyin.com"]);

/** Returns the address of a room's page. */
export function roomPage(webRid: string): string {
  return `https://live.douyin.com/${encodeURIComponent(webRid)}`;
}

/** Queries that name the work which a page shows before itself; the first counts (facts/videos.md section 1). */
export const WORK_QUERIES = ["modal_id", "vid", "aweme_id"] as const;
/** Form of a work's id in an address, where it can be nothing else: as long as other readers of the platform take it. */
const ID = "(\\d{10,32})";
/** Folder in which share pages (`/share/…`) and the apps' pages (`/m/…`) have their paths. */
const FOLDER = "^(?:/[a-z_]+)?";
const WORK_PATH = new RegExp(`${FOLDER}/(video|note|slides|gallery)/${ID}$`);
const MIX_PATH = new RegExp(`${FOLDER}/(?:collection|mix)(?:/detail)?/(\\d{19})$`);
const MUSIC_PATH = new RegExp(`${FOLDER}/music/(\\d{1,32})$`);
const LIVE_PATH = new RegExp(`${FOLDER}/live/([^/]+)$`);

/**
 * Returns what an address means; null when it is not one of the platform that may be contacted (or of ixigua.com, which may not). An address
 * with a name and password or a port of its own is never what it seems to be.
 */
export function meaningOf(url: URL): Meaning | null {
  if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username !== "" || url.password !== "" || url.port !== "") return null;
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (host === "ixigua.com" || host.endsWith(".ixigua.com")) return { kind: "ixigua" };
  if (!isPlatformHost(host)) return null;
  const path = url.pathname.replace(/(?<!\/)\/+$/, "");
  if (SHORT_LINK_HOSTS.has(host))
    return /^\/[\w-]{1,64}$/.test(path) ? { kind: "short_link", host, path: `${path}/` } : unnamed(host, path);
  const replay = /^\/vsdetail\/(\d{1,32})$/.exec(path)?.[1];
  if (replay !== undefined) return { kind: "replay", id: replay };
  if (LIVE_HOSTS.has(host)) return roomAt(/^\/([^/]+)$/.exec(path)?.[1]) ?? unnamed(host, path);
  const reflow = /\/webcast\/reflow\/(\d{1,20})$/.exec(path)?.[1];
  if (reflow !== undefined) return broadcastOf(reflow, url.searchParams.get("sec_user_id")) ?? unnamed(host, path);
  return workAt(path, url.searchParams) ?? listAt(path, url.searchParams) ?? roomAt(LIVE_PATH.exec(path)?.[1]) ?? pageAt(host, path);
}

/**
 * Returns why an address at a host of the platform is not one that is asked: what it has before or behind the host. A name there makes an
 * address look like one of another host, and a password in it would be sent. Null where it is the host that is not the platform's.
 */
export function spoiltBy({ hostname, username, password, port }: URL): Msg | null {
  if (!isPlatformHost(hostname.toLowerCase().replace(/\.$/, ""))) return null;
  if (username !== "" || password !== "")
    return msg`the address at ${hostname} has a user name or a password in it, which dylive never sends: leave out what stands before the @`;
  return port === "" ? null : msg`the address at ${hostname} has the port ${port}, which no page of the platform has: leave it out`;
}

const PLATFORM_HOST = "(?:[a-z0-9-]+\\.)*(?:douyin|iesdouyin|amemv|ixigua)\\.com";
/** A run of characters without blanks up to its last @. It is looked for from where the run begins alone, which takes linear time. */
const UP_TO_LAST_AT = /(?<!\S)\S+@/gu;
/** Part of such a run between a scheme and the last @ of an address that does not begin with a host of the platform. */
const LOGIN = new RegExp(`(?<=[a-z][0-9+.-]*://)(?!${PLATFORM_HOST}[/?#]).+@$`, "isu");
/** The same where there is no scheme: with a colon in it, or before a host of the platform. */
const BARE_LOGIN = new RegExp(`(?<!\\S)(?!\\S*://|${PLATFORM_HOST}[/?#])(?:[^\\s:@]*:\\S*@|[^\\s@]+@(?=${PLATFORM_HOST}))`, "giu");
const HOST_AFTER_LOGIN = new RegExp(`@(${PLATFORM_HOST})(?![a-z0-9.@-])`, "iu");

/** Returns a pasted text as it may be said again: without what stands before the @ of an address, which may be a password. Cut it only then. */
export function withoutPassword(text: string): string {
  return text.replace(UP_TO_LAST_AT, (run) => run.replace(LOGIN, "…@")).replace(BARE_LOGIN, "…@");
}

/** Returns the same of a text that holds no address as {@link spoiltBy} does of one; null where no host of the platform stands after an @ in it. */
export function spoiltIn(text: string): Msg | null {
  const host = HOST_AFTER_LOGIN.exec(text)?.[1];
  return host === undefined ? null : spoiltBy(new URL(`https://u@${host}`));
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

function workAt(path: string, query: URLSearchParams): Meaning | null {
  const shown = WORK_QUERIES.map((name) => query.get(name) ?? "").find((id) => /^\d{10,32}$/.test(id));
  if (shown !== undefined) return { kind: "work", id: shown, page: null };
  const [, page, id] = WORK_PATH.exec(path) ?? [];
  return id === undefined ? null : { kind: "work", id, page: page === "video" ? "video" : "note" };
}

/** Reads the address of what holds works: an author's page, a mix, a piece of music. */
function listAt(path: string, query: URLSearchParams): Meaning | null {
  const mix = MIX_PATH.exec(path)?.[1];
  if (mix !== undefined) return { kind: "mix", id: mix };
  const music = MUSIC_PATH.exec(path)?.[1];
  if (music !== undefined) return { kind: "music", id: music };
  const user = /\/user\/([^/]+)$/.exec(path)?.[1];
  if (user === undefined || user === "self") return null;
  // Old share links have a number in the path and the sec_uid in the query.
  const secUid = [unescaped(user), query.get("sec_uid") ?? ""].find(isSecUid);
  return secUid === undefined ? null : { kind: "author", secUid };
}

/** Pages that are neither a room nor a work, in whole sentences: each has its own in other languages. */
const OTHERS = {
  search: "a search page",
  hashtag: "a hashtag page",
  channel: "a channel page",
  discover: "a discover page",
  jingxuan: "a jingxuan page",
} as const;
/** Pages of works and lists whose address has no number of theirs. */
const UNNUMBERED = {
  video: "a video page without a number that can be its own",
  note: "a note page without a number that can be its own",
  slides: "a slides page without a number that can be its own",
  gallery: "a gallery page without a number that can be its own",
  collection: "a collection page without a number that can be its own",
  mix: "a mix page without a number that can be its own",
  music: "a music page without a number that can be its own",
} as const;

/** Names a page that is none of these. */
function pageAt(host: string, path: string): Meaning {
  const listed = /\/(video|note|slides|gallery|collection|mix|music)(?:\/|$)/.exec(path)?.[1];
  if (listed !== undefined) return { kind: "other", what: UNNUMBERED[listed as keyof typeof UNNUMBERED] };
  const kind = /\/(search|hashtag|channel|discover|jingxuan)(?:\/|$)/.exec(path)?.[1];
  if (kind !== undefined) return { kind: "other", what: OTHERS[kind as keyof typeof OTHERS] };
  if (/\/user\/self$/.test(path)) return { kind: "other", what: "the page of your own account (/user/self)" };
  return unnamed(host, path);
}

function unnamed(host: string, path: string): Meaning {
  return { kind: "unnamed", what: path === "" ? msg`${host} itself` : msg`${`${host}${path.slice(0, 60)}`}` };
}

function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
