// Guards: An overlay's address gives back its options and takes wrong ones as the default.
import { describe, expect, it } from "vitest";
import { BLOCKED_MAX, DEFAULTS, type OverlayOptions, readOptions, wordsOf, writeOptions } from "../../web/src/overlay/options.js";
import { typesOf } from "../../web/src/overlay/types-of.js";

describe("the address of an overlay", () => {
  it("gives back what was written into it, and holds only what is not usual", () => {
    const options: OverlayOptions = {
      ...{ ...DEFAULTS, kind: "goal", room: "12", token: "dyl_abc", size: 40, colour: "#ffcc00", faces: false, show: ["chat", "join"] },
      ...{ block: ["坏词", "a&b=c"], say: ["gift"], theme: "neon", motion: false, voice: "server", sound: ["gift"], volume: 30 },
      ...{ target: 5_000, title: "目标 100% & 更多" },
    };
    expect(readOptions(`#${writeOptions(options)}`)).toEqual(options);
    expect(writeOptions(DEFAULTS)).toBe("kind=danmu");
    expect(readOptions("")).toEqual(DEFAULTS);
  });

  it("takes what is wrong as usual, and what is too much as the most", () => {
    const wrong =
      "#kind=x&size=abc&colour=red;background:url(//evil)&lang=fr&side=up&show=chat,x&lines=9999&stay=-5&min=&target=0&faces=maybe&theme=pink&voice=mine&volume=900&sound=gift,bell";
    const taken = { show: ["chat"], lines: 50, stay: 0, target: 1, faces: false, volume: 100, sound: ["gift"] };
    expect(readOptions(wrong)).toEqual({ ...DEFAULTS, ...taken });
    expect(readOptions(`#title=${"x".repeat(10_000)}`).title.length).toBeLessThanOrEqual(200);
    expect(readOptions("#colour=%23ABCDEF&token=<b>")).toMatchObject({ colour: "#ABCDEF", token: "<b>" });
  });

  it("takes words with any commas, each once, not too many", () => {
    expect(wordsOf("坏词， 脏话、a,\n a ,,")).toEqual(["坏词", "脏话", "a"]);
    expect(wordsOf(Array.from({ length: 9_999 }, (_, at) => `w${at}`).join(","))).toHaveLength(BLOCKED_MAX);
  });

  it("asks only for what is shown or said, and always for something", () => {
    expect(typesOf({ ...DEFAULTS, kind: "flying", say: ["gift"] })).toEqual(["chat", "gift"]);
    expect(typesOf({ ...DEFAULTS, kind: "danmu", show: ["join"], say: ["chat"] })).toEqual(["join", "chat"]);
    expect(typesOf({ ...DEFAULTS, kind: "flying", sound: ["gift", "follow"] })).toEqual(["chat", "gift", "follow"]);
    expect(typesOf({ ...DEFAULTS, kind: "viewers" })).toHaveLength(1);
  });
});
