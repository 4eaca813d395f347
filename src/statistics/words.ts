import type { NewEventOf } from "../events/event.js";
import { loadPackage } from "../runtime/packages.js";

/** The platform's emoji in a text: a short name in brackets, such as [比心]. */
const NAMED = /\[([^[\]\s]{1,12})\]/gu;
const PICTURE = /\p{Extended_Pictographic}/u;

/**
 * Returns the emoji of a chat, as often as they are in it: the platform's own by their name in brackets, others as they are. A chat that
 * tells its pieces is believed about them; its text alone is looked at otherwise.
 */
function emojiOf({ text, segments, kind }: Pick<NewEventOf<"chat">, "text" | "segments" | "kind">, graphemes: Intl.Segmenter): string[] {
  const found: string[] = [];
  const pieces = segments.length > 0 ? segments : [{ text }];
  for (const piece of pieces) {
    if ("emoji" in piece) found.push(bracketed(piece.emoji));
    else found.push(...inText(piece.text, graphemes));
  }
  // A chat that is one emoji has its name for a text, brackets or not.
  if (found.length === 0 && kind === "emoji" && text !== "") found.push(bracketed(text));
  return found;
}

/** Returns a text without what {@link emojiOf} finds by name: those names are no words. */
function withoutEmoji(text: string): string {
  return text.replace(NAMED, " ");
}

function inText(text: string, graphemes: Intl.Segmenter): string[] {
  const found = [...text.matchAll(NAMED)].map(([whole]) => whole);
  if (!PICTURE.test(text)) return found;
  for (const { segment } of graphemes.segment(text)) if (PICTURE.test(segment)) found.push(segment);
  return found;
}

function bracketed(name: string): string {
  return name.startsWith("[") && name.endsWith("]") ? name : `[${name}]`;
}

/** Words of live rooms that jieba's dictionary lacks, or would cut in two; separated by spaces. */
const LIVE_WORDS =
  "主播 连麦 小黄车 购物车 福袋 家人们 宝子们 榜一 榜二 榜三 榜单 守塔 偷塔 上票 点赞 点点赞 关注 粉丝团 粉丝牌 灯牌 嘉年华 小心心 " +
  "人气票 大啤酒 直播间 弹幕 刷礼物 上车 下单 包邮 优惠券 秒杀 敏感肌 绝绝子 破防 上头 下播 开播 刚来 公屏 扣1 扣一 好评 回购 链接 " +
  "蹲一个 求带 连胜 惩罚 对面 运营 场控 房管 禁言 热度 人气 小时榜 带货 尺码 色号 自用 种草 拔草 收到货 没货";

/** Words of two signs or more that say nothing about what a room talks of; separated by spaces. */
const STOP_WORDS =
  "这个 那个 什么 怎么 就是 一个 没有 可以 我们 你们 他们 她们 自己 不是 还是 不要 不能 现在 这么 那么 这样 那样 这是 那是 这里 那里 时候 " +
  "因为 所以 但是 如果 已经 还有 或者 然后 一下 一点 有点 为什么 怎么样 哪个 哪里 多少 知道 觉得 the and you is to of in it";

/** Most characters of a text that are looked at. The platform allows about 100 characters in a chat. */
const TEXT_MAX_CHARS = 500;
/** Longest word, in characters: anything longer is no word, but a link or noise. */
const WORD_MAX_CHARS = 24;
const STARTS_WORD = /^[\p{L}\p{N}]/u;
const ONE_SIGN = /^\P{N}$/u;

/** Finds words and emoji of chats. */
export interface Vocabulary {
  /** Returns the words of a text, as often as they are in it. */
  wordsOf(text: string): readonly string[];
  emojiOf(chat: Pick<NewEventOf<"chat">, "text" | "segments" | "kind">): readonly string[];
}

/**
 * Returns a vocabulary. The first chat loads its dictionary, which takes 0.3 s and 75 MB; when that fails the next chat tries again.
 *
 * Words are cut by jieba (jieba-rs as WebAssembly: no native part, the same on every machine). Node's own `Intl.Segmenter` was compared on
 * what people write in live rooms: it cuts 主播, 链接, 优惠券, 下单 and 发货 into single signs, which are what such rooms are about.
 */
export function openVocabulary(): Vocabulary {
  let cut: typeof import("jieba-wasm").cut | null = null;
  const stop: ReadonlySet<string> = new Set(STOP_WORDS.split(" "));
  const graphemes = new Intl.Segmenter("zh", { granularity: "grapheme" });
  return {
    wordsOf: (text) => {
      const cleaned = withoutEmoji(text.slice(0, TEXT_MAX_CHARS)).normalize("NFKC").toLowerCase();
      cut ??= loadDictionary();
      return cut(cleaned, true).filter((word) => isWord(word) && !stop.has(word));
    },
    emojiOf: (chat) => emojiOf({ ...chat, text: chat.text.slice(0, TEXT_MAX_CHARS) }, graphemes),
  };
}

function loadDictionary(): typeof import("jieba-wasm").cut {
  const { add_word: addWord, cut } = loadPackage("jieba-wasm/pkg/nodejs/jieba_rs_wasm.js") as typeof import("jieba-wasm");
  for (const word of LIVE_WORDS.split(" ")) addWord(word, FREQUENT, "n");
  return cut;
}

/** Frequency above that of any dictionary word that could cut one of ours in two. */
const FREQUENT = 10_000;

/** Whether a word counts: numbers of any length do (扣1), single signs and letters do not, since alone they say nothing. */
function isWord(word: string): boolean {
  return word.length <= WORD_MAX_CHARS && STARTS_WORD.test(word) && !ONE_SIGN.test(word);
}
