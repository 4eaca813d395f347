// Guards: an event has the compatible interface's keys, words and ids.
import { describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../../src/events/event.js";
import { chatFilter, compatibleEvent, laterText } from "../../../src/http/compatible/event.js";
import { chat, follow, gift, join, leave, like, person, share, stats } from "../events.js";

const at = (event: NewEvent, seq = 1): LiveEvent => ({ ...event, seq });
const shown = (event: NewEvent) => JSON.parse(JSON.stringify(compatibleEvent(at(event)))) as Record<string, unknown>;

describe("the document's form", () => {
  it("keeps to the document's key order", () => {
    expect(Object.keys(shown(chat("x")))).toEqual(["type", "uid", "tid", "nickname", "text", "sec_uid", "avatar"]);
    const short = ["type", "nickname", "uid", "short_id", "msg_id", "sec_uid", "msg"];
    for (const event of [join(), follow(), share(), stats()]) expect(Object.keys(shown(event))).toEqual(short);
    expect(Object.keys(shown(like(1)))).toEqual([...short, "count", "total"]);
    expect(Object.keys(shown(gift(1)))).toEqual([...short, "gift"]);
    expect(Object.keys(shown(gift(1))["gift"] as object)).toEqual(["id", "name", "count", "diamonds", "combo_total"]);
  });

  it("gives unknown ids as 0 and unknown texts as nothing", () => {
    expect(shown(join({ id: "5" }))).toEqual({
      type: "WebcastMemberMessage",
      nickname: "",
      uid: "0",
      short_id: "0",
      msg_id: "5",
      sec_uid: '""',
      msg: "来了",
    });
    expect(shown(chat("x", { id: "h:0123456789abcdef" }))).toMatchObject({ uid: "0", tid: "0", nickname: "", sec_uid: "", avatar: "" });
  });

  it("gives masked people as 111111, whatever is known of their id", () => {
    expect(shown(chat("x", { user: person({ masked: true }) }))["uid"]).toBe("111111");
    expect(shown(join({ user: person({ masked: true, id: "42" }) }))["uid"]).toBe("111111");
  });

  it("gives a gift's new units, its price and the running total", () => {
    const event = gift(3, { comboTotal: 10, unitDiamonds: 52, diamonds: 156 });
    expect(shown(event)).toMatchObject({
      type: "WebcastGiftMessage",
      msg: "送出 小心心 x3",
      gift: { id: "463", name: "小心心", count: 3, diamonds: 52, combo_total: 10 },
    });
  });

  it("calls a gift without a name 礼物 in words, and leaves the name unknown", () => {
    const event = gift(2, { gift: { id: "1", name: null, icon: null }, unitDiamonds: null, diamonds: null });
    expect(shown(event)).toMatchObject({ msg: "送出 礼物 x2", gift: { name: "", diamonds: null } });
    expect(shown(gift(1, { gift: { id: "1", name: "a\nb\u2028c", icon: null } }))["msg"]).toMatch(/^送出 .+ x1$/);
  });

  it("goes by the event's type whatever its method", () => {
    expect(shown(follow({ method: "WebcastMemberMessage" }))).toMatchObject({ type: "WebcastSocialMessage", msg: "关注了主播" });
    expect(shown(share({ method: "WebcastMemberMessage" }))).toMatchObject({ type: "WebcastSocialMessage", msg: "分享了直播间" });
    expect(shown(chat("x", { method: "WebcastScreenChatMessage", kind: "screen" }))["type"]).toBe("WebcastChatMessage");
    expect(shown(gift(1, { method: "WebcastLightGiftMessage", kind: "light" }))["type"]).toBe("WebcastGiftMessage");
    expect(shown(like(7, { total: null }))).toMatchObject({ type: "WebcastLikeMessage", msg: "点赞", count: 7, total: null });
  });

  it("gives other methods the keys of a join and a readable text", () => {
    const other = shown(stats());
    expect(other).toMatchObject({ type: "WebcastRoomUserSeqMessage", uid: "0", sec_uid: '""' });
    expect(other["msg"]).toEqual(expect.any(String));
  });

  it("passes only web addresses as avatars", () => {
    for (const avatar of ["javascript:alert(1)", "//x/y", "https://", "http://a b", " https://a"])
      expect(shown(chat("x", { user: person({ avatar }) }))["avatar"]).toBe("");
    expect(shown(chat("x", { user: person({ avatar: "http://a/b.jpg" }) }))["avatar"]).toBe("http://a/b.jpg");
  });

  it("keeps hostile text as it is, inert in JSON", () => {
    const hostile = '\u001b[31m</script><img onerror=alert(1)>","type":"x\r\n\u202e=cmd|\u0007\\\'';
    expect(shown(chat(hostile, { user: person({ nickname: hostile, secUid: 'a"b' }) }))).toMatchObject({
      text: hostile,
      nickname: hostile,
    });
    expect(JSON.parse(JSON.stringify(shown(join({ user: person({ secUid: 'a"b' }) }))["sec_uid"]))).toBe('"a"b"');
  });
});

describe("what is shown", () => {
  const shows = (methods: string[] | null, event: NewEvent) => chatFilter(methods, null).inside?.(at(event));

  it("shows the document's kinds, and nothing that brings nothing", () => {
    for (const event of [chat("x"), gift(1), like(1), join(), follow(), share()]) expect(shows(null, event)).toBe(true);
    for (const event of [gift(0), like(0), leave(), stats()]) expect(shows(null, event)).toBe(false);
  });

  it("shows what types= names, by the shown method or by the event's own where that is no other kind's", () => {
    expect(shows(["WebcastChatMessage"], chat("x", { method: "WebcastScreenChatMessage" }))).toBe(true);
    expect(shows(["WebcastScreenChatMessage"], chat("x", { method: "WebcastScreenChatMessage" }))).toBe(true);
    expect(shows(["WebcastScreenChatMessage"], chat("x"))).toBe(false);
    expect(shows(["WebcastRoomUserSeqMessage"], stats())).toBe(true);
    expect(shows(["WebcastMemberMessage"], follow({ method: "WebcastMemberMessage" }))).toBe(false);
    expect(shows(["WebcastMemberMessage"], leave())).toBe(false);
    expect(shows(["WebcastGiftMessage"], gift(0))).toBe(false);
  });

  it("lets the store leave out what it can", () => {
    expect(chatFilter(null, "7").where).toMatchObject({ sessionId: "7", types: ["chat", "gift", "like", "join", "follow", "share"] });
    expect(chatFilter(["WebcastRoomUserSeqMessage"], null).where).toEqual({});
  });
});

describe("the later form", () => {
  it("has the document's keys and a clean sec_uid", () => {
    const user = person({ id: "1", nickname: "n", avatar: "https://a/b", displayId: "dy", secUid: "MS4w" });
    const text = laterText([at(chat("hi", { id: "9", user })), at(gift(2, { id: "10" }))], "cur", 1630827777298);
    expect(JSON.parse(text)).toEqual({
      code: 200,
      msg: "成功",
      data: {
        messages: [
          {
            method: "WebcastChatMessage",
            msg_id: "9",
            payload: {
              room_id: "7000000000000000001",
              content: "hi",
              user: { uid: "1", nickname: "n", avatar: "https://a/b", unique_id: "dy", sec_uid: "MS4w" },
            },
          },
          {
            method: "WebcastGiftMessage",
            msg_id: "10",
            payload: {
              room_id: "7000000000000000001",
              content: "送出 小心心 x2",
              user: { uid: "0", nickname: "", avatar: "", unique_id: "", sec_uid: "" },
            },
          },
        ],
        cursor: "cur",
        fetch_interval: 1000,
        now: 1630827777298,
      },
    });
  });
});
