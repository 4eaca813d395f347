// Guards: a cursor is read as it was written, and a foreign one is refused with both ends of the log.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CursorReset, decodeCursor, encodeCursor, resolveCursor } from "../../src/feed/cursor.js";
import { ANY_CHARACTER } from "../any-character.js";

const ends = { oldest: 11, head: 20 };
const caught = (text: string) => {
  try {
    return resolveCursor(text, "log", 3, ends);
  } catch (error) {
    return error;
  }
};

describe("a cursor", () => {
  it("comes back as it was, whatever the log's id holds, and is never taken for a bare seq", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: ANY_CHARACTER }), fc.nat(), fc.nat(), (logId, room, seq) => {
        const text = encodeCursor({ logId, room, seq });
        expect(text).toMatch(/^[A-Za-z][A-Za-z0-9_-]+$/);
        expect(decodeCursor(text)).toEqual({ logId, room, seq });
      }),
    );
  });

  it("may be a bare seq", () => {
    expect(resolveCursor("0", "log", 3, ends)).toBe(0);
    expect(resolveCursor("20", "log", 3, ends)).toBe(20);
  });

  it("of another log, of another room or beyond the head is refused with both ends", () => {
    const foreign = [
      encodeCursor({ logId: "other", room: 3, seq: 15 }),
      encodeCursor({ logId: "log", room: 4, seq: 15 }),
      encodeCursor({ logId: "log", room: 3, seq: 21 }),
      "21",
    ];
    for (const text of foreign) {
      const error = caught(text);
      if (!(error instanceof CursorReset)) throw new Error(`not refused: ${text}`);
      expect(error.code).toBe("cursor_reset");
      expect(decodeCursor(error.oldest)).toEqual({ logId: "log", room: 3, seq: 10 });
      expect(decodeCursor(error.newest)).toEqual({ logId: "log", room: 3, seq: 20 });
      expect(error.message).toContain(error.oldest);
      expect(error.message).toContain(error.newest);
    }
  });

  it("that is nonsense is the caller's mistake", () => {
    for (const text of ["abc", "djEv", "-1", "1234567890123456", Buffer.from("v1/1:2/").toString("base64url")])
      expect(caught(text)).toMatchObject({ code: "bad_request", message: expect.stringContaining("cursor") as string });
  });
});
