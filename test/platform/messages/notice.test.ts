// Guards: A notice has the words that the room shows, and is unknown without any.
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

  const shown = { ...COMMON, displayText: { defaultPattern: "欢迎" } };
  const contents = [{ content: "甲" }, { content: "乙" }];
  test.each([
    ["RoomIntroMessage", { user: USER, intro: "每晚八点" }, { text: "每晚八点", user: { id: USER.id } }],
    ["ToastMessage", { content: "好" }, { text: "好" }],
    ["CommonToastMessage", { common: shown }, { text: "欢迎" }],
    ["NotifyEffectMessage", { text: top }, { text: "恭喜菊0成为在线观众TOP1" }],
    ["NoticeMessage", { noticeContent: { defaultPattern: "提醒" } }, { text: "提醒" }],
    ["NotifyMessage", { extra: { contentList: { contents } } }, { text: "甲乙" }, "WebcastRoomNotifyMessage"],
    ["ImDeleteMessage", { deleteMsgIds: ["7624523502880936969"] }, { text: null, deletes: ["7624523502880936969"] }],
  ])("of %s", (name, message, told, method = `Webcast${name}`) => {
    expect(event(envelope(name, { common: COMMON, ...message }, "1", method))).toMatchObject({ type: "notice", ...told });
  });

  test("without words are unknown", () => {
    const dot = envelope("CommonToastMessage", { common: COMMON }, "1", "WebcastCommonDotMessage");
    expect(event(dot)).toMatchObject({ type: "unknown", method: "WebcastCommonDotMessage", time: 1_775_222_770_095 });
  });
});
