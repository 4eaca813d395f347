import { ROOM_DOOR, readPaste } from "../../src/platform/links/paste.js";
import { alike, type WorstCase } from "./turns.js";

/** Pasted texts as long as is read, of what costs most to look through; each is no link. */
export function textsOfAnEnemy(): readonly WorstCase[] {
  const texts = {
    "letters that may begin a scheme": "a".repeat(4_000),
    "labels of one host of the platform": `中${"a.".repeat(1_990)}douyin.com`,
    "invisible characters": `x${"\u200b".repeat(3_998)}x`,
  };
  const read = (text: string) => {
    try {
      readPaste(text, ROOM_DOOR);
    } catch {} // refused, as it should be
  };
  return Object.entries(texts).map(([of, text]) => alike(`a pasted text of ${of}`, () => read(text)));
}
