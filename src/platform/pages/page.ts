/** A room page's embedded state, as far as we read it (facts/protocol.md 1.4). Null is "not in the page". */
interface PageState {
  readonly userUniqueId: string | null;
  readonly webRid: string | null;
  /** The broadcast in the page; null when there is only an account. */
  readonly room: PageRoom | null;
  readonly anchor: PageAnchor | null;
  /** Whether it is a room of sound only. */
  readonly audio: boolean | null;
}

/** A broadcast as pages, web/enter and reflow/info describe it. */
export interface PageRoom {
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

/** Call up to the quote of the text that it streams; nothing in it can match in two ways, so it takes linear time. */
const CALL = /self\.__pace_f\.push\(\s*\[\s*1\s*,\s*(?=")/g;
/** Kind of room_view_stats that counts viewers now; 3 is everybody who has watched (captures of web/enter and reflow/info). */
const WATCHING_NOW = 1;
const RADIO = 1; // enter_mode of a room with sound only (facts/protocol.md 1.2)

/**
 * Finds the state in a room page: the last streamed chunk whose array ends in an object with `state`.
 * @returns null when there is none: a captcha or challenge page, which says nothing about the room
 */
export function readPage(html: string): PageState | null {
  let found: PageState | null = null;
  for (const array of chunksOf(html)) found = stateIn(array) ?? found;
  return found;
}

/** Yields the arrays of a page's streamed state, in order; damaged ones are left out. */
export function* chunksOf(html: string): Generator<readonly unknown[]> {
  for (const call of html.matchAll(CALL)) {
    const open = call.index + call[0].length;
    const close = endOfString(html, open);
    if (close === -1) return;
    const chunk = parse(html.slice(open, close + 1));
    if (typeof chunk !== "string") continue;
    const array = parse(chunk.slice(chunk.indexOf(":") + 1));
    if (Array.isArray(array)) yield array;
  }
}

/** Finds the quote that ends the JSON string opened at `open`. A scan, as a regular expression may run out of stack on a page of 1 MB. */
function endOfString(html: string, open: number): number {
  for (let i = html.indexOf('"', open + 1); i !== -1; i = html.indexOf('"', i + 1)) {
    let escapes = 0;
    while (html[i - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return i;
  }
  return -1;
}

function stateIn(array: readonly unknown[]): PageState | null {
  const state = at(array[array.length - 1], "state");
  const info = at(at(state, "roomStore"), "roomInfo");
  if (info === undefined) return null;
  const room = at(info, "room");
  const mode = number(at(info, "enter_mode"));
  return {
    userUniqueId: text(at(at(at(state, "userStore"), "odin"), "user_unique_id")),
    webRid: text(at(info, "web_rid")),
    room: roomIn(room),
    anchor: anchorIn(at(info, "anchor") ?? at(room, "owner")),
    audio: mode === null ? null : mode === RADIO,
  };
}

/** Reads a room object; null when it has no id, which is no room. */
export function roomIn(room: unknown): PageRoom | null {
  const id = text(at(room, "id_str"));
  if (id === null || !/^[1-9]\d{0,19}$/.test(id)) return null;
  const stats = at(room, "stats");
  return {
    id,
    status: number(at(room, "status")),
    title: text(at(room, "title")),
    cover: address(at(at(at(room, "cover"), "url_list"), 0)),
    online: exactOnline(room) ?? text(at(room, "user_count_str")) ?? text(at(stats, "user_count_str")) ?? digits(at(room, "user_count")),
    totalViewers: counted(at(stats, "total_user")) ?? text(at(stats, "total_user_str")),
  };
}

/** Reads the viewers now to the last one (facts/changes-2026.md 4), where the platform shows them. */
function exactOnline(room: unknown): string | null {
  const view = at(room, "room_view_stats");
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
export function anchorIn(anchor: unknown): PageAnchor | null {
  const found = {
    id: text(at(anchor, "id_str")),
    secUid: text(at(anchor, "sec_uid")),
    nickname: text(at(anchor, "nickname")),
    avatar: address(at(at(at(anchor, "avatar_thumb"), "url_list"), 0)),
  };
  return Object.values(found).every((value) => value === null) ? null : found;
}

/** Reads the address of a picture: only http(s), since pages show it. */
function address(value: unknown): string | null {
  const url = text(value);
  return url !== null && /^https?:\/\//.test(url) ? url : null;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // one damaged chunk does not hide the others
  }
}

/** Returns a property of an unknown value; null counts as absent. */
export function at(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string | number, unknown>)[key] ?? undefined;
}

/** Returns a non-empty string, well-formed and without NUL; anything else is null. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.toWellFormed().replaceAll("\0", "") : null;
}

/** Returns a finite number; anything else is null. */
export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
