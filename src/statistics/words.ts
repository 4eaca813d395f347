import type { NewEventOf } from "../events/event.js";
import { loadPackage } from "../runtime/load-package.js";
import { emojiOf, withoutEmoji } from "./emoji.js";
import { LIVE_WORDS, STOP_WORDS } from "./lexicon.js";

/** The platform allows about 100 characters in a chat; of a longer text this much is looked at. */
const TEXT_MAX_CHARS = 500;
/** What is longer is no word, but a link or noise. */
const WORD_MAX_CHARS = 24;
const STARTS_WORD = /^[\p{L}\p{N}]/u;
const ONE_SIGN = /^\P{N}$/u;

/** Words and emoji of chats. */
export interface Vocabulary {
  /** What a text consists of, as often as it is in it. */
  wordsOf(text: string): readonly string[];
  emojiOf(chat: Pick<NewEventOf<"chat">, "text" | "segments" | "kind">): readonly string[];
}

/**
 * Loads the dictionary: 0.3 s and 75 MB, once per process. When it fails it can be tried again.
 *
 * Words are cut by jieba (jieba-rs as WebAssembly: no native part, the same on every machine). Node's own `Intl.Segmenter` was compared on
 * what people write in live rooms: it cuts 主播, 链接, 优惠券, 下单 and 发货 into single signs, which are what such rooms are about.
 */
export async function openVocabulary(): Promise<Vocabulary> {
  const { add_word: addWord, cut } = loadPackage("jieba-wasm/pkg/nodejs/jieba_rs_wasm.js") as typeof import("jieba-wasm");
  for (const word of LIVE_WORDS.split(" ")) addWord(word, FREQUENT, "n");
  const stop: ReadonlySet<string> = new Set(STOP_WORDS.split(" "));
  const graphemes = new Intl.Segmenter("zh", { granularity: "grapheme" });
  return {
    wordsOf: (text) => {
      const cleaned = withoutEmoji(text.slice(0, TEXT_MAX_CHARS)).normalize("NFKC").toLowerCase();
      return cut(cleaned, true).filter((word) => isWord(word) && !stop.has(word));
    },
    emojiOf: (chat) => emojiOf({ ...chat, text: chat.text.slice(0, TEXT_MAX_CHARS) }, graphemes),
  };
}

/** More than any dictionary word that could cut one of ours in two. */
const FREQUENT = 10_000;

/** Numbers of any length count (扣1), single signs and letters do not: alone they say nothing. */
function isWord(word: string): boolean {
  return word.length <= WORD_MAX_CHARS && STARTS_WORD.test(word) && !ONE_SIGN.test(word);
}
