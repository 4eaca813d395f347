// Guards: an event's time is the message's own, else an estimate that is marked.
import { describe, expect, test } from "vitest";
import { digitsToMillis, platformTime, toMillis } from "../../../src/platform/messages/head.js";

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

describe("platformTime", () => {
  test("is the message's own where it has one", () => {
    expect(platformTime(1_775_222_770_095, "7624523651580285990", 5)).toEqual({ time: 1_775_222_770_095, estimated: false });
  });

  test("else the upper half of the id, as an estimate", () => {
    const { time, estimated } = platformTime(0, "7624523674208934463", 5);
    expect([time, estimated]).toEqual([Number(BigInt("7624523674208934463") >> 32n) * 1000, true]);
  });

  test("else the time of receipt", () => {
    expect(platformTime(0, "0", 1_700_000_000_001)).toEqual({ time: 1_700_000_000_001, estimated: true });
    expect(platformTime(0, "123", 7)).toEqual({ time: 7, estimated: true });
  });
});
