/** Type of a file, by its first bytes. */
export interface FileType {
  /** Usual end of its name, without the dot. */
  readonly extension: string;
  readonly holds: "film" | "picture" | "sound" | "page";
}

/** Bytes at the beginning of a file by which its type is known. */
export const HEAD_BYTES = 64;

type Msg = readonly [extension: string, holds: FileType["holds"], is: (head: Buffer) => boolean];

const starts = (bytes: string) => (head: Buffer) => head.toString("latin1").startsWith(bytes);
/** ISO base media: films, sounds and pictures of one family, distinguished by their brand. */
const brand = (pattern: RegExp) => (head: Buffer) =>
  head.toString("latin1", 4, 8) === "ftyp" && pattern.test(head.toString("latin1", 8, 12));
/** MPEG audio: eleven bits set, then version and layer; ADTS (AAC) has layer 0. */
const sync = (layer: (bits: number) => boolean) => (head: Buffer) =>
  head[0] === 0xff && ((head[1] ?? 0) & 0xe0) === 0xe0 && layer(((head[1] ?? 0) >> 1) & 3);

/** The types by their first bytes, the first that fits; what platforms call a file is no matter. */
const TYPES: readonly Msg[] = [
  ["webp", "picture", (head) => starts("RIFF")(head) && head.toString("latin1", 8, 12) === "WEBP"],
  ["jpeg", "picture", starts("\xff\xd8\xff")],
  ["png", "picture", starts("\x89PNG\r\n\x1a\n")],
  ["gif", "picture", starts("GIF8")],
  ["avif", "picture", brand(/^avi[fs]$/)],
  ["heic", "picture", brand(/^(?:hei[cxms]|hev[cx]|mif1|msf1)$/)],
  ["m4a", "sound", brand(/^M4[AB] $/)],
  ["mov", "film", brand(/^qt {2}$/)],
  ["mp4", "film", brand(/^/)],
  ["mp3", "sound", starts("ID3")],
  ["aac", "sound", sync((layer) => layer === 0)],
  ["mp3", "sound", sync((layer) => layer !== 0)],
  ["html", "page", (head) => /^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|script|title|!--)/i.test(head.toString("latin1"))],
];

/** Returns the type of a file by its first bytes; null when it is none of these. */
export function fileTypeOf(head: Buffer): FileType | null {
  const found = TYPES.find(([, , is]) => is(head));
  return found === undefined ? null : { extension: found[0], holds: found[1] };
}
