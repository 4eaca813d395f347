// Guards: joins, follows and shares are told apart by their codes.
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

describe("members", () => {
  const member = (action: number, more: object = {}) => event(envelope("MemberMessage", { common: COMMON, user: USER, action, ...more }));

  test("1 joins", () => {
    expect(member(1, { memberCount: 4 })).toMatchObject({ type: "join", memberCount: 4, via: null });
    expect(member(1, { userEnterTipType: 6 })).toMatchObject({ type: "join", memberCount: null, via: "share" });
  });

  test("2 leaves, 8 shares, 20 follows", () => {
    expect(member(2).type).toBe("leave");
    expect(member(8)).toMatchObject({ type: "share", target: null });
    expect(member(20)).toMatchObject({ type: "follow", followers: null });
  });

  test.each([
    [3, "mute"],
    [4, "unmute"],
    [5, "set_admin"],
    [6, "unset_admin"],
    [7, "kick"],
    [9, "manager_mute"],
    [10, "manager_unmute"],
    [11, "block"],
  ])("%i moderates: %s", (code, action) => {
    expect(member(code, { operator: { id: "9", nickname: "管" } })).toMatchObject({ type: "moderation", action, operator: { id: "9" } });
  });

  test("others are kept as they came", () => {
    expect([0, 12, 21].map((code) => member(code).type)).toEqual(["unknown", "unknown", "unknown"]);
  });

  test("a bare user_id is a user", () => {
    expect(event(envelope("MemberMessage", { common: COMMON, action: 2, userId: "42" }))).toMatchObject({ user: { id: "42" } });
  });
});

describe("social", () => {
  const social = (message: object) => event(envelope("SocialMessage", { common: COMMON, user: USER, ...message }));

  test("1 follows, 3 shares, and no share is ever a follow", () => {
    expect(social({ action: 1, followCount: 1_209_750 })).toMatchObject({ type: "follow", followers: 1_209_750 });
    expect(social({ action: 3, shareTarget: "1" })).toMatchObject({ type: "share", target: "wechat" });
    expect(social({ action: 3, shareTarget: "101" })).toMatchObject({ type: "share", target: "101" });
    expect([0, 2, 4].map((action) => social({ action }).type)).toEqual(["unknown", "unknown", "unknown"]);
  });
});
