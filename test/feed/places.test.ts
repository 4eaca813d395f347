// Guards: a cursor over rooms is read as it was written, and a foreign one is refused.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursorEnd, cursorStart, encodeCursor, encodePlaces, resolvePlaces } from "../../src/feed/cursor.js";
import { DyliveError } from "../../src/runtime/errors.js";

const LOG = "läg/one";
const ends = (...rooms: [room: number, oldest: number, head: number][]) =>
  new Map(rooms.map(([room, oldest, head]) => [room, { oldest, head }]));

describe("a cursor over rooms", () => {
  it("reads back as it was written, for any rooms and places", () => {
    const place = fc.tuple(fc.integer({ min: 0, max: 999_999_999_999_999 }), fc.integer({ min: 0, max: 999_999_999_999_999 }));
    const rooms = fc.uniqueArray(place, { selector: ([room]) => room, minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(rooms, (places) => {
        const text = encodePlaces(LOG, places);
        expect(text).toMatch(/^[A-Za-z][A-Za-z0-9_-]*$/);
        const all = ends(...places.map(([room]): [number, number, number] => [room, 1, Number.MAX_SAFE_INTEGER]));
        expect(resolvePlaces(text, LOG, all)).toEqual({ seqs: new Map(places), added: [] });
      }),
    );
  });

  it("of one room is the cursor of that room; one of 200 rooms fits into an address", () => {
    expect(encodePlaces(LOG, [[3, 7]])).toBe(encodeCursor({ logId: LOG, room: 3, seq: 7 }));
    expect(cursorStart([]) + cursorEnd(LOG, 3, 7)).toBe(encodePlaces(LOG, [[3, 7]]));
    const many = Array.from({ length: 200 }, (_, index) => [index + 1_000, 5_000_000 + index] as const);
    expect(encodePlaces(LOG, many).length).toBeLessThan(2_000);
  });

  it("never makes a place of what is not a cursor", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 60 }), (text, bytes) => {
        for (const one of [text, `djIv${Buffer.from(bytes).toString("base64url")}`]) {
          try {
            // A bare number, and nothing else, may stand for a place.
            expect([...resolvePlaces(one, LOG, ends([1, 1, 10])).seqs]).toEqual([[1, Number(one)]]);
          } catch (error) {
            if (!(error instanceof DyliveError)) throw error;
            expect(["bad_request", "cursor_reset"]).toContain(error.code);
          }
        }
      }),
    );
  });

  it("stands for the heads when there is none, for the oldest when it is 0", () => {
    const rooms = ends([1, 1, 10], [2, 5, 20]);
    expect(resolvePlaces(null, LOG, rooms)).toEqual({
      seqs: new Map([
        [1, 10],
        [2, 20],
      ]),
      added: [1, 2],
    });
    expect(resolvePlaces("0", LOG, rooms).seqs).toEqual(
      new Map([
        [1, 0],
        [2, 0],
      ]),
    );
    expect(resolvePlaces("7", LOG, ends([1, 1, 10])).seqs).toEqual(new Map([[1, 7]]));
    expect(() => resolvePlaces("7", LOG, rooms)).toThrow(/0 or a cursor when there are several rooms/);
  });

  it("is refused when it is of another log, of other rooms only, or ahead of the log", () => {
    const rooms = ends([1, 3, 10], [2, 1, 0]);
    for (const wrong of [
      encodePlaces("other", [[1, 5]]),
      encodePlaces(LOG, [[9, 5]]),
      encodePlaces(LOG, [
        [1, 11],
        [2, 0],
      ]),
    ])
      expect(() => resolvePlaces(wrong, LOG, rooms)).toThrow(
        expect.objectContaining({
          code: "cursor_reset",
          oldest: encodePlaces(LOG, [
            [1, 2],
            [2, 0],
          ]),
          newest: encodePlaces(LOG, [
            [1, 10],
            [2, 0],
          ]),
        }),
      );
    expect(
      resolvePlaces(
        encodePlaces(LOG, [
          [1, 5],
          [9, 5],
        ]),
        LOG,
        rooms,
      ),
    ).toEqual({
      seqs: new Map([
        [1, 5],
        [2, 0],
      ]),
      added: [2],
    });
  });
});
