// Guards: a work's id is taken only where its time can be.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertWorkId } from "../../../src/platform/links/paste.js";
import { DyliveError } from "../../../src/runtime/errors.js";

const NOW = Date.UTC(2026, 10, 27);
const DAY_MS = 86_400_000;
const idOf = (ms: number, low = 0) => String((BigInt(ms / 1000) << 32n) + BigInt(low));

describe("assertWorkId", () => {
  it("takes ids from the month in which the platform opened to a day from now", () => {
    for (const ms of [Date.UTC(2016, 8, 1), Date.UTC(2020, 1, 2), NOW, NOW + DAY_MS])
      expect(() => assertWorkId(idOf(ms), NOW)).not.toThrow();
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

  it("throws nothing else, whatever it is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,40}$/)), (id) => {
        try {
          assertWorkId(id, NOW);
        } catch (error) {
          expect(error).toBeInstanceOf(DyliveError);
        }
      }),
    );
  });
});
