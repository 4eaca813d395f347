// Guards: A rich text of the platform is read as the words that it shows, whatever its pattern holds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openText, readSegments, readText } from "../../../src/platform/messages/text.js";
import { strangerUser } from "../../../src/platform/messages/user.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { encode } from "./encode.js";

const open = (message: object) => {
  const bytes = encode("Text", message);
  return openText({ bytes, start: 0, end: bytes.length }, new Drift());
};
const read = (message: object) => readText(open(message));
const user = (nickname: string, withColon = false) => ({ type: 11, userValue: { user: { nickname }, withColon } });

describe("readText", () => {
  const text = (stringValue: string) => ({ stringValue });
  const kinds = [
    { giftValue: { giftId: "463", nameRef: { defaultPattern: "小心心" } } },
    { patternRefValue: { defaultPattern: "榜一" } },
    { imageValue: { image: { content: { name: "比心" } } } },
    { imageValue: { image: { content: { alternativeText: "勋章" } } } },
    { userValue: { user: { desensitizedNickname: "x***" } } },
  ];
  test.each([
    ["fills placeholders", "恭喜{0:user}成为在线观众TOP{1:string}", [user("菊0"), text("1")], "恭喜菊0成为在线观众TOP1"],
    ["fills them by their number", "{1:string}给{0:user}", [user("甲", true), text("花")], "花给甲:"],
    ["fills those without a kind", "送{0}", [text("小心心")], "送小心心"],
    ["leaves out what is missing", "{0:user} 送出{1:string}{2:image} {3:string}", [user("菊0"), text("小心心")], "菊0 送出小心心"],
    ["takes what a piece has for its kind", "{0:gift}{1:ref}{2:image}{3:image}{4:user}", kinds, "小心心榜一比心勋章x***"],
    ["keeps braces that are words", "{a} {} {0:string} {1", [text("好")], "{a} {} 好 {1"],
    ["keeps a brace before a placeholder", "{ {0:string}", [text("好")], "{ 好"],
    ["does not read a piece's own braces", "{0:string}{1:string}", [text("{1:string}"), text("x")], "{1:string}x"],
    ["joins the pieces without a pattern", "", [text("甲"), text("乙")], "甲乙"],
  ])("%s", (_what, defaultPattern, pieces, said) => {
    expect(read({ defaultPattern, pieces })).toBe(said);
  });

  test("is empty without a text", () => {
    expect(readText(null)).toBe("");
  });

  test("is bounded and never throws", () => {
    expect(read({ defaultPattern: "{0}".repeat(5000), pieces: [{ stringValue: "x".repeat(1000) }] }).length).toBeLessThanOrEqual(4000);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("{", "}", ":", "0", "1", "9", "字", "\0") }), (defaultPattern) => {
        expect(read({ defaultPattern, pieces: [{ stringValue: "a" }] })).not.toContain("\0");
      }),
    );
  });
});

describe("readSegments", () => {
  test("joins neighbouring words and keeps images and mentioned people apart", () => {
    const image = { imageValue: { image: { urlList: ["javascript:x"], content: { name: "比心" } } } };
    const pieces = [{ stringValue: "感谢" }, user("π π"), image, image, { stringValue: "!" }];
    const segments = readSegments(open({ pieces }), "", ({ nickname }) => ({ ...strangerUser("7", null), nickname }));
    expect(segments).toEqual([
      { text: "感谢" },
      { text: "π π", user: { ...strangerUser("7", null), nickname: "π π" } },
      { emoji: "比心", url: null },
      { emoji: "比心", url: null },
      { text: "!" },
    ]);
  });
});
