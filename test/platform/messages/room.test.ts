// Guards: likes, fans clubs, announcements and figures of a room are read, and unknown is not 0.
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
    expect([1, 2, 3, 4, 5, 6, 7, 99].map((code) => control(code))).toMatchObject([
      { action: "pause", code: 1 },
      { action: "resume", code: 2 },
      { action: "end", code: 3 },
      { action: "end_by_admin", code: 4 },
      { action: "change_node", code: 5 },
      { action: "end_by_switch", code: 6 },
      { action: "ping_timeout", code: 7 },
      { action: "other", code: 99 },
    ]);
    expect(control(3, { tips: "主播离开了" })).toMatchObject({ tips: "主播离开了" });
    expect(control(4, { extra: { violationReason: { defaultPattern: "违规" } } })).toMatchObject({ tips: "违规" });
  });

  test("stats of RoomUserSeq with the contributors", () => {
    const made = event(
      envelope("RoomUserSeqMessage", {
        common: COMMON,
        total: 3434,
        totalUser: 9611,
        totalUserStr: "9611",
        totalStr: "3434",
        totalPvForAnchor: "1.1万",
        ranks: [
          { rank: 1, user: USER, score: 50 },
          { user: { id: "7" }, scoreDescription: "距上一名 3" },
        ],
      }),
    );
    expect(made).toMatchObject({
      type: "stats",
      online: 3434,
      totalViewers: 9611,
      onlineText: "3434",
      totalText: "9611",
      ranks: [
        { rank: 1, score: 50, scoreText: null, user: { id: "111482481280" } },
        { rank: 2, score: null, scoreText: "距上一名 3", user: { id: "7" } },
      ],
    });
    const empty = event(envelope("RoomUserSeqMessage", { common: COMMON }));
    expect(empty).toMatchObject({ online: null, totalViewers: null, onlineText: null, totalText: null });
    expect("ranks" in empty).toBe(false);
  });

  test("stats of RoomStats: 0 is a number only with a text beside it", () => {
    const stats = (message: object) => event(envelope("RoomStatsMessage", { common: COMMON, ...message }));
    expect(stats({ displayLong: "91在线观众", displayValue: 91, displayType: 1 })).toMatchObject({ online: 91, onlineText: "91在线观众" });
    expect(stats({ displayLong: "0在线观众", displayType: 1 })).toMatchObject({ online: 0 });
    expect(stats({ displayType: 1 })).toMatchObject({ online: null });
    expect(stats({ displayLong: "91在线观众", displayValue: 91 })).toMatchObject({ online: null, onlineText: null, totalText: null });
    expect(stats({ displayLong: "1万人看过", displayValue: 10_000, displayType: 2 })).toMatchObject({
      online: null,
      onlineText: null,
      totalText: "1万人看过",
    });
  });

  test("stats of RoomStats of all who came, and of tickets", () => {
    const stats = (message: object) => event(envelope("RoomStatsMessage", { common: COMMON, ...message }));
    expect(stats({ total: 9635 })).toMatchObject({ online: null, totalViewers: 9635 });
    expect(stats({ displayValue: 9635, displayType: 3 })).toMatchObject({ online: null, totalViewers: 9635 });
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
    expect(made).toMatchObject({
      type: "rank",
      entries: [
        { rank: 1, score: null, scoreText: "1.2万", user: { id: "111482481280" } },
        { rank: 2, scoreText: null, user: { id: "7" } },
      ],
    });
  });
});
