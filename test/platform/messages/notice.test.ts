// Guards: notices have their words, and removals name what they remove.
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

describe("notices", () => {
  const top = {
    defaultPattern: "恭喜{0:user}成为在线观众TOP{1:string}",
    pieces: [{ type: 11, userValue: { user: USER } }, { stringValue: "1" }],
  };

  test("say what the envelope shows when their own words are blank", () => {
    const made = event(envelope("RoomMessage", { common: { ...COMMON, displayText: top }, content: " " }));
    expect(made).toMatchObject({ type: "notice", text: "恭喜菊0成为在线观众TOP1", user: { id: "111482481280" } });
  });

  test("of every kind", () => {
    const shown = { ...COMMON, displayText: { defaultPattern: "欢迎" } };
    expect(event(envelope("RoomIntroMessage", { common: COMMON, user: USER, intro: "每晚八点" }))).toMatchObject({
      text: "每晚八点",
      user: { id: USER.id },
    });
    expect(event(envelope("ToastMessage", { common: COMMON, content: "好" }))).toMatchObject({ text: "好" });
    expect(event(envelope("CommonToastMessage", { common: shown }))).toMatchObject({ text: "欢迎" });
    expect(event(envelope("NotifyEffectMessage", { common: COMMON, text: top }))).toMatchObject({ text: "恭喜菊0成为在线观众TOP1" });
    expect(event(envelope("NoticeMessage", { common: COMMON, noticeContent: { defaultPattern: "提醒" } }))).toMatchObject({ text: "提醒" });
    const banner = { common: COMMON, extra: { contentList: { contents: [{ content: "甲" }, { content: "乙" }] } } };
    expect(event(envelope("NotifyMessage", banner, "1", "WebcastRoomNotifyMessage"))).toMatchObject({ text: "甲乙" });
  });

  test("tell which messages are taken off the screen", () => {
    const made = event(envelope("ImDeleteMessage", { common: COMMON, deleteMsgIds: ["7624523502880936969"] }));
    expect(made).toMatchObject({ type: "notice", text: null, deletes: ["7624523502880936969"] });
  });

  test("without words are unknown", () => {
    const dot = envelope("CommonToastMessage", { common: COMMON }, "1", "WebcastCommonDotMessage");
    expect(event(dot)).toMatchObject({ type: "unknown", method: "WebcastCommonDotMessage", time: 1_775_222_770_095 });
  });
});
