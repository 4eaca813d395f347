// Guards: A recording's beginning is read from its name, its container or its growth, and is null where none of them says it.
import { describe, expect, it } from "vitest";
import { beginOf, momentIn, NamePattern, readTimeZone } from "../../src/exports/recording-time.js";

const SHANGHAI = 480;
/** 2026-11-25 20:00:00 in Shanghai. */
const EIGHT = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;

type Evidence = Parameters<typeof beginOf>[0];

const begun = (
  name: string,
  known: Partial<Evidence> = {},
  pattern: string | null = null,
  zone = SHANGHAI as ReturnType<typeof readTimeZone>,
) => beginOf({ name, grewAt: EIGHT + HOUR, firstAt: null, createdAt: null, others: () => [], ...known }, new NamePattern(pattern), zone);

const known = (name: string, startMs: number, endMs: number) => ({ name, startMs, endMs });

describe("the time in a name", () => {
  it.each([
    "主播_2026-11-25_20-00-00",
    "主播_标题_2026-11-25_20-00-00_000",
    "[2026-11-25 20-00-00][主播][标题]",
    "2026-11-25 20-00-00",
    "2026-11-25 20-00-00 标题-PART000",
    "录制-98765-20261125-200000-123-标题",
    "20261125200000",
    "2026年11月25日20时00分00秒 标题",
    "2026.11.25 20.00.00",
    "回放 2026-11-20 10-00-00 2026-11-25 20-00-00",
    "2026-11-25_20-00-00 2027-01-01 00-00-00 见",
  ])("%s", (name) => expect(begun(name)).toEqual({ at: EIGHT, by: "name", remarks: [] }));

  it.each(["主播", "2026-13-25 20-00-00", "2026-02-30 20-00-00", "2026-11-25", "2026-11-25 24-00-00", "120261125200000", "1764072000"])(
    "is not in %s",
    (name) => expect(begun(name)).toBeNull(),
  );

  it("stands where a pattern says, and other names are not meant", () => {
    expect(begun("25.11.2026 zhubo 20h00", {}, "%d.%m.%Y * %Hh%M")).toMatchObject({ at: EIGHT, by: "name" });
    expect(begun(`a_${EIGHT / 1000}_b`, {}, "a_%s_*", null)).toMatchObject({ at: EIGHT, by: "name" });
    const pattern = new NamePattern("主播[1]_*");
    expect(["主播[1]_2026-11-25_20-00-00", "别人_2026-11-25_20-00-00"].map((name) => pattern.takes(name))).toEqual([true, false]);
    expect(begun("主播[1]_2026-11-25_20-00-00", {}, "主播[1]_*")).toMatchObject({ at: EIGHT });
    // Stars are as many as fit, and nothing is in two of them.
    for (const [text, taken, others] of [
      ["a*b*", ["ab", "axb", "abab", "a😀b"], ["b", "ba", "xab"]],
      ["*a*aa", ["aaa", "xaxaa"], ["aa", "aaab", ""]],
      ["ab*ba", ["abba", "ab\nba"], ["aba"]],
      ["**", ["", "x"], []],
      ["100%%*", ["100%", "100%x"], ["100"]],
    ] as const)
      expect([...taken, ...others].filter((name) => new NamePattern(text).takes(name))).toEqual(taken);
    expect(begun("00_20260101_0000_20261125_2000", {}, "*_%Y%m%d_%H%M")).toMatchObject({ at: EIGHT });
    for (const wrong of ["%Y-%m", "%Y%m%d%H%M%Y", "%q", "100%"]) expect(() => new NamePattern(wrong), wrong).toThrow("pattern of names");
  });

  it("is looked for once, however many stars there are", () => {
    // Done anew for each way to spread the stars it would not end: their number is beyond that of atoms.
    expect(new NamePattern(`${"*_".repeat(100)}x`).takes("_".repeat(240))).toBe(false);
    expect(new NamePattern(`${"*_".repeat(100)}*%s`).timesIn(`${"_".repeat(240)}`)).toEqual([]);
  });

  it("is of a zone, which knows its summer time", () => {
    const zone = readTimeZone("America/New_York");
    expect(begun("2026-07-01 12-00-00", { grewAt: Date.UTC(2027, 0) }, null, zone)).toMatchObject({ at: Date.UTC(2026, 6, 1, 16) });
    expect(begun("2026-12-01 12-00-00", { grewAt: Date.UTC(2027, 0) }, null, zone)).toMatchObject({ at: Date.UTC(2026, 11, 1, 17) });
    expect(momentIn(zone, Date.UTC(2026, 6, 1, 16))).toBe("2026-07-01 12:00:00 -04:00");
    expect([readTimeZone("+08:00"), readTimeZone("Z"), readTimeZone("Asia/Shanghai")]).toEqual([480, 0, "Asia/Shanghai"]);
    for (const wrong of ["Nowhere/Town", "8", "+8"]) expect(() => readTimeZone(wrong), wrong).toThrow("time zone");
  });

  it("that is after the last growth is passed over, and one far from the first growth is doubted", () => {
    const late = begun("2026-11-25 20-00-00", { grewAt: EIGHT - 6 * HOUR, firstAt: EIGHT - 7 * HOUR });
    expect(late).toMatchObject({ at: EIGHT - 7 * HOUR, by: "growth" });
    expect(late?.remarks.map(String)).toEqual([expect.stringMatching(/its name says 2026-11-25 20:00:00 \+08:00.*the time zone/)]);
    const early = begun("2026-11-25 20-00-00", { grewAt: EIGHT + 9 * HOUR, firstAt: EIGHT + 8 * HOUR });
    expect(early).toMatchObject({ at: EIGHT, by: "name", remarks: [expect.anything()] });
  });
});

describe("without a time in the name a recording begins", () => {
  it("as it says inside, where that can be", () => {
    expect(begun("film", { createdAt: EIGHT, firstAt: EIGHT + 5 })).toMatchObject({ at: EIGHT, by: "container" });
    expect(begun("film", { createdAt: EIGHT + 9 * HOUR, firstAt: EIGHT + 5 })).toMatchObject({ at: EIGHT + 5, by: "growth" });
    expect(begun("film", { createdAt: 1000, firstAt: EIGHT + 5 })).toMatchObject({ at: EIGHT + 5, by: "growth" });
  });

  it("when it began to grow; nobody guesses where that was not seen", () => {
    expect(begun("film", { firstAt: EIGHT })).toMatchObject({ at: EIGHT, by: "growth" });
    expect(begun("film")).toBeNull();
  });
});

describe("parts with the time of the first", () => {
  const name = (part: number) => `主播_2026-11-25_20-00-00_00${part}`;
  const first = known(name(0), EIGHT, EIGHT + HOUR);

  it("follow upon each other", () => {
    expect(begun(name(1), { grewAt: EIGHT + 2 * HOUR, others: () => [first] })).toMatchObject({ at: EIGHT + HOUR, by: "before" });
    const others = () => [first, known(name(1), EIGHT + HOUR, EIGHT + 2 * HOUR)];
    const third = begun(name(2), { grewAt: EIGHT + 3 * HOUR, firstAt: EIGHT + 2 * HOUR + 900, others });
    expect(third).toMatchObject({ at: EIGHT + 2 * HOUR, by: "before" });
    // The recorder was away for a while.
    expect(begun(name(1), { grewAt: EIGHT + 3 * HOUR, firstAt: EIGHT + 2 * HOUR, others: () => [first] })).toMatchObject({
      ...{ at: EIGHT + 2 * HOUR, by: "growth" },
    });
  });

  it("are known as later ones by their growth, too; a number that counts nothing is none", () => {
    expect(begun(name(3), { grewAt: EIGHT + 4 * HOUR, firstAt: EIGHT + 3 * HOUR })).toMatchObject({ at: EIGHT + 3 * HOUR, by: "growth" });
    expect(
      begun("2026-11-25 20-00-00 王者荣耀100", { others: () => [known("2026-11-25 19-00-00 王者荣耀99", EIGHT - HOUR, EIGHT)] }),
    ).toMatchObject({
      ...{ at: EIGHT, by: "name" },
    });
    expect(begun("2026-11-25 20-00-00_7", { firstAt: EIGHT + 500 })).toMatchObject({ at: EIGHT, by: "name" });
  });
});
