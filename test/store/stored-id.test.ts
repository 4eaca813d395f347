// Guards: ids of events are stored exactly, up to the last one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storedId } from "../../src/store/sqlite/events.js";

describe("stored ids", () => {
  it("differ where the ids differ, and are integers for the platform's", () => {
    expect(storedId("7412345678901234567")).toBe(7412345678901234567n);
    expect(storedId("9223372036854775807")).toBe(9223372036854775807n);
    expect(storedId("9223372036854775808")).toBe("9223372036854775808");
    const id = fc.oneof(fc.stringMatching(/^[0-9]{1,20}$/), fc.string());
    fc.assert(
      fc.property(id, (value) => {
        const stored = storedId(value);
        expect(stored.toString()).toBe(value);
        if (typeof stored === "bigint") expect(stored).toBeLessThan(2n ** 63n);
      }),
    );
  });
});
