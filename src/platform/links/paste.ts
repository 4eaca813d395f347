import { DyliveError } from "../../runtime/errors.js";
import { either, type Msg, msg, msgOf } from "../../runtime/msg.js";
import { timeOfId } from "../works/field.js";
import { isSecUid, type Meaning, meaningOf, roomNameIn, spoiltBy, spoiltIn, WORK_QUERIES, withoutPassword } from "./link.js";

/** Side of dylive at which a text is pasted: which meanings it takes, and how it names them when it refuses another. */
export interface Door<T> {
  readonly code: "bad_room" | "bad_work";
  /** Names of what it takes, for sentences. */
  readonly wants: Msg;
  /** Forms of ids that it takes without an address around them, for sentences. */
  readonly ids: Msg | null;
  /** Returns an address's meaning as it is meant here, or null when it is of another kind. @throws DyliveError bad_work of an id that cannot be */
  take(meaning: Meaning): T | null;
  /** Returns the meaning of a text that is nothing but an id, or null when it is no id that this side takes. @throws DyliveError bad_work */
  id(text: string): T | null;
}

/** Meaning of a text as the live side has it: an account is its room, and 19 digits are a broadcast. */
export type PastedRoom = Extract<Meaning, { kind: "room" }>;

/** Door of the live side. */
export const ROOM_DOOR: Door<PastedRoom> = {
  code: "bad_room",
  wants: msg`a room or an account`,
  ids: msg`a number of up to 16 digits, a custom id, a sec_uid or a 19-digit room_id`,
  take(meaning) {
    if (meaning.kind === "author") return { kind: "room", name: { kind: "sec_uid", value: meaning.secUid }, broadcast: null };
    return meaning.kind === "room" ? meaning : null;
  },
  id(text) {
    const name = roomNameIn(text);
    return name === null ? null : { kind: "room", name, broadcast: name.kind === "room_id" ? name.value : null };
  },
};

/** Kinds that the side of works reads: works, and what has a list of them. */
type WorkKind = "work" | "author" | "mix";

const WORK_WORDS: Readonly<Record<WorkKind, { readonly one: Msg; readonly id: Msg | null }>> = {
  work: { one: msg`a work`, id: msg`a work's 19 digits` },
  author: { one: msg`an author`, id: msg`an author's sec_uid` },
  mix: { one: msg`a mix`, id: null }, // has 19 digits too: alone they are taken for a work's
};

/**
 * Makes the door of a part of the side of works: 19 digits are a work, an account is an author.
 * @param kinds what that part reads
 * @param nowMs ms UTC, by which an id of a work that is yet to come is known as a typo
 */
export function worksDoor<K extends WorkKind>(kinds: readonly [K, ...K[]], nowMs: number): Door<Extract<Meaning, { kind: K }>> {
  const isTaken = (meaning: Meaning): meaning is Extract<Meaning, { kind: K }> => (kinds as readonly string[]).includes(meaning.kind);
  const take = (meaning: Meaning) => {
    const taken = isTaken(meaning) ? meaning : null;
    if (taken !== null && meaning.kind === "work") assertWorkId(meaning.id, nowMs);
    return taken;
  };
  return {
    code: "bad_work",
    wants: either(kinds.map((kind) => WORK_WORDS[kind].one)) ?? msgOf("nothing"),
    ids: either(kinds.flatMap((kind) => WORK_WORDS[kind].id ?? [])),
    take,
    id(text) {
      if (isWorkId(text)) return take({ kind: "work", id: text, page: null });
      return isSecUid(text) ? take({ kind: "author", secUid: text }) : null;
    },
  };
}

/** Longest text that is read, in characters; the app's share texts have a few hundred. */
const LONGEST = 4000;
/** Invisible characters and quotation marks at the ends of copied text: cmd.exe hands single ones on, and people paste what was quoted. */
const BLANK = "[\\s\\u200b-\\u200f\\u2060\\ufeff\"'`“”‘’「」『』]";
/** Those at the end are tried from the first of a row alone: from each of them, a long row within a text would take quadratic time. */
const AROUND = new RegExp(`^${BLANK}+|(?<!${BLANK})${BLANK}+$`, "g");

/** Returns a pasted text without what stands around it: blanks, invisible characters, quotation marks. */
export function unquoted(text: string): string {
  return text.replace(AROUND, "");
}

/**
 * Addresses in running text: with a scheme, or beginning with a host of the platform. Characters that cannot stand in an address end it, so
 * Chinese text, emoji and full-width punctuation may touch it. Before an address without a scheme there may be no letter, digit or part of
 * another address (`evil.com/live.douyin.com/1`); scripts without spaces between words may touch it. The
 * middle of a Markdown link ends one, too: its text may be the address itself.
 */
const URL_CHARACTER = "(?:[A-Za-z0-9\\-._~:/?#\\[@!$&'()*+,;=%]|\\](?!\\())";
const SPACELESS = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}";
const NOT_BEFORE = `(?<![.@/\\\\%=&?#_~+\\-\\d]|[A-Za-z0-9]:|(?![${SPACELESS}])[\\p{L}\\p{N}])`;
/**
 * Part of a path that says what is searched for, as it was typed where a browser shows the address so, blanks and # too: it ends at the query
 * that names a work.
 */
const SEARCHED = `/(?:[a-z]+/)?search/[^?/\\r\\n]{1,100}(?=\\?(?:[^\\s?]*&)?(?:${WORK_QUERIES.join("|")})=\\d)`;
const ADDRESS = new RegExp(
  `https?://(?:[a-z0-9.-]+${SEARCHED})?${URL_CHARACTER}+|${NOT_BEFORE}(?:[a-z0-9-]+\\.)*(?:douyin|iesdouyin|amemv|ixigua)\\.com(?![A-Za-z0-9.\\-@:])(?:${SEARCHED})?${URL_CHARACTER}*`,
  "giu",
);

/**
 * Reads a pasted text: an id, a link, or text around a link. The first address counts that the door takes or that must be followed.
 * Sends no request.
 * @throws DyliveError the door's
 */
export function readPaste<T>(text: string, door: Door<T>): T | Extract<Meaning, { kind: "short_link" }> {
  const refuse = (detail: Msg) => new DyliveError(door.code, detail);
  if (typeof text !== "string") throw refuse(msg`it is no text: put quotes around a number`);
  const given = unquoted(text);
  if (given === "") throw refuse(msg`the text is empty`);
  if (given.length > LONGEST)
    throw refuse(msg`the text has ${given.length} characters; a link, an id or the app's share text has far fewer`);
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(given)) throw refuse(msg`the text holds control characters`);
  let strange: Msg | null = null;
  let unwanted: Meaning | null = null;
  for (const [address] of given.matchAll(ADDRESS)) {
    const url = urlOf(address);
    const meaning = url === null ? null : meaningOf(url);
    if (meaning === null)
      strange ??= (url === null ? spoiltIn(address) : spoiltBy(url)) ?? notPlatforms(url?.host ?? withoutPassword(address));
    else if (meaning.kind === "short_link") return meaning;
    else {
      const taken = door.take(meaning);
      if (taken !== null) return taken;
      if (unwanted === null || unwanted.kind === "unnamed") unwanted = meaning;
    }
  }
  if (unwanted !== null) throw refuse(msg`the link leads to ${elsewhere(unwanted, door.wants)}`);
  if (strange !== null) throw refuse(strange);
  const named = door.id(given);
  if (named !== null) return named;
  const spoilt = spoiltIn(given);
  if (spoilt !== null) throw refuse(spoilt);
  const noId = door.ids === null ? "" : msg` and is no id (${door.ids})`;
  throw refuse(msg`${JSON.stringify(withoutPassword(given).slice(0, 40))} holds no link of the platform${noId}`);
}

function notPlatforms(address: string): Msg {
  return msg`${JSON.stringify(address.slice(0, 80))} is not an address of the platform (douyin.com) that dylive asks`;
}

/** Returns the words for a meaning that was not wanted, and what reads it: the end of a sentence on where a link leads. */
export function elsewhere(meaning: Meaning, wants: Msg): Msg {
  const not = msg`not to ${wants}`;
  switch (meaning.kind) {
    case "room":
      return msg`a live room, ${not}: \`dylive watch LINK\` reads it`;
    case "work":
      return msg`${meaning.page === null ? msg`a work` : meaning.page === "video" ? msg`a video` : msg`a note`}, ${not}: \`dylive work LINK\` reads it`;
    case "author":
      return msg`an author's page, ${not}: \`dylive works LINK\` lists the works`;
    case "mix":
      return msg`a mix, ${not}: \`dylive works LINK\` lists its works`;
    case "music":
      return msg`a piece of music, ${not}; dylive reads music only with the work that it belongs to`;
    case "replay":
      return msg`a replay, ${not}; dylive reads a broadcast only while it is live`;
    case "ixigua":
      return msg`ixigua.com (西瓜视频), ${not}; dylive does not read that site`;
    case "short_link":
      return msg`another short link, ${not}`;
    default:
      return msg`${msgOf(meaning.what)}, not to ${wants}`;
  }
}

/** Punctuation that a sentence or Markdown puts behind an address; tried from its first sign alone, as {@link AROUND} is. */
const STOPS = /(?<![.,;:!?'")\]*])[.,;:!?'")\]*]+$/;
const SEARCH_PATH = new RegExp(SEARCHED, "iu");

/** Reads an address as written, without the punctuation behind it. */
function urlOf(address: string): URL | null {
  const bare = address.replace(STOPS, "").replace(SEARCH_PATH, (searched) => searched.replaceAll("#", "%23"));
  const full = /^https?:\/\//i.test(bare) ? bare : `https://${bare}`;
  return URL.canParse(full) ? new URL(full) : null;
}

const DAY_MS = 86_400_000;
/** Month in which the platform opened, ms UTC: no work of it is older. */
const OPENED_MS = Date.UTC(2016, 8, 1);
/** Last moment that a `Date` can tell, ms UTC. */
const LAST_DATE_MS = 8.64e15;

/** Returns whether a text, alone, has the form of a work's id: 19 digits, as every one since 2020 (facts/videos.md section 1). */
function isWorkId(text: string): boolean {
  return /^\d{19}$/.test(text);
}

/**
 * Refuses an id whose time cannot be: a digit of it was mistyped or is missing.
 * @param nowMs ms UTC; a work may be up to a day ahead of it, since this machine's clock may be wrong
 * @throws DyliveError bad_work
 */
export function assertWorkId(id: string, nowMs: number): void {
  const made = timeOfId(id);
  if (made !== null && made >= OPENED_MS && made <= nowMs + DAY_MS) return;
  throw new DyliveError(
    "bad_work",
    msg`there can be no work ${id.slice(0, 32)}: ${whyNot(made)}; look for a wrong, missing or doubled digit`,
  );
}

function whyNot(made: number | null): Msg {
  if (made === null) return msg`its id is no number of at most 32 digits`;
  const date = made > LAST_DATE_MS ? msg`a far future` : new Date(made).toISOString().slice(0, 10);
  return msg`by its id it would be of ${date}, ${made < OPENED_MS ? msg`when the platform had not opened` : msg`which is yet to come by this machine's clock`}`;
}
