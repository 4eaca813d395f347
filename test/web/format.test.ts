// Guards: Numbers and times are shown short, never rounded up, in both languages.
import { describe, expect, it } from "vitest";
import { amountOf, percent, shortCount } from "../../web/src/format/number.js";
import { clockTime, dayTime, duration, isoTime } from "../../web/src/format/time.js";

describe("numbers", () => {
  it.each([
    [0, "0", "0"],
    [9_999, "9999", "9,999"],
    [10_000, "1万", "10K"],
    [99_999, "9.9万", "99.9K"],
    [1_234_567, "123万", "1.2M"],
    [340_000_000, "3.4亿", "340M"],
    [99_999_999, "9999万", "99.9M"],
  ])("%i is %s in Chinese and %s in English, never rounded up", (count, chinese, english) => {
    expect([shortCount(count, "zh"), shortCount(count, "en")]).toEqual([chinese, english]);
  });

  it("takes amounts that a number could not hold as digits", () => {
    expect([amountOf(3), shortCount(amountOf("90071992547409930"), "zh")]).toEqual([3, "900719925亿"]);
  });

  it("does not call a little nothing, nor nearly all of it all", () => {
    expect([0, 0.004, 0.6, 0.994, 0.996, 0.9999, 1].map(percent)).toEqual(["0%", "<1%", "60%", "99%", ">99%", ">99%", "100%"]);
  });
});

describe("times", () => {
  const at = Date.UTC(2026, 10, 25, 16, 5, 9);

  it("are those of the viewer's zone, midnight is 00", () => {
    expect(clockTime(at, "zh", "Asia/Shanghai")).toBe("00:05:09");
    expect(clockTime(at, "en", "America/New_York")).toBe("11:05:09");
    expect(dayTime(at, "zh", "Asia/Shanghai")).toBe("2026/11/26 00:05");
  });

  it("that no calendar has break no page", () => {
    for (const wrong of [8.64e15 + 1, 1e300, Number.NaN])
      expect([clockTime(wrong, "zh"), dayTime(wrong, "en"), isoTime(wrong)]).toEqual(["–", "–", undefined]);
    expect(isoTime(at)).toBe("2026-11-25T16:05:09.000Z");
  });

  it.each([
    [0, "0 秒", "0 s"],
    [35_400, "35 秒", "35 s"],
    [200_000, "3 分 20 秒", "3 min 20 s"],
    [3_599_600, "1 小时", "1 h"],
    [7_500_000, "2 小时 5 分", "2 h 5 min"],
    [90_000_000, "1 天 1 小时", "1 d 1 h"],
  ])("%i ms last %s, %s", (ms, chinese, english) => {
    expect([duration(ms, "zh"), duration(ms, "en")]).toEqual([chinese, english]);
  });
});
