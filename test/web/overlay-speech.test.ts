// Guards: An overlay speaks within its rate and never what is blocked.
import { describe, expect, it } from "vitest";
import { BlockList } from "../../web/src/overlay/block-list.js";
import { PHRASES, sentenceOf, theirWords } from "../../web/src/overlay/phrases.js";
import { SpeechQueue, speakable } from "../../web/src/overlay/speech-queue.js";
import { chat, gift, person } from "../http/events.js";

const queue = (perMinute = 60, words: readonly string[] = []) => new SpeechQueue({ perMinute, blocked: new BlockList(words) });

describe("blocked words", () => {
  it("are found in other cases and widths, and with signs in between", () => {
    const list = new BlockList(["坏词", "Spam", "💩"]);
    for (const text of ["这是坏词啊", "坏 词", "坏*词", "坏\u200b词", "ＳＰＡＭ", "s-p.a m", "哈💩哈"])
      expect([text, list.blocks(text)]).toEqual([text, true]);
    for (const text of ["词坏", "spa", "", "💩".slice(0, 1)]) expect([text, list.blocks(text)]).toEqual([text, false]);
    expect(new BlockList(["", " "]).blocks("anything")).toBe(false);
  });

  it("are looked for in the name, too", () => {
    const event = { ...chat("你好", { user: person({ nickname: "坏词" }) }), seq: 1 };
    expect(new BlockList(["坏词"]).blocks(theirWords(event))).toBe(true);
  });
});

describe("speech", () => {
  it("says at most so many sentences a minute", () => {
    const speech = queue(2);
    for (const text of ["一", "二", "三"]) speech.offer(text, 0);
    expect([speech.next(0), speech.next(1), speech.next(59_999)]).toEqual(["一", "二", null]);
    expect(speech.next(60_000)).toBe("三");
    expect(speech.next(60_001)).toBeNull();
  });

  it("lets the oldest go when too many wait, so that it never talks minutes behind", () => {
    const speech = queue();
    for (let at = 0; at < 1_000; at++) speech.offer(`第 ${at} 句`, 0);
    const said = Array.from({ length: 10 }, () => speech.next(0)).filter((text) => text !== null);
    expect(said).toEqual(["第 996 句", "第 997 句", "第 998 句", "第 999 句"]);
  });

  it("says nothing that is blocked, nothing twice within half a minute, and nothing without words", () => {
    const speech = queue(60, ["坏词"]);
    expect([speech.offer("坏 词", 0), speech.offer("你好", 0), speech.offer("你好", 29_999), speech.offer("你好", 30_000)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(["", "😀😀", "……", "https://evil.example/a"].map((text) => speech.offer(text, 0))).toEqual([false, false, false, false]);
  });

  it("shortens walls of letters, addresses and long texts", () => {
    expect(speakable("哈哈哈哈哈哈哈哈 看 https://a.example/b?c 吧")).toBe("哈哈哈 看 吧");
    expect([...speakable("甲乙".repeat(200))]).toHaveLength(60);
    expect(speakable("1😀".repeat(60)).isWellFormed()).toBe(true);
  });

  it("reads a chat, and a gift once when its combo has ended", () => {
    const user = person({ nickname: "小鱼" });
    const event = (settled: boolean, comboTotal: number) => ({ ...gift(0, { user, settled, comboTotal }), seq: 1 });
    expect(sentenceOf({ ...chat("你好"), seq: 1 }, PHRASES.zh)).toBe("你好");
    expect(sentenceOf(event(true, 9), PHRASES.zh)).toBe("小鱼 送出 9 个小心心");
    expect([sentenceOf(event(false, 9), PHRASES.zh), sentenceOf(event(true, 0), PHRASES.en)]).toEqual([null, null]);
  });
});
