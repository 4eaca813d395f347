// Guards: A moment is read as people write it, and a date that the calendar does not have is refused.
import { describe, expect, it } from "vitest";
import { moment } from "../../src/cli/terminal.js";
import { when } from "../../src/cli/values.js";
import { readInstant } from "../../src/exports/instant.js";

const CHINA = 480;

describe("a moment as people write it", () => {
  it.each([
    ["2026-11-25", "2026-11-24T16:00:00Z"],
    ["2026-11-25 20:00", "2026-11-25T12:00:00Z"],
    ["2026-11-25T20:00:05.5", "2026-11-25T12:00:05.5Z"],
    ["2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["2026-11-25T20:00-05:00", "2026-11-26T01:00:00Z"],
    ["2026-11-25 20:00:05 +08:00", "2026-11-25T12:00:05Z"],
    ["2026-11-25 20:00 Z", "2026-11-25T20:00:00Z"],
    ["1764072000000", "2025-11-25T12:00:00Z"],
  ])("%s is read", (text, at) => expect(readInstant("from", text, CHINA)).toBe(Date.parse(at)));

  it.each([
    ...["2026-02-30", "2026-02-29", "2026-04-31 10:00", "2026-13-01", "2026-00-10", "2026-11-00", "2026-11-25 24:00", "2026-11-25 23:60"],
    ...[
      "2026-11-25 10:00:60",
      "2026-11-25T10:00+15:00",
      "2026-11-25T10:00+08:60",
      "25.11.2026",
      "tomorrow",
      "",
      "2026-1-1",
      "2026-11-25  +08:00",
    ],
  ])("%j is refused, by the API and by commands alike", (text) => {
    expect(() => readInstant("from", text, CHINA)).toThrow("from takes a");
    expect(() => when(text)).toThrow("It takes a date of the calendar");
  });

  it("is read as our own output prints it", () => {
    const at = Date.parse("2026-07-01T12:30:05Z");
    expect(when(moment(at))).toBe(at);
    expect(readInstant("from", moment(at), CHINA)).toBe(at);
  });

  it("without a zone is local for a command", () => {
    expect(when("2026-07-01 12:30")).toBe(new Date(2026, 6, 1, 12, 30).getTime());
    expect(when("2026-01-01")).toBe(new Date(2026, 0, 1).getTime());
  });
});
