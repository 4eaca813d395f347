import { reasonInChinese } from "../../../src/i18n/reasons.js";
import type { Lang } from "../format/number.js";
import { comments as enComments } from "./en/comments.js";
import { downloads as enDownloads } from "./en/downloads.js";
import { errors as enErrors } from "./en/errors.js";
import { overlay as enOverlay } from "./en/overlay.js";
import { room as enRoom } from "./en/room.js";
import { rooms as enRooms } from "./en/rooms.js";
import { search as enSearch } from "./en/search.js";
import { sessions as enSessions } from "./en/sessions.js";
import { settings as enSettings } from "./en/settings.js";
import { shell as enShell } from "./en/shell.js";
import { works as enWorks } from "./en/works.js";
import { comments as zhComments } from "./zh/comments.js";
import { downloads as zhDownloads } from "./zh/downloads.js";
import { errors as zhErrors } from "./zh/errors.js";
import { overlay as zhOverlay } from "./zh/overlay.js";
import { room as zhRoom } from "./zh/room.js";
import { rooms as zhRooms } from "./zh/rooms.js";
import { search as zhSearch } from "./zh/search.js";
import { sessions as zhSessions } from "./zh/sessions.js";
import { settings as zhSettings } from "./zh/settings.js";
import { shell as zhShell } from "./zh/shell.js";
import { works as zhWorks } from "./zh/works.js";

// A page has a section of its own: a file each in zh/ and en/, and a line in both tables here.
const zh = {
  shell: zhShell,
  rooms: zhRooms,
  room: zhRoom,
  search: zhSearch,
  sessions: zhSessions,
  works: zhWorks,
  comments: zhComments,
  downloads: zhDownloads,
  settings: zhSettings,
  overlay: zhOverlay,
  errors: zhErrors,
  reason: reasonInChinese,
};
export type Messages = typeof zh;
const en: Messages = {
  shell: enShell,
  rooms: enRooms,
  room: enRoom,
  search: enSearch,
  sessions: enSessions,
  works: enWorks,
  comments: enComments,
  downloads: enDownloads,
  settings: enSettings,
  overlay: enOverlay,
  errors: enErrors,
  reason: (reason) => reason,
};

/** Every sentence of the page, by language. */
export const MESSAGES: Readonly<Record<Lang, Messages>> = { zh, en };

/** A reason that the server gave, in the page's language where it is known. */
export function reasonIn(reason: string, m: Messages): string {
  return m.reason(reason);
}
