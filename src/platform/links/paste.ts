import { DyliveError } from "../../runtime/errors.js";
import { type Meaning, meaningOf, roomNameIn } from "./link.js";

/** Meaning of a pasted text: a room, or a short link that must be followed first. */
export type Pasted = Exclude<Meaning, { kind: "other" }>;

/** Longest text that is read, in characters; the app's share texts have a few hundred. */
const LONGEST = 4000;
/** Invisible characters at the ends of copied text. */
const INVISIBLE = /^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+$/g;
/**
 * Addresses in running text: with a scheme, or beginning with a host of the platform. Characters that cannot stand in an address end it, so
 * Chinese text, emoji and full-width punctuation may touch it. Before an address without a scheme there may be no letter, digit or part of
 * another address (`evil.com/live.douyin.com/1`); scripts without spaces between words may touch it.
 */
const URL_CHARACTER = "[A-Za-z0-9\\-._~:/?#\\[\\]@!$&'()*+,;=%]";
const SPACELESS = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}";
const NOT_BEFORE = `(?<![.@/\\\\%=&?#_~+\\-\\d]|[A-Za-z0-9]:|(?![${SPACELESS}])[\\p{L}\\p{N}])`;
const ADDRESS = new RegExp(
  `https?://${URL_CHARACTER}+|${NOT_BEFORE}(?:[a-z0-9-]+\\.)*(?:douyin|iesdouyin|amemv)\\.com(?![A-Za-z0-9.\\-@:])${URL_CHARACTER}*`,
  "giu",
);

/**
 * Reads what somebody pasted: an id, a link, or text around a link. Asks nobody.
 * @throws DyliveError bad_room
 */
export function readPaste(text: string): Pasted {
  const given = text.replace(INVISIBLE, "");
  if (given === "") throw new DyliveError("bad_room", "the text is empty");
  if (given.length > LONGEST)
    throw new DyliveError("bad_room", `the text has ${given.length} characters; a link, an id or the app's share text has far fewer`);
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(given)) throw new DyliveError("bad_room", "the text holds control characters");
  let strange: string | null = null;
  let other: string | null = null;
  for (const [address] of given.matchAll(ADDRESS)) {
    const url = urlOf(address);
    const meaning = url === null ? null : meaningOf(url);
    if (meaning === null) strange ??= url?.host ?? address;
    else if (meaning.kind === "other") other ??= meaning.what;
    else return meaning;
  }
  if (other !== null) throw new DyliveError("bad_room", `the link leads to ${other}, which is no room, account or short link`);
  if (strange !== null)
    throw new DyliveError(
      "bad_room",
      `${JSON.stringify(strange.slice(0, 80))} is not an address of the platform (douyin.com) that dylive asks`,
    );
  const name = roomNameIn(given);
  if (name !== null) return { kind: "room", name, broadcast: name.kind === "room_id" ? name.value : null };
  throw new DyliveError(
    "bad_room",
    `${JSON.stringify(given.slice(0, 40))} holds no link of the platform and is no id (a number of up to 16 digits, a custom id, a sec_uid or a 19-digit room_id)`,
  );
}

/** Reads an address as written, without the punctuation that a sentence puts behind it. */
function urlOf(address: string): URL | null {
  const bare = address.replace(/[.,;:!?'")\]]+$/, "");
  const full = /^https?:\/\//i.test(bare) ? bare : `https://${bare}`;
  return URL.canParse(full) ? new URL(full) : null;
}
