import { at } from "../wire/exact-json.js";
import { streamedState } from "../wire/streamed-state.js";

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

/** Kind of room_view_stats that counts viewers now; 3 is everybody who has watched (captures of web/enter and reflow/info). */
const WATCHING_NOW = 1;
const RADIO = 1; // enter_mode of a room with sound only (facts/protocol.md 1.2)

/**
 * Finds the state in a room page: the last streamed chunk whose array ends in an object with `state`.
 * @returns null when there is none: a captcha or challenge page, which says nothing about the room
 */
export function readPage(html: string): PageState | null {
  let found: PageState | null = null;
  for (const chunk of streamedState(html)) if (Array.isArray(chunk)) found = stateIn(chunk) ?? found;
  return found;
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

/** Returns a non-empty string, well-formed and without NUL; anything else is null. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.toWellFormed().replaceAll("\0", "") : null;
}

/** Returns a finite number; anything else is null. */
export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
