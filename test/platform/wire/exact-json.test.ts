// Guards: Whole numbers of JSON keep all their digits, nothing else is changed, and no text holds the parser.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementsOf, parseBounded, parseExact, partsIn } from "../../../src/platform/wire/exact-json.js";

describe("a text of lists and objects without end", () => {
  it("is not parsed: as many as real replies have are, and far more", () => {
    expect(partsIn('[{"a":"[{"}]')).toBe(4);
    const lists = (count: number) => `[${"[],".repeat(count - 2)}[]]`;
    expect(parseExact(lists(150_000))).toHaveLength(149_999);
    expect(() => parseExact(lists(150_001))).toThrow("more than 150000 lists and objects, or long numbers");
    expect(() => parseBounded(lists(150_001))).toThrow(SyntaxError);
    const numbers = (count: number) => `[${"7214015683695250235,".repeat(count - 1)}7214015683695250235]`;
    expect(parseExact(numbers(150_000))).toHaveLength(150_000);
    expect(() => parseExact(numbers(150_001))).toThrow("or long numbers");
    expect(parseExact(`[${'"7214015683695250235",'.repeat(150_001)}7214015683695250235]`)).toHaveLength(150_002);
  });
});

describe("parseExact", () => {
  it("passes over digits inside of strings, also after escaped quotes", () => {
    const text = '7214015683695250235 \\" 7214015683695250235,{"room_id":7214015683695250235';
    expect(parseExact(JSON.stringify({ text, [text]: [text] }))).toEqual({ text, [text]: [text] });
  });

  it("is JSON.parse for everything that has no such number", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        fc.pre(!/\d{16}/.test(json));
        expect(parseExact(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  it("makes nothing JSON that is none", () => {
    const long = fc.constantFrom("7214015683695250235", "-7214015683695250235", "0721401568369525023", "7214015683695250235.5", "1");
    const piece = fc.oneof(long, fc.constantFrom("{", "}", "[", "]", ",", ":", '"', '"a"', '"a":', " ", "\\", "-", "true", "\n"));
    const isJson = (text: string, parse: (text: string) => unknown) => {
      try {
        parse(text);
        return true;
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        return false;
      }
    };
    for (const text of [
      "{7214015683695250235:1}",
      "{7214015683695250235 : 1}",
      "[0721401568369525023]",
      '["7214015683695250235',
      "[--7214015683695250235]",
    ])
      expect([text, isJson(text, parseExact)]).toEqual([text, false]);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
        const text = pieces.join("");
        expect([text, isJson(text, parseExact)]).toEqual([text, isJson(text, JSON.parse)]);
      }),
      { numRuns: 5_000 },
    );
  });

  it("keeps the digits of numbers of any length, beside any strings and numbers", () => {
    const value = fc.oneof(fc.bigInt(), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(true, null));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), value)), fc.constantFrom("", " ", "\n\t"), (pairs, blank) => {
        const written = (one: unknown) => (typeof one === "bigint" ? String(one) : JSON.stringify(one));
        const json = `[${pairs.map(([key, one]) => `{${JSON.stringify(key)}${blank}:${blank}${written(one)}${blank}}`).join(",")}]`;
        const isLong = (one: unknown) => /^-?\d{16,}$/.test(written(one));
        expect(parseExact(json)).toEqual(
          JSON.parse(json).map((object: object, at: number) => {
            const [key = "", one] = pairs[at] ?? [];
            return isLong(one) ? JSON.parse(`{${JSON.stringify(key)}:"${written(one)}"}`) : object;
          }),
        );
      }),
    );
  });

  it("reads a megabyte in one string, and refuses one of quotes that end nothing, in linear time", () => {
    const text = '\\"1234567890123456789'.repeat(50_000);
    expect(parseExact(JSON.stringify([text]))).toEqual([text]);
    for (const open of [`["${'\\"'.repeat(500_000)}`, '\\"'.repeat(500_000), '"1234567890123456789'.repeat(50_001)])
      expect(() => parseExact(open)).toThrow(SyntaxError);
  });
});

describe("elementsOf", () => {
  const read = (json: string) => elementsOf(Buffer.from(json)).map((bytes) => Buffer.from(bytes).toString());

  it("gives each element byte for byte", () => {
    expect(read('[{"a":"],{\\"" , "b":[1,{"c":"你好"}]} ,\n2,"x,y"]')).toEqual(['{"a":"],{\\"" , "b":[1,{"c":"你好"}]} ', "\n2", '"x,y"']);
  });

  it("gives as many as JSON.parse, with the same values", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.constantFrom(undefined, 1), (values, indent) => {
        const json = JSON.stringify(values, null, indent);
        expect(read(json).map((one) => JSON.parse(one))).toEqual(JSON.parse(json));
      }),
    );
  });
});
