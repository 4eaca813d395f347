// Guards: a cursor is read as it was written, and a foreign one is refused with both ends of the log.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CursorReset, decodeCursor, encodeCursor, placeBefore, placeOf, positionOf } from "../../src/feed/cursor.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { ANY_CHARACTER } from "../any-character.js";
import { chats } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";

/** A log of two rooms: the first has the positions 1 to 3 and 6 to 8 as its seqs 1 to 6, of which 1 and 2 were removed. */
async function twoRooms() {
  const store = openSqliteStore({ path: ":memory:" });
  const [one, other] = [await claimed(store, "1"), await claimed(store, "2")];
  await one.append(...chats(3, "a"));
  await other.append(...chats(2, "b"));
  await one.append(...chats(3, "c"));
  await store.log.remove(one.room, 1, 2, "retention");
  return { log: store.log, room: one.room, other: other.room };
}

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

describe("a cursor", () => {
  it("comes back as it was, whatever the log's id holds, and is never taken for a bare seq", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: ANY_CHARACTER }), fc.nat(), (logId, pos) => {
        const text = encodeCursor(logId, pos);
        expect(text).toMatch(/^[A-Za-z][A-Za-z0-9_-]+$/);
        expect(decodeCursor(text)).toEqual({ logId, pos });
      }),
    );
  });

  it("is the same for one room, many and all; a bare seq is one of the only room", async () => {
    const { log, room, other } = await twoRooms();
    const at = (pos: number) => encodeCursor(log.id, pos);
    expect(await positionOf(at(7), log, [room, other])).toBe(7);
    expect(await placeOf(at(7), log, room)).toEqual({ next: 5, pos: 7 });
    expect(await placeOf(at(7), log, other)).toEqual({ next: 2, pos: 7 });
    expect(await placeBefore(at(7), log, room)).toEqual({ next: 6, pos: 7 });
    expect(await positionOf("4", log, [room])).toBe(6);
    expect(await placeOf("4", log, room)).toEqual({ next: 4, pos: 6 });
    expect(await placeBefore("4", log, room)).toEqual({ next: 4, pos: 3 });
    expect(await placeOf("1", log, room)).toEqual({ next: 1, pos: 0 });
    expect(await positionOf("0", log, [room, other])).toBe(0);
    await expect(positionOf("4", log, [room, other])).rejects.toThrow(/0 or a cursor when there are several rooms/);
    await expect(positionOf("4", log, [])).rejects.toMatchObject({ code: "bad_request" });
  });

  it("of another log or beyond the head is refused with both ends", async () => {
    const { log, room } = await twoRooms();
    for (const text of [encodeCursor("other", 5), encodeCursor(log.id, 9), "7"]) {
      const error = await caught(placeOf(text, log, room));
      if (!(error instanceof CursorReset)) throw new Error(`not refused: ${text}`);
      expect(error.code).toBe("cursor_reset");
      expect(decodeCursor(error.oldest)).toEqual({ logId: log.id, pos: 0 });
      expect(decodeCursor(error.newest)).toEqual({ logId: log.id, pos: 8 });
      expect(error.message).toContain(error.oldest);
      expect(error.message).toContain(error.newest);
    }
  });

  it("that is nonsense is the caller's mistake", async () => {
    const { log, room } = await twoRooms();
    for (const text of ["abc", "djEv", "-1", "1234567890123456", Buffer.from("v1/1/").toString("base64url")])
      expect(await caught(placeOf(text, log, room))).toMatchObject({
        code: "bad_request",
        message: expect.stringContaining("cursor") as string,
      });
  });
});
