// Guards: positions and ids of events are stored exactly, up to the last room, seq and id.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ROOM, MAX_SEQ, posOf, seqOf, storedId } from "../../src/store/sqlite/events.js";

const room = fc.integer({ min: 0, max: MAX_ROOM });
const seq = fc.integer({ min: 0, max: MAX_SEQ });

describe("positions of events", () => {
  it("are exact, and rise with the room and then the seq", () => {
    expect(posOf(MAX_ROOM, MAX_SEQ)).toBe(Number.MAX_SAFE_INTEGER);
    fc.assert(
      fc.property(room, seq, room, seq, (r1, s1, r2, s2) => {
        const [one, two] = [posOf(r1, s1), posOf(r2, s2)];
        expect(seqOf(one)).toBe(s1);
        expect(Math.sign(one - two)).toBe(Math.sign(r1 - r2) || Math.sign(s1 - s2));
      }),
    );
  });
});

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
