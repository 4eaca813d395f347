// Guards: a person's fields are the platform's, null where unknown, and a masked person keeps one identity.
import { describe, expect, test } from "vitest";
import type { Context } from "../../../src/platform/messages/head.js";
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
      id: "111482481280",
      secUid: "MS4wLjABAAAA6CLH",
      displayId: "1386443418",
      shortId: "1386443418",
      nickname: "菊0",
      avatar: "https://p3.douyinpic.com/a.jpeg",
      gender: "female",
      payLevel: 20,
      fansClub: { name: "牙牙", level: 5 },
      isAdmin: true,
      isAnchor: false,
      masked: false,
    });
  });

  test("have null for what is unknown", () => {
    const nobody = {
      id: null,
      secUid: null,
      displayId: null,
      shortId: null,
      nickname: null,
      avatar: null,
      gender: null,
      payLevel: null,
      fansClub: null,
      isAdmin: false,
      isAnchor: false,
      masked: false,
    };
    expect(user({ payGrade: {}, fansClub: { data: { clubName: "牙牙" } }, userAttr: {} })).toEqual(nobody);
    const made = event(envelope("LikeMessage", { common: COMMON, count: 3 }));
    expect("user" in made && made.user).toEqual(nobody);
  });

  test("are masked in an anonymised room, and then nobody's anchor", () => {
    expect(user({ id: "111111", nickname: "x***" }, { anchorId: "111111" })).toMatchObject({
      id: null,
      nickname: "x***",
      masked: true,
      isAnchor: false,
    });
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
