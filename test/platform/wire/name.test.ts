// Guards: a method's name is its text, however often it is asked for.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readName } from "../../../src/platform/wire/reader.js";

const read = (text: string) => {
  const bytes = new Uint8Array(Buffer.from(`<${text}>`));
  return readName(bytes, 1, bytes.length - 1);
};

describe("readName", () => {
  test("is the text, asked once and again, whatever was asked before", () => {
    // Few letters and equal ends, so that many names share a slot of the table.
    const name = fc.string({ unit: fc.constantFrom("a", "b", "春"), maxLength: 30 }).map((middle) => `a${middle}a`);
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ unit: "grapheme", maxLength: 80 })), (text) => {
        expect([read(text), read(text)]).toEqual([text, text]);
      }),
      { numRuns: 3000 },
    );
  });

  test("what is not UTF-8 is replaced as in any string", () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x62);
    expect([readName(bytes, 0, 3), readName(bytes, 0, 3)]).toEqual(["a\ufffdb", "a\ufffdb"]);
  });
});
