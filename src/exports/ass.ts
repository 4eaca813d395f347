import { userOf } from "./columns.js";
import type { Encode, ExportAbout } from "./format.js";
import { CROSSING_MS, FONT_SIZE, Lanes, SCREEN, STANDING_MS, widthOf } from "./lanes.js";
import { lineOf, subtitleText } from "./subtitle-text.js";
import { type Placed, placed } from "./timeline.js";

/** Writes subtitles over a recording: chat crosses the screen, gifts and the rest stand at the bottom left. */
export const ass: Encode = async function* (batches, about) {
  yield headOf(about);
  const lanes = new Lanes();
  for await (const batch of placed(batches, about)) yield batch.map((one) => dialogueOf(one, lanes)).join("");
};

function headOf({ title, anchor }: ExportAbout): string {
  const name = subtitleText([anchor, title].filter(Boolean).join(" "));
  const style = (style: string, color: string) =>
    `Style: ${style},Microsoft YaHei,${FONT_SIZE},${color},${color},&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,1.5,0,7,0,0,0,1`;
  return [
    "\ufeff[Script Info]",
    "; Made by dylive",
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
