// Guards: a work's id tells the second in which it was made, or nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timeOfId } from "../../../src/platform/works/field.js";

const idOf = (ms: number, low: number) => String((BigInt(ms / 1000) << 32n) + BigInt(low));

describe("timeOfId", () => {
  it("is the second in the bits from the 32nd up, whatever is below", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 33 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (second, low) => {
        expect(timeOfId(idOf(second * 1000, low))).toBe(second * 1000);
      }),
    );
    expect(timeOfId("7686658435312030373")).toBe(Date.UTC(2026, 8, 18, 0, 0, 31)); // facts/videos.md section 1: the newest id that was seen
  });

  it.each(["", "-1", "1.5", "7321234567890123456x", "１２", "1".repeat(33), " 1"])("is null for %j", (text) => {
    expect(timeOfId(text)).toBeNull();
  });
});
