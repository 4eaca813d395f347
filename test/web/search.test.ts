// Guards: A search stands in its address, and compared broadcasts are lines over the same minutes.
import { describe, expect, it } from "vitest";
import { COMPARED_MAX as SERVER_MAX } from "../../src/statistics/comparison.js";
import { BROADCAST_ORDERS } from "../../src/store/statistics.js";
import { comparedDrawing } from "../../web/src/room/minute-series.js";
import { addressOf, eventsAsked, formOf } from "../../web/src/search/search-query.js";
import { COMPARED_MAX, comparedNames, ORDERS } from "../../web/src/sessions/totals.js";

const empty = formOf({});

describe("what is searched for", () => {
  it("stands in the address, and nothing else does", () => {
    const form = {
      ...empty,
      text: " 你好 ",
      room: "3",
      kinds: ["gift" as const, "chat" as const],
      user: "7",
      name: "小鱼",
      from: "2026-11-20T20:00",
      minDiamonds: "5",
    };
    const address = addressOf(form);
    expect(address).toEqual({ q: "你好", room: "3", kinds: "gift,chat", user: "7", name: "小鱼", from: "2026-11-20T20:00", min: "5" });
    expect(formOf(address)).toEqual({ ...form, text: "你好", kinds: ["chat", "gift"] });
    expect(addressOf({ ...form, find: "people" })).toEqual({ find: "people", q: "你好", room: "3" });
    expect(addressOf(empty)).toEqual({});
  });

  it("is nothing where an address is not one of ours", () => {
    const odd = { find: "all", q: ["a", "b"], kinds: "gift,nothing", from: "yesterday", to: "2026-13-40T99:00", min: "-1", user: null };
    expect(formOf(odd)).toEqual({ ...empty, kinds: ["gift"] });
  });

  it("is asked of the API: nothing, what was chosen, or all that a feed shows", () => {
    expect(eventsAsked(empty)).toBeNull();
    expect(eventsAsked({ ...empty, text: "  " })).toBeNull();
    expect(eventsAsked({ ...empty, text: "你好" })).toEqual({ q: "你好" });
    expect(eventsAsked({ ...empty, kinds: ["gift"], minDiamonds: "100" })).toEqual({ types: "gift", minDiamonds: 100 });
    const byTime = eventsAsked({ ...empty, room: "3", from: "2026-11-20T20:00", to: "2026-11-20T21:00" });
    expect(byTime).toMatchObject({ room: "3", from: new Date(2026, 10, 20, 20).getTime(), to: new Date(2026, 10, 20, 21).getTime() });
    expect(byTime?.types?.split(",")).toEqual(expect.arrayContaining(["chat", "gift", "join", "gap", "erased"]));
  });
});

describe("broadcasts that are compared", () => {
  it("are two to four that the address names, in the orders that the server has", () => {
    expect(comparedNames("1/7300,web_rid:2/latest")).toEqual(["1/7300", "web_rid:2/latest"]);
    for (const bad of [undefined, "", "1/7300", "1/1,2", "1/1,2/2,3/3,4/4,5/5", "1/1,/2", ["1/1,2/2"]])
      expect(comparedNames(bad)).toBeNull();
    expect([COMPARED_MAX, [...ORDERS]]).toEqual([SERVER_MAX, [...BROADCAST_ORDERS]]);
  });

  it("are lines over the same minutes: an end is no zero", () => {
    const value = (chats: number, diamonds: number | string = 0) => ({ chats, joins: 0, units: 0, diamonds, online: null });
    const minutes = [
      { minute: 0, values: [value(3), value(5, "12345678901234567890")] },
      { minute: 1, values: [value(0), null] },
    ];
    const of = (by: "chats" | "diamonds" | "online", isGoingOn = false) =>
      comparedDrawing(
        minutes,
        by,
        ["A", "B"].map((name) => ({ name, isGoingOn })),
        "zh",
      );
    const drawn = (...by: Parameters<typeof of>) => of(...by).series.map(({ name, values }) => [name, values]);
    expect(drawn("chats")).toEqual([
      ["A", [3, 0]],
      ["B", [5, null]],
    ]);
    expect(drawn("diamonds")[1]).toEqual(["B", [12345678901234567000, null]]);
    expect(drawn("online")[0]).toEqual(["A", [null, null]]);
    // The minute that is still being counted is no fall; people in it are as many as were told.
    expect(drawn("chats", true)).toEqual([
      ["A", [3, null]],
      ["B", [null, null]],
    ]);
  });
});
