// Guards: A time of the platform is read in whatever unit it comes, and none is 0.
import { describe, expect, test } from "vitest";
import { digitsToMillis, toMillis } from "../../../src/platform/messages/head.js";

describe("toMillis", () => {
  test.each([
    ["seconds", 1_775_222_718, 1_775_222_718_000],
    ["milliseconds", 1_775_222_770_095, 1_775_222_770_095],
    ["microseconds", 1_775_222_770_095_123, 1_775_222_770_095],
    ["nothing", 0, 0],
    ["a negative number", -5, 0],
    ["not a number", Number.NaN, 0],
    ["1970 in ms", 86_400_000_000, 0],
    ["the year 2286", 9_999_999_999, 0],
  ])("%s", (_name, value, ms) => {
    expect(toMillis(value)).toBe(ms);
  });

  test("nanoseconds do not lose their millisecond", () => {
    expect(digitsToMillis("1775222770095999999")).toBe(1_775_222_770_095);
    expect(digitsToMillis("1775222770096000000")).toBe(1_775_222_770_096);
    expect(digitsToMillis("0")).toBe(0);
    expect(digitsToMillis("1775222770")).toBe(1_775_222_770_000);
    expect(digitsToMillis("-9223372036854775808")).toBe(0);
  });
});
