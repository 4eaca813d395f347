import { shownText } from "../events/hidden.js";
import { type Msg, msg } from "../runtime/msg.js";
import type { Highlight, Peak } from "../statistics/highlights.js";
import { columnsOf, type Headers, type Table } from "./columns.js";
import { csv } from "./csv.js";

/** Files of highlights by name: a table, chapters for a video's description, markers for an editing program. */
export const HIGHLIGHT_FORMATS = {
  csv: { mediaType: "text/csv; charset=utf-8", ending: "csv" },
  chapters: { mediaType: "text/plain; charset=utf-8", ending: "txt" },
  edl: { mediaType: "text/plain; charset=utf-8", ending: "edl" },
} as const;
export type HighlightFormat = keyof typeof HIGHLIGHT_FORMATS;
export const HIGHLIGHT_FORMAT_NAMES = Object.keys(HIGHLIGHT_FORMATS) as [HighlightFormat, ...HighlightFormat[]];

/** Facts of a file of highlights beside these. */
interface HighlightFileAbout {
  readonly title: string | null;
  /** First moment of the recording, ms UTC. */
  readonly startMs: number;
  /** Offset added to every place in the recording, ms. */
  readonly offsetMs: number;
  /** Frames of the recording in a second, a whole number: an edl counts in them. */
  readonly fps: number;
  /** Minutes east of UTC of the times in csv. */
  readonly zoneMinutes: number;
  /** Titles of the columns in csv. */
  readonly headers: Headers;
  /** Says a sentence in the language of the file. */
  readonly inWords: (said: Msg) => string;
}

/** Returns a file of highlights. Those before the recording's first moment are in its table alone. */
export async function highlightFile(highlights: readonly Highlight[], format: HighlightFormat, about: HighlightFileAbout): Promise<string> {
  if (format === "csv") return table(highlights, about);
  const placed = highlights.map((one) => ({ place: placeOf(one, about), title: titleOf(one, about) })).filter(({ place }) => place >= 0);
  return format === "edl" ? edl(placed, about) : chapters(placed, about);
}

/** A highlight in a recording. */
interface Marked {
  /** Place in ms from its first moment. */
  readonly place: number;
  readonly title: string;
}

function placeOf({ at }: Pick<Highlight, "at">, { startMs, offsetMs }: HighlightFileAbout): number {
  return at - startMs + offsetMs;
}

/** Says what stands out in a highlight, and its words or gifts: one line. */
function titleOf({ peaks, words, gifts }: Highlight, { inWords }: HighlightFileAbout): string {
  const [peak] = peaks;
  const about = peak?.kind === "gift" ? gifts.map(({ id, name }) => name ?? id) : words.map(({ text }) => text);
  const said = [...(peak === undefined ? [] : [inWords(peakInWords(peak))]), ...(about.length === 0 ? [] : [about.join(" ")])].join(" · ");
  return oneLine(said);
}

/** Returns text as a line of a file may hold it: nothing that ends it, begins a field of an edl, or hides. */
function oneLine(text: string): string {
  return shownText(text.replace(/[\p{Cc}\p{Zl}\p{Zp}|]+/gu, " "), "").trim();
}

/** Says how much of a kind there was in a minute, and how much is usual. */
export function peakInWords({ kind, value, usual }: Peak): Msg {
  if (kind === "gift") return msg`${value} diamonds in a minute (usually ${usual})`;
  return kind === "chat" ? msg`${value} chats in a minute (usually ${usual})` : msg`${value} joins in a minute (usually ${usual})`;
}

/** Writes `HH:MM:SS title` lines, which players and video sites take from a description; they want a first one at the beginning. */
function chapters(placed: readonly Marked[], { title, inWords }: HighlightFileAbout): string {
  const begin = { place: 0, title: oneLine(title ?? inWords(msg`Beginning`)) };
  const lines = placed.some(({ place }) => place < 1000) ? placed : [begin, ...placed];
  return lines.map(({ place, title }) => `${clock(Math.floor(place / 1000))} ${title}\n`).join("");
}

/** Writes an edit decision list (CMX 3600) with a marker for each, as editing programs import and export markers. */
function edl(placed: readonly Marked[], { title, fps }: HighlightFileAbout): string {
  const frames = (place: number) => {
    const all = Math.floor((place * fps) / 1000);
    return { all, text: (frame: number) => `${clock(Math.floor(frame / fps))}:${String(frame % fps).padStart(2, "0")}` };
  };
  const events = placed.map(({ place, title }, i) => {
    const { all, text } = frames(place);
    const span = `${text(all)} ${text(all + 1)}`;
    return `${String(i + 1).padStart(3, "0")}  001      V     C        ${span} ${span}\n |C:ResolveColorBlue |M:${title} |D:1\n\n`;
  });
  return `TITLE: ${oneLine(title ?? "dylive")}\nFCM: NON-DROP FRAME\n\n${events.join("")}`;
}

/** Writes a length in s as `HH:MM:SS`. */
function clock(seconds: number): string {
  const padded = (value: number) => String(value).padStart(2, "0");
  return `${padded(Math.floor(seconds / 3600))}:${padded(Math.floor(seconds / 60) % 60)}:${padded(seconds % 60)}`;
}

async function table(highlights: readonly Highlight[], about: HighlightFileAbout): Promise<string> {
  const { text, integer, boolean, moment } = columnsOf<Highlight>();
  const ofPeak = (kind: Peak["kind"], field: "value" | "usual") => (one: Highlight) =>
    one.peaks.find((peak) => peak.kind === kind)?.[field] ?? null;
  const peaks = [
    { kind: "chat", name: "chats", zh: "每分钟弹幕" },
    { kind: "gift", name: "diamonds", zh: "每分钟抖币" },
    { kind: "join", name: "joins", zh: "每分钟进场" },
  ] as const;
  const columns: Table<Highlight>["columns"] = [
    text("place", "录像位置", (one) => (placeOf(one, about) < 0 ? null : clock(Math.floor(placeOf(one, about) / 1000)))),
    moment("time", "时间", ({ at }) => at),
    boolean("exact", "精确到秒", ({ exact }) => exact),
    text("score", "突出程度", ({ score }) => String(score)),
    ...peaks.flatMap(({ kind, name, zh }) => [
      integer(name, zh, ofPeak(kind, "value")),
      integer(`${name}Usual`, `${zh}（平时）`, ofPeak(kind, "usual")),
    ]),
    text("words", "热词", ({ words }) => words.map(({ text }) => text).join(" ") || null),
    text("gifts", "礼物", ({ gifts }) => gifts.map(({ id, name, units }) => `${name ?? id} x${units}`).join(" ") || null),
    integer("timeMs", "时间（UTC 毫秒）", ({ at }) => at),
    integer("seq", "首个事件序号", ({ firstSeq }) => firstSeq),
  ];
  const batches = (async function* () {
    yield highlights;
  })();
  let file = "";
  for await (const part of csv({ name: "highlights", columns })(batches, { ...about, begins: true })) file += String(part);
  return file;
}
