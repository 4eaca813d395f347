import { DyliveError, FieldError } from "../runtime/errors.js";
import { type Msg, msg } from "../runtime/msg.js";
import type { DownloadFile } from "./model/download.js";
import type { Work } from "./model/work.js";

/** Template of file names that is used unless another is given. */
export const DEFAULT_TEMPLATE = "{author}/{date} {text} {id}";

const FIELDS = ["author", "date", "time", "text", "title", "id", "kind", "index", "quality"] as const;
type Field = (typeof FIELDS)[number];
/** Fields that strangers write: they are cut where a name would become too long. */
const WRITTEN: ReadonlySet<Field> = new Set(["author", "text", "title"]);

/** Most bytes of a folder's or file's name without what is put behind it: systems take 255, and Windows a path of 260 characters. */
const NAME_MAX_BYTES = 160;
/** Most bytes of a field that a stranger writes. */
const WRITTEN_MAX_BYTES = 90;
/** Characters of such a field that are looked at at all. */
const WRITTEN_MAX_CHARS = 1_000;
const TEMPLATE_MAX_CHARS = 200;
const FOLDERS_MAX = 8;
/** Most bytes of a template's own words in one name, so that the id and the other short fields always fit beside them. */
const WORDS_MAX_BYTES = 60;

type Piece = { readonly words: string } | { readonly field: Field };

/** Place of one file among those of its work. */
interface NamedFile extends Pick<DownloadFile, "role" | "index"> {
  /** Short edge of a film, as `1080p`; null where it is none, or unknown. */
  readonly quality: string | null;
}

/**
 * Makes names of files by a template such as `{author}/{date} {text} {id}`. Whatever strangers wrote, a name stays inside its folder, is valid
 * on Linux, macOS and Windows, and is no other work's and no other file's: the id always has a place of its own in it.
 */
export class FileNames {
  readonly #folders: readonly (readonly Piece[])[];
  readonly #hasIndex: boolean;

  /** @param template fields in braces; `/` makes folders. @throws DyliveError bad_request that says what is wrong with it */
  constructor(template: string = DEFAULT_TEMPLATE) {
    if (template.length > TEMPLATE_MAX_CHARS) throw wrong(msg`it may have ${TEMPLATE_MAX_CHARS} characters`);
    const parts = template.split("/");
    if (parts.length > FOLDERS_MAX) throw wrong(msg`it may have ${FOLDERS_MAX} parts with / between`);
    const folders = parts.map(piecesOf);
    const last = folders.at(-1) ?? [];
    this.#folders = folders.some(isTold) ? folders : [...folders.slice(0, -1), [...last, { words: " " }, { field: "id" }]];
    this.#hasIndex = this.#folders.flat().some((piece) => "field" in piece && piece.field === "index");
  }

  /**
   * Returns the path of a file in the download folder, with `/` between its parts and without the end that tells the file's type.
   * @throws DyliveError bad_work when the work's id is none
   */
  stem(work: Work, file: NamedFile): string {
    if (!/^\d{10,32}$/.test(work.id)) throw new DyliveError("bad_work", "its id is not a number of 10 to 32 digits");
    const values = valuesOf(work, file);
    const names = this.#folders.map((pieces) => rendered(pieces, values));
    return `${names.join("/")}${this.#end(file)}`;
  }

  /** Returns what tells the files of one work apart. */
  #end({ role, index }: NamedFile): string {
    const number = this.#hasIndex ? "" : `_${numberOf(index)}`;
    if (role === "video") return "";
    if (role === "meta") return ".meta";
    if (role === "music") return "_music";
    return role === "cover" ? `_cover${number}` : number;
  }
}

function piecesOf(part: string): readonly Piece[] {
  const pieces = part.split(/(\{[^{}]*\})/).filter((text) => text !== "");
  const found = pieces.map((text): Piece => {
    const name = /^\{(.*)\}$/.exec(text)?.[1];
    if (name === undefined) return { words: text };
    const field = FIELDS.find((one) => one === name);
    if (field === undefined)
      throw wrong(msg`there is no ${msg`field`} {${name.slice(0, 40)}}; there are ${FIELDS.map((one) => `{${one}}`).join(", ")}`);
    return { field };
  });
  const words = found
    .flatMap((piece) => ("words" in piece ? [piece.words] : []))
    .join("")
    .replace(/ +/g, " ");
  if (/[{}]/.test(words)) throw wrong(msg`a brace is not closed, or not opened`);
  if (words !== safe(words)) throw wrong(msg`a name may not have any of \\ : * ? " < > | and no characters that are not seen`);
  if (Buffer.byteLength(words) > WORDS_MAX_BYTES) throw wrong(msg`the words of a name may have ${WORDS_MAX_BYTES} bytes`);
  if (found.length === 0 || (found.every((piece) => "words" in piece) && trimmed(words) !== words))
    throw wrong(msg`each part between / needs a name, which may not begin or end with a dot or a space`);
  return found;
}

/**
 * Whether a name tells the id beyond doubt: it is the name, its beginning or its end, apart from everything else. Within a text, a stranger could
 * write another work's id beside it.
 */
function isTold(pieces: readonly Piece[]): boolean {
  const isId = (piece: Piece | undefined) => piece !== undefined && "field" in piece && piece.field === "id";
  const [first, second] = pieces;
  if (isId(first) && (second === undefined || ("words" in second && /^[ _.,;+=@#()-]/.test(second.words)))) return true;
  const before = pieces.at(-2);
  return isId(pieces.at(-1)) && before !== undefined && "words" in before && /[ _.,;+=@#()-]$/.test(before.words);
}

function valuesOf(work: Work, { index, quality }: NamedFile): Readonly<Record<Field, string>> {
  const { author, text, title, id, kind, time } = work;
  const moment = new Date(time);
  const two = (part: number) => String(part).padStart(2, "0");
  const known = !Number.isNaN(moment.getTime()) && moment.getFullYear() >= 0 && moment.getFullYear() <= 9999;
  const date = [String(moment.getFullYear()).padStart(4, "0"), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
  return {
    author: author.nickname ?? author.displayId ?? author.secUid ?? "",
    date: known ? date : "0000-00-00",
    time: known ? `${two(moment.getHours())}${two(moment.getMinutes())}${two(moment.getSeconds())}` : "000000",
    text,
    title: title ?? text,
    id,
    kind: kind ?? "work",
    index: numberOf(index),
    quality: quality !== null && /^\d{1,5}p$/.test(quality) ? quality : "",
  };
}

/** Counts from 1, in two digits, or in as many as it takes. */
function numberOf(index: number): string {
  return String(index + 1).padStart(2, "0");
}

function rendered(pieces: readonly Piece[], values: Readonly<Record<Field, string>>): string {
  const written = new Map([...WRITTEN].map((field) => [field, safe(values[field].slice(0, WRITTEN_MAX_CHARS))]));
  const made = (most: number) =>
    named(pieces.map((piece) => ("words" in piece ? piece.words : cut(written.get(piece.field) ?? values[piece.field], most))).join(""));
  // Halving ends: without what strangers wrote it fits, by the bounds of a template.
  for (let most = WRITTEN_MAX_BYTES; ; most = Math.floor(most / 2)) {
    const name = made(most);
    if (most === 0 || Buffer.byteLength(name) <= NAME_MAX_BYTES) return name;
  }
}

/** Makes a name that every system takes of one that has no character that any of them refuses. */
function named(text: string): string {
  const name = trimmed(text.replace(/ +/g, " ").normalize("NFC"));
  if (name === "") return "_";
  return RESERVED.test(name) ? `_${name}` : name;
}

/** Devices of Windows: a name may not be one, nor begin with one and a dot. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/** Leaves out what hides a file or stands for an option at the beginning, and what Windows drops at the end. */
function trimmed(name: string): string {
  return name.replace(/^[ .~-]+|[ .]+$/g, "");
}

/** Replaces what systems refuse, what is not seen, and what turns the direction of reading. */
function safe(text: string): string {
  return text
    .toWellFormed()
    .normalize("NFC")
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replace(/[\\/:*?"<>|]/g, "_");
}

const graphemes = new Intl.Segmenter("zh", { granularity: "grapheme" });

/** Cuts a text to so many bytes, between signs as they are read. */
function cut(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  let kept = "";
  let bytes = 0;
  for (const { segment } of graphemes.segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > mostBytes) break;
    kept += segment;
  }
  return kept.trimEnd();
}

function wrong(why: Msg): FieldError {
  return new FieldError("template", why);
}
