import { at, parseExact, streamedRows } from "../wire/exact-json.js";

/** A room page's embedded state, as far as we read it (facts/protocol.md 1.4). Null is "not in the page". */
interface PageState {
  readonly userUniqueId: string | null;
  readonly webRid: string | null;
  readonly room: RoomReading;
  readonly anchor: PageAnchor | null;
  /** Whether it is a room of sound only. */
  readonly audio: boolean | null;
}

/** A broadcast; `none` where the reply itself shows that there is none; null where it does not say, or cannot be read. */
export type RoomReading = PageRoom | "none" | null;

/** A broadcast as pages, web/enter and reflow/info describe it. */
interface PageRoom {
  readonly id: string;
  readonly status: number | null;
  readonly title: string | null;
  readonly cover: string | null;
  /** Viewers now and so far: exact where the platform says so, else as it writes them (`900+`, `1.1万`). */
  readonly online: string | null;
  readonly totalViewers: string | null;
}

/** An anchor as they describe them. */
interface PageAnchor {
  readonly id: string | null;
  readonly secUid: string | null;
  readonly nickname: string | null;
  readonly avatar: string | null;
}

/** Kind of room_view_stats that counts viewers now; 3 is everybody who has watched (captures of web/enter and reflow/info). */
const WATCHING_NOW = 1;
const RADIO = 1; // enter_mode of a room with sound only (facts/protocol.md 1.2)

/** Reads a property, as {@link at} does. */
type Read = typeof at;

/** Reference to another chunk of the page. */
const REFERENCE = /^\$[0-9a-f]{1,8}$/;

/**
 * Finds the state in a room page: the last streamed chunk whose array ends in an object with `state`, else an attribute that holds it.
 * @returns null when there is none: a captcha or challenge page, which says nothing about the room
 */
export function readPage(html: string): PageState | null {
  const rows = [...streamedRows(html)];
  const byId = new Map(rows);
  // A reference without its chunk stays a text: something is there that cannot be read.
  const read: Read = (value, key) => {
    const found = at(value, key);
    return typeof found === "string" && REFERENCE.test(found) ? (byId.get(found.slice(1)) ?? found) : found;
  };
  let found: PageState | null = null;
  for (const [, row] of rows) if (Array.isArray(row)) found = stateIn(read(read(row, row.length - 1), "state"), read) ?? found;
  if (found !== null) return found;
  const held = attributeWith(html, "roomStore&quot;");
  return stateIn(at(held, "state") ?? held, at);
}

/** Parses the attribute of the HTML that holds a text, as JSON; null where there is none. */
function attributeWith(html: string, held: string): unknown {
  const inside = html.indexOf(held);
  if (inside === -1) return null;
  const json = html.slice(html.lastIndexOf('"', inside) + 1, html.indexOf('"', inside)).replace(/&(\w+|#39);/g, unescaped);
  try {
    return parseExact(json);
  } catch {
    return null;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', amp: "&", lt: "<", gt: ">", "#39": "'" };
const unescaped = (entity: string, name: string) => ENTITIES[name] ?? entity;

function stateIn(state: unknown, read: Read): PageState | null {
  const info = read(read(state, "roomStore"), "roomInfo");
  if (info === undefined) return null;
  const room = read(info, "room");
  const mode = number(read(info, "enter_mode"));
  // An account without a room has no stream: where there is one, the room only stands elsewhere.
  const hasStream = read(read(read(state, "streamStore"), "streamData"), "H264_streamData") !== undefined;
  return {
    userUniqueId: text(read(read(read(state, "userStore"), "odin"), "user_unique_id")),
    webRid: text(read(info, "web_rid")),
    room: room !== undefined ? roomIn(room, read) : hasStream ? null : "none",
    anchor: anchorIn(read(info, "anchor") ?? read(room, "owner"), read),
    audio: mode === null ? null : mode === RADIO,
  };
}

/** Reads a room object; null when it has no id. */
export function roomIn(room: unknown, read: Read = at): PageRoom | null {
  const id = text(read(room, "id_str"));
  if (id === null || !/^[1-9]\d{0,19}$/.test(id)) return null;
  const stats = read(room, "stats");
  return {
    id,
    status: number(read(room, "status")),
    title: text(read(room, "title")),
    cover: address(read(read(read(room, "cover"), "url_list"), 0)),
    online:
      exactOnline(read(room, "room_view_stats")) ??
      text(at(room, "user_count_str")) ??
      text(at(stats, "user_count_str")) ??
      digits(at(room, "user_count")),
    totalViewers: counted(at(stats, "total_user")) ?? text(at(stats, "total_user_str")),
  };
}

/** Reads the viewers now to the last one (facts/changes-2026.md 4), where the platform shows them. */
function exactOnline(view: unknown): string | null {
  return at(view, "display_type") === WATCHING_NOW && at(view, "is_hidden") !== true ? counted(at(view, "display_value")) : null;
}

/** Reads a count in digits; 0 is what a field has that is not filled in. */
function counted(value: unknown): string | null {
  return value === 0 ? null : digits(value);
}

function digits(value: unknown): string | null {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? String(value) : null;
}

/** Reads an account; null when there is none. */
export function anchorIn(anchor: unknown, read: Read = at): PageAnchor | null {
  const found = {
    id: text(at(anchor, "id_str")),
    secUid: text(at(anchor, "sec_uid")),
    nickname: text(at(anchor, "nickname")),
    avatar: address(read(read(read(anchor, "avatar_thumb"), "url_list"), 0)),
  };
  return Object.values(found).every((value) => value === null) ? null : found;
}

/** Reads the address of a picture: only http(s), since pages show it. */
function address(value: unknown): string | null {
  const url = text(value);
  return url !== null && /^https?:\/\//.test(url) ? url : null;
}

/** Returns a non-empty string, well-formed and without NUL; anything else is null. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.toWellFormed().replaceAll("\0", "") : null;
}

/** Returns a finite number; anything else is null. */
export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
