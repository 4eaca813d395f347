import { userOf } from "./columns.js";
import type { Encode } from "./format.js";
import { STANDING_MS } from "./lanes.js";
import { lineOf, subtitleText } from "./subtitle-text.js";
import { type Placed, placed } from "./timeline.js";

/** Writes subtitles that every player shows: a line for each chat and gift, with who it is of. */
export const srt: Encode = async function* (batches, about) {
  let count = 0;
  for await (const batch of placed(batches, about)) {
    let text = "";
    for (const one of batch) {
      const line = spoken(one);
      if (line !== "") text += `${++count}\r\n${clock(one.at)} --> ${clock(one.at + STANDING_MS)}\r\n${line}\r\n\r\n`;
    }
    yield text;
  }
};

function spoken({ event }: Placed): string {
  const line = lineOf(event);
  const who = subtitleText(userOf(event)?.nickname ?? "");
  return event.type === "chat" && who !== "" && line !== "" ? `${who}：${line}` : line;
}

/** Writes a time as `HH:MM:SS,mmm`. */
function clock(ms: number): string {
  const [seconds, minutes] = [Math.floor(ms / 1000), Math.floor(ms / 60_000)];
  const padded = (value: number, digits = 2) => String(value).padStart(digits, "0");
  return `${padded(Math.floor(minutes / 60))}:${padded(minutes % 60)}:${padded(seconds % 60)},${padded(ms % 1000, 3)}`;
}
