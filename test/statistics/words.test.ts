// Guards: words and emoji of a text are counted as people read them, within a bound.
import { beforeAll, describe, expect, it } from "vitest";
import { openVocabulary, type Vocabulary } from "../../src/statistics/words.js";
import { chat } from "../contracts/events.js";

let vocabulary: Vocabulary;
beforeAll(async () => {
  vocabulary = openVocabulary();
});

describe("words", () => {
  it.each([
    ["主播身上这件是哪个链接", ["主播", "身上", "这件", "链接"]],
    ["小黄车怎么不见了", ["小黄车", "不见"]],
    ["身高165体重110穿什么码", ["身高", "165", "体重", "110"]],
    ["优惠券！！优惠券", ["优惠券", "优惠券"]],
    ["ＹＹＤＳ yyds", ["yyds", "yyds"]],
    ["1", ["1"]],
    ["加油[比心]家人们", ["加油", "家人们"]],
    ["的 了 a ~ 😂 …", []],
    ["", []],
  ])("of %j", (text, words) => {
    expect(vocabulary.wordsOf(text)).toEqual(words);
  });

  it("are bounded, whatever the text", () => {
    expect(vocabulary.wordsOf("好人".repeat(10_000)).length).toBeLessThanOrEqual(500);
    for (const text of ["\ud800", "\u0000", "x".repeat(5000), "\u202e\u001b[2J", "ﷺ".repeat(500), "[".repeat(4000)])
      for (const word of vocabulary.wordsOf(text)) expect(word.length).toBeLessThanOrEqual(24);
  });
});

describe("emoji", () => {
  it.each([
    ["哈[比心][比心]😂", ["[比心]", "[比心]", "😂"]],
    ["👨‍👩‍👧 👍🏽", ["👨‍👩‍👧", "👍🏽"]],
    ["[不 是] [] 1", []],
  ])("of the text %j", (text, emoji) => {
    expect(vocabulary.emojiOf(chat("1", { text }))).toEqual(emoji);
  });

  it("of pieces, and of a chat that is one", () => {
    const segments = [{ text: "好" }, { emoji: "鼓掌", url: null }, { emoji: "[赞]", url: null }];
    expect(vocabulary.emojiOf(chat("1", { text: "好", segments }))).toEqual(["[鼓掌]", "[赞]"]);
    expect(vocabulary.emojiOf(chat("1", { text: "大笑", kind: "emoji", segments: [] }))).toEqual(["[大笑]"]);
  });
});
