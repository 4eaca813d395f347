// Guards: A chat has its words, its pictures and whom it mentions, and none that says nothing is a chat.
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event, USER } from "./normalised.js";

describe("chat", () => {
  test("text keeps its codes", () => {
    const made = event(envelope("ChatMessage", { common: COMMON, user: USER, content: "你好[比心]" }));
    expect(made).toMatchObject({ type: "chat", kind: "text", text: "你好[比心]", segments: [{ text: "你好[比心]" }], luckyBag: false });
  });

  test("rich text gives emoji with their images, the newer one first", () => {
    const image = (name: string) => ({ imageValue: { image: { urlList: [`https://p3.douyinpic.com/${name}.png`], content: { name } } } });
    const pieces = [{ stringValue: "哈" }, image("比心"), { stringValue: "哈" }];
    const rtfContentV2 = { defaultPattern: "{0:string}{1:image}{2:string}", pieces };
    const rtfContent = { pieces: [{ stringValue: "old" }, image("旧")] };
    const made = event(envelope("ChatMessage", { common: COMMON, user: USER, content: "哈[比心]哈", rtfContent, rtfContentV2 }));
    expect(made).toMatchObject({
      text: "哈[比心]哈",
      segments: [{ text: "哈" }, { emoji: "比心", url: "https://p3.douyinpic.com/比心.png" }, { text: "哈" }],
    });
  });

  test("rich text tells who is mentioned", () => {
    const pieces = [{ userValue: { user: USER } }, { stringValue: " 你好" }];
    const made = event(envelope("ChatMessage", { common: COMMON, user: { id: "7" }, content: "@菊0 你好", rtfContentV2: { pieces } }));
    expect(made).toMatchObject({
      text: "@菊0 你好",
      segments: [{ text: "菊0", user: { id: USER.id, nickname: "菊0" } }, { text: " 你好" }],
    });
  });

  test("a lucky bag's passphrase is marked", () => {
    expect(event(envelope("ChatMessage", { common: COMMON, content: "666", chatBy: 9 }))).toMatchObject({ luckyBag: true });
  });

  test("nothing said, neither in words nor in pictures, is no chat: it is kept as it came", () => {
    const image = (url: string) => ({ pieces: [{ type: 15, imageValue: { image: { urlList: [url] } } }] });
    for (const [name, content] of [
      ...[{}, { emojiContent: { pieces: [] } }, { emojiContent: image("") }].map((empty) => ["EmojiChatMessage", empty] as const),
      ...["ChatMessage", "ScreenChatMessage", "AudioChatMessage"].map((each) => [each, {}] as const),
    ]) {
      const made = event(envelope(name, { common: COMMON, user: USER, ...content }));
      expect(made).toMatchObject({ type: "unknown", method: `Webcast${name}` });
    }
    const picture = { emojiContent: image("https://lf5.douyinstatic.com/7.png") };
    expect(event(envelope("EmojiChatMessage", { common: COMMON, user: USER, ...picture }))).toMatchObject({ type: "chat", text: "" });
  });

  test("an emoji alone has its fallback as text", () => {
    const url = "https://lf5.douyinstatic.com/7.png";
    const emojiContent = { defaultPattern: "{0:image}", pieces: [{ type: 1, imageValue: { image: { urlList: [url] } } }] };
    const made = event(envelope("EmojiChatMessage", { common: COMMON, user: USER, emojiContent, defaultContent: "[表情]" }));
    expect(made).toMatchObject({ kind: "emoji", text: "[表情]", segments: [{ emoji: "[表情]", url }] });
  });

  test.each([
    ["ScreenChatMessage", "screen"],
    ["PrivilegeScreenChatMessage", "privilege"],
    ["AudioChatMessage", "audio"],
  ])("%s", (name, kind) => {
    expect(event(envelope(name, { common: COMMON, user: USER, content: "在吗" }))).toMatchObject({ type: "chat", kind, text: "在吗" });
  });

  test("an exhibition's text is templated and names its user; without words it is unknown", () => {
    const displayText = { defaultPattern: "{0:user} 点亮了{1:string}", pieces: [{ userValue: { user: USER } }, { stringValue: "图鉴" }] };
    const made = event(envelope("ExhibitionChatMessage", { common: COMMON, displayText }));
    expect(made).toMatchObject({ kind: "exhibition", text: "菊0 点亮了图鉴", user: { id: "111482481280" } });
    expect(event(envelope("ExhibitionChatMessage", { common: COMMON, lightedItem: 3 })).type).toBe("unknown");
  });
});
