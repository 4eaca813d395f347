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
import type { Part } from "./strangers.js";
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
};
type Table = typeof zh;
const en: Table = {
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
};

/** What a table says is fit for the middle of its other sentences. One that takes any text, whoever wrote it, cannot be said: `Part` is what it takes. */
type Spoken<T> = T extends string
  ? Part
  : T extends (...values: infer V) => string
    ? string extends V[number]
      ? never
      : (...values: V) => Part
    : { readonly [K in keyof T]: Spoken<T[K]> };
export type Messages = Spoken<Table>;

/** Every sentence of the page, by language. */
export const MESSAGES = { zh, en } as unknown as Readonly<Record<Lang, Messages>>;

/** A reason that the server gave, in the page's language where it is known: alone in a `<bdi>`, or `isolated` in a sentence. */
export function reasonIn(reason: string, m: Messages): string {
  return m === MESSAGES.zh ? reasonInChinese(reason) : reason;
}
