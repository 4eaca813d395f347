// Guards: the platform's rich texts are filled in as its own page fills them in.
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
  test("fills placeholders by their number", () => {
    expect(read({ defaultPattern: "恭喜{0:user}成为在线观众TOP{1:string}", pieces: [user("菊0"), { stringValue: "1" }] })).toBe(
      "恭喜菊0成为在线观众TOP1",
    );
    expect(read({ defaultPattern: "{1:string}给{0:user}", pieces: [user("甲", true), { stringValue: "花" }] })).toBe("花给甲:");
    expect(read({ defaultPattern: "送{0}", pieces: [{ stringValue: "小心心" }] })).toBe("送小心心");
  });

  test("leaves out what is missing, as the gift texts of 2026 need", () => {
    const pieces = [user("菊0"), { stringValue: "小心心" }];
    expect(read({ defaultPattern: "{0:user} 送出{1:string}{2:image} {3:string}", pieces })).toBe("菊0 送出小心心");
  });

  test("takes what is present for the kind of the piece", () => {
    const pieces = [
      { giftValue: { giftId: "463", nameRef: { defaultPattern: "小心心" } } },
      { patternRefValue: { defaultPattern: "榜一" } },
      { imageValue: { image: { content: { name: "比心" } } } },
      { imageValue: { image: { content: { alternativeText: "勋章" } } } },
      { userValue: { user: { desensitizedNickname: "x***" } } },
    ];
    expect(read({ defaultPattern: "{0:gift}{1:ref}{2:image}{3:image}{4:user}", pieces })).toBe("小心心榜一比心勋章x***");
  });

  test("keeps braces that are words", () => {
    expect(read({ defaultPattern: "{a} {} {0:string} {1", pieces: [{ stringValue: "好" }] })).toBe("{a} {} 好 {1");
    expect(read({ defaultPattern: "{ {0:string}", pieces: [{ stringValue: "好" }] })).toBe("{ 好");
  });

  test("does not read a piece's own braces", () => {
    expect(read({ defaultPattern: "{0:string}{1:string}", pieces: [{ stringValue: "{1:string}" }, { stringValue: "x" }] })).toBe(
      "{1:string}x",
    );
  });

  test("joins the pieces when there is no pattern, and is empty without a text", () => {
    expect(read({ pieces: [{ stringValue: "甲" }, { stringValue: "乙" }] })).toBe("甲乙");
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
