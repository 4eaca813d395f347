import type { RoomState } from "../health/state.js";
import type { DyliveError } from "../runtime/errors.js";
import type { RoomFacts } from "../store/rooms.js";

/** Code by which that program describes a room. "Not known" is another thing than "offline". */
type Code = "ROOM_ONLINE" | "ROOM_OFFLINE" | "ROOM_ENDED" | "ROOM_NOT_FOUND" | "ROOM_STATUS_UNKNOWN";

interface StatusRow {
  readonly live: boolean | null;
  readonly status: string;
  readonly text: string;
  readonly message: string;
  readonly suggestion: string;
  /** Null while we go on looking: then the message says when we look again. */
  readonly hasRoom: boolean | null;
}

const ROWS: Readonly<Record<Code, StatusRow>> = {
  ROOM_ONLINE: {
    live: true,
    status: "online",
    text: "直播中",
    message: "正在直播，消息即将到来",
    suggestion: "请照常处理消息",
    hasRoom: true,
  },
  ROOM_OFFLINE: {
    live: false,
    status: "offline",
    text: "未开播",
    message: "还没有开播，dylive 会继续查看",
    suggestion: "请保持连接，等待开播",
    hasRoom: null,
  },
  ROOM_ENDED: {
    live: false,
    status: "ended",
    text: "已下播",
    message: "这场直播结束了，dylive 会等待下一场",
    suggestion: "请保持连接，等待下一场直播",
    hasRoom: null,
  },
  ROOM_NOT_FOUND: {
    live: false,
    status: "not_found",
    text: "没有这个直播间",
    message: "没有这个直播间，连接将关闭",
    suggestion: "请检查直播间号",
    hasRoom: false,
  },
  ROOM_STATUS_UNKNOWN: {
    live: null,
    status: "unknown",
    text: "状态未知",
    message: "暂时不能确定是否在直播，dylive 会继续查看",
    suggestion: "请保持连接，不要马上重连",
    hasRoom: null,
  },
};

const CODES: { readonly [S in RoomState]?: Code } = {
  live: "ROOM_ONLINE",
  waiting: "ROOM_OFFLINE",
  ended: "ROOM_ENDED",
  ...{ stalled: "ROOM_STATUS_UNKNOWN", blocked: "ROOM_STATUS_UNKNOWN", failed: "ROOM_STATUS_UNKNOWN", paused: "ROOM_STATUS_UNKNOWN" },
};

/** Returns the code for a state of ours; null while nothing is known yet, when that program is silent too. */
export function codeOf(state: string): Code | null {
  return CODES[state as RoomState] ?? null;
}

/** The code for a room that could not be had. */
export function codeOfError(error: DyliveError): Code {
  // A room that a token may not see is as if there were none.
  return ["no_account", "bad_room", "forbidden"].includes(error.code) ? "ROOM_NOT_FOUND" : "ROOM_STATUS_UNKNOWN";
}

/**
 * A status frame (facts/peers-and-users.md section 5).
 * @param asked the room as the client wrote it, which stands in `room_id`
 * @param retrySeconds between two looks at a room that is not live
 */
export function statusText(code: Code, asked: string, about: RoomFacts, retrySeconds: number): string {
  const row = ROWS[code];
  return JSON.stringify({
    type: "system",
    event: "live_status",
    code,
    // Of a room that is offline something is known, too.
    valid: row.live !== null && row.hasRoom !== false,
    live: row.live,
    status: row.status,
    status_text: row.text,
    room_id: asked,
    live_name: about.anchor?.nickname ?? "",
    title: about.title ?? "",
    avatar_thumb: about.anchor?.avatar ?? "",
    has_room: row.hasRoom,
    account_only: row.hasRoom === true ? false : null,
    message: row.message,
    suggestion: row.suggestion,
    ...(row.hasRoom === null && { retry_interval_seconds: retrySeconds }),
    ...(code === "ROOM_ENDED" && { ended: true }),
  });
}
