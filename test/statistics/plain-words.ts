import type { Vocabulary } from "../../src/statistics/words.js";

/** Words are what spaces separate: no dictionary needed. */
export const plainWords: Vocabulary = {
  wordsOf: (text) => text.split(" ").filter((word) => word !== ""),
  emojiOf: ({ text }) => [...text.matchAll(/\[\S+?\]/g)].map(([name]) => name),
};
