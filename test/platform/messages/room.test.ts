// Guards: Likes, clubs, controls, counters and ranks say what the platform says, and null where it says nothing.
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

describe("room", () => {
  test("likes", () => {
    const made = event(envelope("LikeMessage", { common: COMMON, user: USER, count: 13, total: 13826 }));
    expect(made).toMatchObject({ type: "like", count: 13, total: 13826 });
    expect(event(envelope("LikeMessage", { common: COMMON, count: -5 }))).toMatchObject({ count: 0, total: null });
    expect(event(envelope("LikeMessage", { common: COMMON }))).toMatchObject({ type: "unknown" });
  });

  test("fans club", () => {
    const club = (action: number) => event(envelope("FansclubMessage", { common: COMMON, user: USER, action, content: "恭喜" }));
    expect([1, 2, 6].map(club)).toMatchObject([{ action: "upgrade", text: "恭喜" }, { action: "join" }, { action: "other" }]);
    const told = (more: object) => event(envelope("FansclubMessage", { common: COMMON, action: 2, content: "恭喜", ...more }));
    for (const nobody of [{}, { user: {} }, { user: { gender: 1 } }]) expect(told(nobody)).toMatchObject({ type: "unknown" });
    expect(told({ user: { id: "111111" } })).toMatchObject({ type: "fansclub", user: { masked: true } });
    expect(told({ common: { ...COMMON, user: USER } })).toMatchObject({ type: "fansclub", user: { id: USER.id } });
  });

  test("control announces, with its code", () => {
    const control = (action: number, more: object = {}) => event(envelope("ControlMessage", { common: COMMON, action, ...more }));
    const names = {
      1: "pause",
      2: "resume",
      3: "end",
      4: "end_by_admin",
      5: "change_node",
      6: "end_by_switch",
      7: "ping_timeout",
      99: "other",
    };
    for (const [code, action] of Object.entries(names)) expect(control(Number(code))).toMatchObject({ action, code: Number(code) });
    expect(control(3, { tips: "主播离开了" })).toMatchObject({ tips: "主播离开了" });
    expect(control(4, { extra: { violationReason: { defaultPattern: "违规" } } })).toMatchObject({ tips: "违规" });
  });

  test("stats of RoomUserSeq with the contributors", () => {
    const counts = { total: 3434, totalUser: 9611, totalUserStr: "9611", totalStr: "3434", totalPvForAnchor: "1.1万" };
    const ranks = [
      { rank: 1, user: USER, score: 50 },
      { user: { id: "7" }, scoreDescription: "距上一名 3" },
    ];
    expect(event(envelope("RoomUserSeqMessage", { common: COMMON, ...counts, ranks }))).toMatchObject({
      ...{ type: "stats", online: 3434, totalViewers: 9611, onlineText: "3434", totalText: "9611" },
      ranks: [
        { rank: 1, score: 50, scoreText: null, user: { id: "111482481280" } },
        { rank: 2, score: null, scoreText: "距上一名 3", user: { id: "7" } },
      ],
    });
    const empty = event(envelope("RoomUserSeqMessage", { common: COMMON }));
    expect(empty).toMatchObject({ online: null, totalViewers: null, onlineText: null, totalText: null });
    expect("ranks" in empty).toBe(false);
  });

  const nothing = { online: null, onlineText: null, totalText: null };
  test.each([
    ["91 watch", { displayLong: "91在线观众", displayValue: 91, displayType: 1 }, { online: 91, onlineText: "91在线观众" }],
    ["0 is a number with a text beside it", { displayLong: "0在线观众", displayType: 1 }, { online: 0 }],
    ["0 is unknown without one", { displayType: 1 }, { online: null }],
    ["a number of nothing is none", { displayLong: "91在线观众", displayValue: 91 }, nothing],
    ["10,000 came", { displayLong: "1万人看过", displayValue: 10_000, displayType: 2 }, { ...nothing, totalText: "1万人看过" }],
    ["all who came", { total: 9635 }, { online: null, totalViewers: 9635 }],
    ["all who came, as shown", { displayValue: 9635, displayType: 3 }, { online: null, totalViewers: 9635 }],
  ])("stats of RoomStats: %s", (_what, message, told) => {
    expect(event(envelope("RoomStatsMessage", { common: COMMON, ...message }))).toMatchObject(told);
  });

  test("stats of tickets", () => {
    const tickets = (roomFanTicketCount: number) => event(envelope("UpdateFanTicketMessage", { common: COMMON, roomFanTicketCount }));
    expect(tickets(5210)).toMatchObject({ type: "stats", online: null, totalViewers: null, tickets: 5210 });
    expect(tickets(0)).toMatchObject({ type: "unknown" });
  });

  test("rank", () => {
    const texts = ["1.2万", "12345", "0", "***", "1e3", "-5", "9007199254740993"];
    const told = texts.map((scoreStr) => ({ user: { id: "7" }, scoreStr }));
    const scores = event(envelope("RoomRankMessage", { common: COMMON, ranks: told }));
    // A text that is a whole number is one; it stays as the page shows it beside it.
    expect(scores.type === "rank" && scores.entries.map(({ score }) => score)).toEqual([null, 12_345, 0, null, null, null, null]);
    expect(scores.type === "rank" && scores.entries.map(({ scoreText }) => scoreText)).toEqual(texts);
    const ranks = [
      { user: { id: "7" }, exactlyScore: "678" },
      { user: { id: "8" }, score: 5, exactlyScore: "***" },
    ];
    expect(event(envelope("RoomUserSeqMessage", { common: COMMON, ranks }))).toMatchObject({ ranks: [{ score: 678 }, { score: 5 }] });
    const made = event(envelope("RoomRankMessage", { common: COMMON, ranks: [{ user: USER, scoreStr: "1.2万" }, { user: { id: "7" } }] }));
    const [first, second] = [
      { scoreText: "1.2万", user: { id: "111482481280" } },
      { scoreText: null, user: { id: "7" } },
    ];
    expect(made).toMatchObject({
      type: "rank",
      entries: [
        { rank: 1, score: null, ...first },
        { rank: 2, ...second },
      ],
    });
  });
});
