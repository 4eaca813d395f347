// Guards: A reading of a room means live, paused, ended or not known, and viewers only while one can watch.
import { describe, expect, it } from "vitest";
import { answerOf, judge, type PageReading } from "../../../src/platform/pages/answer.js";

const reading = (status: number | null, more: Partial<PageReading> = {}): PageReading => ({
  step: "page",
  webRid: "1",
  room: { id: "7", status, title: "t", cover: null, online: "5", totalViewers: "9" },
  anchor: { id: "1", secUid: "s", nickname: "n", avatar: null },
  audio: false,
  ...more,
});

describe("what a reading means", () => {
  it.each([
    [1, "not_live"],
    [2, "live"],
    [3, "paused"],
    [4, "ended"],
    [5, "unknown"],
    [null, "unknown"],
  ])("status %j is %s", (status, answer) => {
    expect(answerOf(judge(reading(status)))).toBe(answer);
  });

  it("tells accounts without a room, deleted ones, sound only, and nothing at all", () => {
    expect(answerOf(judge(reading(2, { audio: true })))).toBe("live_audio");
    expect(answerOf(judge(reading(2, { audio: null })))).toBe("live");
    expect(answerOf(judge(reading(0, { room: "none" })))).toBe("no_room");
    expect(answerOf(judge(reading(0, { room: null, anchor: null })))).toBe("unknown");
    const deleted = { id: null, secUid: null, nickname: "账号已注销", avatar: null };
    expect(answerOf(judge(reading(0, { room: null, anchor: deleted })))).toBe("no_account");
  });

  it("has no viewers where nobody can watch", () => {
    expect(judge(reading(4))).toMatchObject({ facts: { online: null, totalViewers: null, audio: null, status: 4 } });
    expect(judge(reading(2))).toMatchObject({ facts: { online: "5", totalViewers: "9", audio: false } });
  });
});
