// Guards: A user has what the platform says of a person, null for the rest, and no id that is shared by masked people.
import { describe, expect, test } from "vitest";
import type { Context } from "../../../src/platform/messages/head.js";
import { person } from "../../http/events.js";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

describe("users", () => {
  const user = (from: object, changes: Partial<Context> = {}) => {
    const made = event(envelope("MemberMessage", { common: COMMON, user: from, action: 1 }), changes);
    return "user" in made ? made.user : undefined;
  };

  test("are told in full", () => {
    const full = {
      ...USER,
      avatarThumb: { urlList: ["http://p3.douyinpic.com/a.jpeg", "https://p26.douyinpic.com/a.jpeg"] },
      payGrade: { level: 20 },
      fansClub: { data: { clubName: "牙牙", level: 5 } },
      userAttr: { isAdmin: true },
    };
    expect(user(full)).toEqual({
      ...{ ...USER, gender: "female", avatar: "https://p3.douyinpic.com/a.jpeg", payLevel: 20, fansClub: { name: "牙牙", level: 5 } },
      ...{ isAdmin: true, isAnchor: false, masked: false },
    });
  });

  test("have null for what is unknown", () => {
    const nobody = person();
    expect(user({ payGrade: {}, fansClub: { data: { clubName: "牙牙" } }, userAttr: {} })).toEqual(nobody);
    const made = event(envelope("LikeMessage", { common: COMMON, count: 3 }));
    expect("user" in made && made.user).toEqual(nobody);
  });

  test("are masked in an anonymised room, and then nobody's anchor", () => {
    const masked = { id: null, nickname: "x***", masked: true, isAnchor: false };
    expect(user({ id: "111111", nickname: "x***" }, { anchorId: "111111" })).toMatchObject(masked);
  });

  test("have the id that tells masked people apart, where the platform gives one", () => {
    expect(user({ id: "111111", nickname: "x***", webcastUid: "MS4wLjAAone" })).toMatchObject({ id: null, webcastUid: "MS4wLjAAone" });
    expect(user({ ...USER, webcastUid: "MS4wLjAAtwo" })).toMatchObject({ id: "111482481280", webcastUid: "MS4wLjAAtwo" });
  });

  test("are masked when they hide themselves: nothing that the name or a number says is theirs", () => {
    const mystery = { nickname: "神秘人四阶", payGrade: { level: 40 } };
    for (const id of ["0", "42"])
      expect(user({ ...mystery, id })).toMatchObject({ id: null, nickname: "神秘人四阶", payLevel: 40, masked: true, isAnchor: false });
    // Somebody who is only called so.
    expect(user({ ...USER, nickname: "神秘人四阶" })).toMatchObject({ id: USER.id, masked: false });
    expect(user({ id: "42", displayId: "shenmi", nickname: "神秘人" })).toMatchObject({ id: "42", masked: false });
  });

  test("are the anchor by id", () => {
    expect(user({ id: "1185726406598938" })).toMatchObject({ isAnchor: true });
    expect(user({ id: "1185726406598938" }, { anchorId: null })).toMatchObject({ isAnchor: false });
  });

  test("come from the envelope when the message has none", () => {
    expect(event(envelope("LikeMessage", { common: { ...COMMON, user: USER }, count: 3 }))).toMatchObject({ user: { id: "111482481280" } });
  });

  test("lose NUL and what is too long", () => {
    const made = user({ id: "5", nickname: "a\0b", displayId: "x".repeat(5000) });
    expect(made).toMatchObject({ nickname: "ab" });
    expect(made?.displayId?.length).toBe(512);
  });
});
