import { describe } from "../events/describe.js";
import type { LiveEvent, NewEvent } from "../events/event.js";
import { shownText } from "../events/hidden.js";
import { shownMoment, userOf } from "./columns.js";
import type { Encode, ExportAbout } from "./format.js";

/** An event and where in the recording it belongs, ms from its first moment. */
export interface Placed {
  readonly at: number;
  readonly event: LiveEvent;
}

/**
 * Yields events in order of their place in the recording. Events before its first moment are left out. An event that comes later than a
 * minute after its time (a message that a redecoding found), or behind 5,000 later ones, is given when it comes, out of order.
 */
export async function* placed(batches: AsyncIterable<readonly LiveEvent[]>, about: ExportAbout): AsyncGenerator<readonly Placed[]> {
  let { startMs } = about;
  const held: Placed[] = [];
  for await (const events of batches) {
    for (const event of events) {
      // Nothing happened after it was received: a time that is a day later is wrong.
      startMs ??= event.time - event.receivedAt > 86_400_000 ? event.receivedAt : event.time;
      const at = event.time - startMs + about.offsetMs;
      if (at >= 0) insert(held, { at, event });
    }
    const newest = held.at(-1)?.at ?? 0;
    const ripe = held.findIndex(({ at }) => at > newest - 60_000);
    yield held.splice(0, Math.max(ripe, held.length - 5000));
  }
  yield held;
}

/** Inserts an event at its place. Nearly every event is the newest. */
function insert(held: Placed[], one: Placed): void {
  let index = held.length;
  while (index > 0 && (held[index - 1]?.at ?? 0) > one.at) index--;
  held.splice(index, 0, one);
}

/**
 * Signs that a player could take for a command: `{…}` holds override tags, a backslash begins `\N` and the like, `<` and `>` are tags and
 * arrows of SubRip. Their wide forms look the same and mean nothing. Not every player knows a way to quote them.
 */
const COMMANDS: Readonly<Record<string, string>> = { "{": "｛", "}": "｝", "\\": "＼", "<": "＜", ">": "＞" };

/** Returns text as a subtitle may show it: one line, of letters alone; a name in it turns nothing of what follows. */
function subtitleText(text: string): string {
  const lines = text.replace(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, " ");
  const oneLine = shownText(lines, "").replace(/ +/g, " ").trim();
  return oneLine.replace(/[{}\\<>]/g, (sign) => COMMANDS[sign] ?? sign);
}

/** Returns the text of a subtitle for an event: a chat is its text, anything else begins with who did it. Empty: it says nothing. */
function lineOf(event: NewEvent): string {
  if (event.type === "gift" && event.delta === 0) return "";
  const said = subtitleText(describe(event));
  const who = subtitleText(userOf(event)?.nickname ?? "");
  return event.type === "chat" || who === "" ? said : `${who} ${said}`;
}

/** Screen that subtitles are laid out for; players scale it. */
const SCREEN = { width: 1920, height: 1080 } as const;
const FONT_SIZE = 44;
/** Time that a line takes to cross the screen, in ms. */
const CROSSING_MS = 10_000;
/** Time that a line that stands still is shown, in ms. */
const STANDING_MS = 4_000;

const LANE_HEIGHT = 52;
/** Lanes for the lines that cross the screen, three quarters of it; five lines at the bottom left are for those that stand. */
const CROSSING_LANES = 15;
const STANDING_LANES = 5;
const GAP_PX = 40;

/**
 * Finds places for lines on the screen so that none covers another, as long as there is room; then the one that is freed first is covered.
 */
class Lanes {
  /** Times at which the last line of each lane has come in whole, and is gone, ms. */
  readonly #crossing = Array.from({ length: CROSSING_LANES }, () => ({ inAt: 0, goneAt: 0 }));
  readonly #standing = Array.from({ length: STANDING_LANES }, () => 0);

  /** @returns y of the top of a line that crosses the screen from `at` on */
  cross(at: number, width: number): number {
    const speed = (SCREEN.width + width) / CROSSING_MS;
    // A faster line must not reach the one before it on the screen.
    const freed = this.#crossing.map(({ inAt, goneAt }) => Math.max(inAt, goneAt - SCREEN.width / speed));
    const index = firstFree(freed, at);
    this.#crossing[index] = { inAt: at + (width + GAP_PX) / speed, goneAt: at + CROSSING_MS };
    return index * LANE_HEIGHT;
  }

  /** @returns y of the top of a line that stands from `at` on */
  stand(at: number): number {
    const index = firstFree(this.#standing, at);
    this.#standing[index] = at + STANDING_MS;
    return SCREEN.height - (index + 1) * LANE_HEIGHT - LANE_HEIGHT;
  }
}

/** Returns the first lane that is free at a time, else the one that is freed first. */
function firstFree(freedAt: readonly number[], at: number): number {
  const free = freedAt.findIndex((moment) => moment <= at);
  return free >= 0 ? free : freedAt.indexOf(Math.min(...freedAt));
}

/** Returns the width of a drawn text, in pixels of the screen; signs of Chinese are as wide as high, others half. */
function widthOf(text: string): number {
  let halves = 0;
  for (const sign of text) halves += (sign.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return Math.ceil((halves * FONT_SIZE) / 2);
}

/** Writes subtitles over a recording: chat crosses the screen, gifts and the rest stand at the bottom left. */
export const ass: Encode = async function* (batches, about) {
  yield headOf(about);
  const lanes = new Lanes();
  for await (const batch of placed(batches, about)) yield batch.map((one) => dialogueOf(one, lanes)).join("");
};

function headOf({ title, anchor, gaps, zoneMinutes }: ExportAbout): string {
  const name = subtitleText([anchor, title].filter(Boolean).join(" "));
  const style = (style: string, color: string) =>
    `Style: ${style},Microsoft YaHei,${FONT_SIZE},${color},${color},&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,1.5,0,7,0,0,0,1`;
  return [
    "\ufeff[Script Info]",
    "; Made by dylive",
    ...gaps.map((gap) => `; ${shownMoment(gap.time, zoneMinutes)}: ${lineOf(gap)}`),
    `Title: ${name}`,
    "ScriptType: v4.00+",
    `PlayResX: ${SCREEN.width}`,
    `PlayResY: ${SCREEN.height}`,
    "WrapStyle: 2",
    "ScaledBorderAndShadow: yes",
    "",
    "[V4+ Styles]",
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding",
    style("Chat", "&H00FFFFFF"),
    style("Gift", "&H0000D7FF"),
    "",
    "[Events]",
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    "",
  ].join("\n");
}

function dialogueOf({ at, event }: Placed, lanes: Lanes): string {
  const text = lineOf(event);
  if (text === "") return "";
  // The field of the actor ends at a comma.
  const who = subtitleText(userOf(event)?.nickname ?? "").replaceAll(",", "，");
  const [style, lasts, where] = event.type === "chat" ? crossing(at, text, lanes) : standing(at, lanes);
  return `Dialogue: 0,${clock(at)},${clock(at + lasts)},${style},${who},0,0,0,,{${where}}${text}\n`;
}

function crossing(at: number, text: string, lanes: Lanes): readonly [style: string, lasts: number, where: string] {
  const width = widthOf(text);
  const y = lanes.cross(at, width);
  return ["Chat", CROSSING_MS, `\\move(${SCREEN.width},${y},${-width},${y})`];
}

function standing(at: number, lanes: Lanes): readonly [style: string, lasts: number, where: string] {
  return ["Gift", STANDING_MS, `\\pos(20,${lanes.stand(at)})`];
}

/** Writes a time as `H:MM:SS.cc`. */
function clock(ms: number): string {
  const hundredths = Math.floor(ms / 10);
  const two = (value: number) => String(value).padStart(2, "0");
  const [minutes, seconds] = [Math.floor(hundredths / 6000), Math.floor(hundredths / 100)];
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}.${two(hundredths % 100)}`;
}

/** Writes subtitles that every player shows: a line for each chat and gift, with who it is of. */
export const srt: Encode = async function* (batches, about) {
  let count = 0;
  const entry = (one: Spoken) => {
    const line = spoken(one);
    return line === "" ? "" : `${++count}\r\n${stamp(one.at)} --> ${stamp(one.at + STANDING_MS)}\r\n${line}\r\n\r\n`;
  };
  const gaps = about.gaps.map((event) => ({ at: Math.max(0, event.time - (about.startMs ?? event.time) + about.offsetMs), event }));
  gaps.sort((a, b) => b.at - a.at);
  for await (const batch of placed(batches, about)) {
    let text = "";
    for (const one of batch) {
      for (let gap = gaps.at(-1); gap !== undefined && gap.at <= one.at; gap = gaps.at(-1)) {
        text += entry(gap);
        gaps.pop();
      }
      text += entry(one);
    }
    yield text;
  }
  yield gaps.toReversed().map(entry).join("");
};

/** Event of an export, or one that was not numbered, and where in the recording it belongs, ms. */
interface Spoken {
  readonly at: number;
  readonly event: NewEvent;
}

function spoken({ event }: Spoken): string {
  const line = lineOf(event);
  const who = subtitleText(userOf(event)?.nickname ?? "");
  return event.type === "chat" && who !== "" && line !== "" ? `${who}：${line}` : line;
}

/** Writes a time as `HH:MM:SS,mmm`. */
function stamp(ms: number): string {
  const [seconds, minutes] = [Math.floor(ms / 1000), Math.floor(ms / 60_000)];
  const padded = (value: number, digits = 2) => String(value).padStart(digits, "0");
  return `${padded(Math.floor(minutes / 60))}:${padded(minutes % 60)}:${padded(seconds % 60)},${padded(ms % 1000, 3)}`;
}
