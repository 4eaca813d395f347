// Guards: What a member does in a room is the event that the code of its message says.
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

const MANAGERS = { 9: "manager_mute", 10: "manager_unmute", 11: "block" };

describe("members", () => {
  const member = (action: number, more: object = {}) => event(envelope("MemberMessage", { common: COMMON, user: USER, action, ...more }));

  test.each<[number, object, object]>([
    [1, { memberCount: 4 }, { type: "join", memberCount: 4, via: null }],
    [1, { userEnterTipType: 6 }, { type: "join", memberCount: null, via: "share" }],
    [2, {}, { type: "leave" }],
    [8, {}, { type: "share", target: null }],
    [20, {}, { type: "follow", followers: null }],
    ...Object.entries({ 3: "mute", 4: "unmute", 5: "set_admin", 6: "unset_admin", 7: "kick", ...MANAGERS }).map(
      ([code, action]) =>
        [Number(code), { operator: { id: "9" } }, { type: "moderation", action, operator: { id: "9" } }] satisfies [number, object, object],
    ),
  ])("%i with %j", (code, more, told) => {
    expect(member(code, more)).toMatchObject(told);
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
