// Guards: strings of the wire are well-formed and cut between characters.
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clean, countOrNull, httpsOrNull, LONG, textOrNull } from "../../../src/platform/messages/text.js";
import { Reader } from "../../../src/platform/wire/reader.js";

const decode = (bytes: Uint8Array) => new Reader(Buffer.concat([Buffer.from([bytes.length]), bytes])).string();

describe("strings of the wire", () => {
  test("are well-formed whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = clean(decode(bytes), LONG);
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toContain("\0");
      }),
      { numRuns: 2000 },
    );
  });

  test("above all surrogates in CESU-8, alone and in pairs", () => {
    for (let second = 0xa0; second <= 0xbf; second++) {
      for (let third = 0x80; third <= 0xbf; third++) {
        for (const pad of [0, 12]) {
          expect(decode(Buffer.from([...Array<number>(pad).fill(97), 0xed, second, third])).isWellFormed()).toBe(true);
        }
        expect(decode(Buffer.from([0xed, 0xa0, 0x80, 0xed, second, third])).isWellFormed()).toBe(true);
      }
    }
  });
});

describe("clean", () => {
  test("takes NUL out and leaves the rest alone", () => {
    expect(clean("a\0b\0", 10)).toBe("ab");
    expect(clean("正常 text\n", 10)).toBe("正常 text\n");
  });

  test("cuts without splitting a pair", () => {
    expect(clean("ab😀", 3)).toBe("ab");
    expect(clean("ab😀", 4)).toBe("ab😀");
    expect(clean("😀😀", 2)).toBe("😀");
  });

  test("nothing is null", () => {
    expect([textOrNull("", 5), textOrNull("\0", 5), textOrNull("a", 5)]).toEqual([null, null, "a"]);
  });
});

test("an avatar is https or nothing", () => {
  expect(httpsOrNull("https://p3.douyinpic.com/a.jpeg")).toBe("https://p3.douyinpic.com/a.jpeg");
  expect(httpsOrNull("http://p3.douyinpic.com/a.jpeg")).toBe("https://p3.douyinpic.com/a.jpeg");
  expect(httpsOrNull("//p3.douyinpic.com/a.jpeg")).toBe("https://p3.douyinpic.com/a.jpeg");
  for (const bad of ["", "javascript:alert(1)", "data:text/html,x", "/a", `https://${"a".repeat(3000)}`])
    expect(httpsOrNull(bad)).toBeNull();
});

test("a counter of 0 is unknown, and so is nonsense", () => {
  expect([0, -1, 2 ** 60, 3].map(countOrNull)).toEqual([null, null, null, 3]);
});
