/** A room page's embedded state, as far as we read it (facts/protocol.md 1.4). Null is "not in the page". */
export interface PageState {
  readonly userUniqueId: string | null;
  readonly webRid: string | null;
  /** The broadcast in the page; null when there is only an account. */
  readonly room: { readonly id: string; readonly status: number | null; readonly title: string | null } | null;
  readonly anchor: {
    readonly id: string | null;
    readonly secUid: string | null;
    readonly nickname: string | null;
    readonly avatar: string | null;
  } | null;
}

const CALL = 'self.__pace_f.push([1,"';

/**
 * Finds the state in a room page: the last streamed chunk whose array ends in an object with `state`.
 * @returns null when there is none: a captcha or challenge page, which says nothing about the room
 */
export function readPage(html: string): PageState | null {
  let found: PageState | null = null;
  for (let start = html.indexOf(CALL); start !== -1; start = html.indexOf(CALL, start + CALL.length)) {
    const open = start + CALL.length - 1;
    const close = endOfString(html, open);
    if (close === -1) break;
    found = stateIn(html.slice(open, close + 1)) ?? found;
  }
  return found;
}

/** Index of the quote that ends the JSON string opened at `open`. Written as a scan: a regular expression may run out of stack on a page of 1 MB. */
function endOfString(html: string, open: number): number {
  for (let i = html.indexOf('"', open + 1); i !== -1; i = html.indexOf('"', i + 1)) {
    let escapes = 0;
    while (html[i - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return i;
  }
  return -1;
}

function stateIn(quoted: string): PageState | null {
  const chunk = parse(quoted);
  if (typeof chunk !== "string" || !chunk.includes('"state"')) return null;
  const array = parse(chunk.slice(chunk.indexOf(":") + 1));
  if (!Array.isArray(array)) return null;
  const state = at(array[array.length - 1], "state");
  const info = at(at(state, "roomStore"), "roomInfo");
  if (info === undefined) return null;
  const room = at(info, "room");
  const id = text(at(room, "id_str"));
  const anchor = at(info, "anchor") ?? at(room, "owner");
  const status = at(room, "status");
  return {
    userUniqueId: text(at(at(at(state, "userStore"), "odin"), "user_unique_id")),
    webRid: text(at(info, "web_rid")),
    room: id === null ? null : { id, status: typeof status === "number" ? status : null, title: text(at(room, "title")) },
    anchor:
      anchor === undefined
        ? null
        : {
            id: text(at(anchor, "id_str")),
            secUid: text(at(anchor, "sec_uid")),
            nickname: text(at(anchor, "nickname")),
            avatar: text(at(at(at(anchor, "avatar_thumb"), "url_list"), 0)),
          },
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // one damaged chunk does not hide the others
  }
}

/** A property of an unknown value; null counts as absent. */
export function at(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Record<string | number, unknown>)[key] ?? undefined;
}

/** A non-empty string, well-formed and without NUL; anything else is null. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.toWellFormed().replaceAll("\0", "") : null;
}
