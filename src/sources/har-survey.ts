import { isPlatformHost } from "../platform/access/platform.js";
import { JsonScanner, type ScanTarget } from "./json-scan.js";

/** Part of a HAR that belongs to one broadcast. */
export interface HarRoom {
  readonly roomId: string;
  /** The room's number, where a request names it. */
  webRid: string | null;
  /** Places of its entries in the file. */
  readonly entries: Map<number, "push" | "fetch">;
  /** Messages of its sockets. */
  messages: number;
}

/** Longest URL or header value that is read; the site's push URLs have about 2 kB. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_ROOMS = 100;
/** Depth of the path of an entry of the file. */
export const ENTRY_DEPTH = 3;

interface HarEntry {
  url: string;
  referer: string | null;
  headerName: string;
  messages: number;
}

/** Finds the broadcasts in a HAR: Chrome writes a socket's messages before its address, so a first reading only looks for addresses. */
export class HarSurvey implements ScanTarget {
  readonly rooms = new Map<string, HarRoom>();
  /** Room numbers of the pages in the file. */
  readonly #webRids = new Set<string>();
  /** Entries seen; 0 is no HAR. */
  entries = 0;
  #entry: HarEntry = emptyEntry();

  /** Makes a scanner that fills this. */
  scanner(): JsonScanner {
    return new JsonScanner(this, MAX_TEXT_BYTES);
  }

  wants(path: readonly string[]): boolean {
    if (path[0] !== "log" || path[1] !== "entries" || path[3] !== "request") return false;
    return (path.length === 5 && path[4] === "url") || (path.length === 7 && path[4] === "headers");
  }

  value(path: readonly string[], value: string | number | boolean | null): void {
    if (typeof value !== "string") return;
    if (path.length === 5) this.#entry.url = value;
    else if (path[6] === "name") this.#entry.headerName = value.toLowerCase();
    else if (path[6] === "value" && this.#entry.headerName === "referer") this.#entry.referer = value;
  }

  tooLong(): void {}

  left(path: readonly string[]): void {
    if (path[0] !== "log" || path[1] !== "entries") return;
    if (path.length === 5 && path[3] === "_webSocketMessages") this.#entry.messages++;
    if (path.length === ENTRY_DEPTH) this.#endEntry();
  }

  /** Returns what was found, once all is read: a room without a number takes that of the only page. */
  found(): readonly HarRoom[] {
    const rooms = [...this.rooms.values()];
    const [only] = this.#webRids;
    if (rooms.length === 1 && rooms[0] && this.#webRids.size === 1 && only !== undefined) rooms[0].webRid ??= only;
    return rooms;
  }

  #endEntry(): void {
    const index = this.entries++;
    const { url, referer, messages } = this.#entry;
    this.#entry = emptyEntry();
    const address = platformUrl(url);
    if (address === null) return;
    const page = webRidIn(address) ?? webRidIn(platformUrl(referer ?? ""));
    if (page !== null && this.#webRids.size < MAX_ROOMS) this.#webRids.add(page);
    const kind = kindOf(address);
    if (kind === null) return;
    const roomId = address.searchParams.get("room_id") ?? address.searchParams.get("room_id_str") ?? "";
    if (!/^[1-9]\d{0,19}$/.test(roomId) || (this.rooms.size >= MAX_ROOMS && !this.rooms.has(roomId))) return;
    const room: HarRoom = this.rooms.get(roomId) ?? { roomId, webRid: null, entries: new Map(), messages: 0 };
    this.rooms.set(roomId, room);
    room.webRid ??= kind === "enter" ? webRid(address.searchParams.get("web_rid")) : page;
    if (kind !== "enter") room.entries.set(index, kind);
    room.messages += messages;
  }
}

function emptyEntry(): HarEntry {
  return { url: "", referer: null, headerName: "", messages: 0 };
}

function kindOf({ protocol, pathname }: URL): "push" | "fetch" | "enter" | null {
  if (protocol === "wss:" || protocol === "ws:") return pathname.startsWith("/webcast/im/push/") ? "push" : null;
  if (pathname === "/webcast/im/fetch/") return "fetch";
  return pathname === "/webcast/room/web/enter/" ? "enter" : null;
}

/** Reads an address of the platform; captures of the simulator have it behind a prefix. */
function platformUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const under = /^\/@([^/]+)(\/.*)$/.exec(url.pathname);
  const real = under === null ? url : new URL(`${url.protocol}//${under[1]}${under[2]}${url.search}`);
  return isPlatformHost(real.hostname) ? real : null;
}

function webRidIn(url: URL | null): string | null {
  return url?.hostname === "live.douyin.com" ? webRid(url.pathname.slice(1).replace(/\/$/, "")) : null;
}

/** Reads a room's number: a custom id opens the same page, but is not one. */
function webRid(text: string | null): string | null {
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? text : null;
}
