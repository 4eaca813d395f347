// Guards: A 64-bit integer is written with all its digits.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decimal } from "../../../src/platform/wire/scalars.js";

const of = (value: bigint) => decimal(Number(value >> 32n), Number(value & 0xffffffffn));
const MAX = 2n ** 64n - 1n;

describe("decimal", () => {
  test("of any 64-bit integer is what BigInt says, asked once and again", () => {
    const size = fc.integer({ min: 1, max: 64 });
    const value = size.chain((bits) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n }));
    fc.assert(
      fc.property(value, (each) => {
        expect([of(each), of(each)]).toEqual([String(each), String(each)]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([10n ** 5n, 10n ** 8n, 2n ** 32n, 10n ** 16n])("around the multiples of %s, where a quotient may be off by one", (unit) => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: MAX / unit }), (times) => {
        for (const each of [unit * times - 1n, unit * times]) expect(of(each)).toBe(String(each));
      }),
      { numRuns: 2000 },
    );
  });

  test("of the ends", () => {
    for (const each of [0n, 1n, 99_999n, 100_000n, 2n ** 32n - 1n, 2n ** 32n, 10n ** 19n, MAX]) expect(of(each)).toBe(String(each));
  });
});
