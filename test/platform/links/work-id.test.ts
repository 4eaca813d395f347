// Guards: A work's id is refused where its time cannot be, with the time that it says.
import { describe, expect, it } from "vitest";
import { assertWorkId } from "../../../src/platform/links/paste.js";
import { timeOfId } from "../../../src/platform/works/field.js";

const NOW = Date.UTC(2026, 10, 27);
const DAY_MS = 86_400_000;
const idOf = (ms: number) => String(BigInt(ms / 1000) << 32n);

describe("assertWorkId", () => {
  it("takes ids from the month in which the platform opened to a day from now", () => {
    for (const ms of [Date.UTC(2016, 8, 1), Date.UTC(2020, 1, 2), NOW, NOW + DAY_MS])
      expect(() => assertWorkId(idOf(ms), NOW)).not.toThrow();
  });

  it("knows the time of the newest id that was seen", () => {
    expect(timeOfId("7686658435312030373")).toBe(Date.UTC(2026, 8, 18, 0, 0, 31)); // facts/videos.md section 1
    for (const text of ["", "-1", "1.5", "7321234567890123456x", "１２", "1".repeat(33), " 1"]) expect(timeOfId(text)).toBeNull();
  });

  it.each([
    [idOf(NOW + DAY_MS + 1000), /by its id it would be of 2026-11-28, which is yet to come/],
    [idOf(Date.UTC(2016, 7, 31, 23, 59, 59)), /of 2016-08-31, when the platform had not opened/],
    ["732123456789012345", /of 1975-05-27, when/],
    ["73212345678901234567", /of 2510-\d\d-\d\d, which/],
    ["9".repeat(32), /of a far future, which is yet to come/],
    ["1234567890", /of 1970-01-01, when/],
    ["7321a", /no number/],
  ])("refuses %s, and says why", (id, why) => {
    expect(() => assertWorkId(id, NOW)).toThrowError(expect.objectContaining({ code: "bad_work", detail: expect.stringMatching(why) }));
  });
});
