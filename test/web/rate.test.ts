// Guards: A room's speed is what people sent per second, and null until it is known.
import { describe, expect, it } from "vitest";
import { isInteractive, METHODS } from "../../src/platform/wire/methods.js";
import { Rate } from "../../web/src/rooms/rate.js";

const chats = (n: number) => ({ WebcastChatMessage: n });

describe("a room's speed", () => {
  it("is what came since the look before, by second; what no people cause does not count", () => {
    const rate = new Rate();
    rate.count(chats(1_000), 10_000);
    for (let second = 11; second <= 15; second++)
      rate.count({ ...chats(1_000 + (second - 10) * 4), WebcastRoomStatsMessage: second * 9 }, second * 1_000);
    expect(rate.series(16_000)).toEqual([4, 4, 4, 4, 4]);
    expect(rate.now(16_000)).toBe(4);
  });

  it("is told as soon as two whole seconds were seen, as what came in these", () => {
    const rate = new Rate();
    expect([rate.series(9_000), rate.now(9_000)]).toEqual([[], null]);
    rate.count(chats(100), 10_300);
    rate.count(chats(104), 11_300);
    expect(rate.now(12_300)).toBeNull();
    rate.count(chats(108), 12_300);
    expect(rate.now(13_300)).toBe(4);
    rate.count(chats(115), 13_300);
    expect(rate.now(14_300)).toBe(5);
  });

  it("falls to nothing when nothing comes, and forgets what is over a minute old", () => {
    const rate = new Rate();
    rate.count(chats(0), 1_000);
    rate.count(chats(50), 2_000);
    expect(rate.now(4_000)).toBe(25);
    expect(rate.now(8_500)).toBe(0);
    expect(rate.series(61_500).reduce((sum, n) => sum + n)).toBe(50);
    expect(rate.series(63_500).reduce((sum, n) => sum + n)).toBe(0);
  });

  it("counts the methods that the server takes for those of people", () => {
    for (const method of METHODS.keys()) {
      const rate = new Rate();
      rate.count({ [method]: 0 }, 1_000);
      rate.count({ [method]: 5 }, 2_000);
      expect([method, rate.series(3_000).at(-1)]).toEqual([method, isInteractive(method) ? 5 : 0]);
    }
  });

  it("takes a count that fell as a new beginning", () => {
    const rate = new Rate();
    rate.count(chats(500), 1_000);
    rate.count(chats(3), 2_000);
    expect(rate.series(3_000).at(-1)).toBe(3);
  });
});
