// Guards: An event has the id and the time of its message, and says where its time is estimated.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { platformId } from "../../../src/events/describe.js";
import { context, envelope } from "./encode.js";
import { COMMON, event } from "./normalised.js";

describe("ids", () => {
  test("are the message's, else the envelope's, else a digest of method and payload", () => {
    expect(event(envelope("ChatMessage", { common: COMMON, content: "a" }, "77")).id).toBe("7624523651580285990");
    expect(event(envelope("ChatMessage", { common: COMMON, content: "a" }, "0")).id).toBe("7624523651580285990");
    for (const msgId of ["0", "-1"]) expect(event(envelope("ChatMessage", { common: { msgId }, content: "a" }, "77")).id).toBe("77");
    const bare = envelope("LikeMessage", { count: 1 }, "0");
    const digest = createHash("sha256").update("WebcastLikeMessage").update(bare.payload).digest("hex").slice(0, 16);
    expect(event(bare)).toMatchObject({ id: `h:${digest}`, time: context().receivedAt, timeEstimated: true });
    expect(event(bare).id).toBe(event(bare, { receivedAt: 5, room: 9 }).id);
  });

  test("a chat that the platform sends twice, in two envelopes, is one event (facts/changes-2026.md 1)", () => {
    const common = { msgId: "7691348205992268834" };
    const sent = (msgId: string) => event(envelope("ChatMessage", { common, content: "来了" }, msgId));
    expect(sent("7691348219313271818").id).toBe("7691348205992268834");
    expect(sent("7691348221956011054").id).toBe("7691348205992268834");
  });

  test("two methods with one msg_id are two, whatever the methods are", () => {
    const names = ["ChatMessage", "LikeMessage", "GiftMessage", "MemberMessage", "PrivilegeScreenChatMessage"];
    const ids = names.map((name) => event(envelope(name, { common: COMMON }, "77")).id);
    const method = "WebcastNewThing";
    const unread = event({ ...envelope("LikeMessage", { common: { ...COMMON, method } }), method }).id;
    expect([...ids, unread]).toEqual([
      COMMON.msgId,
      ...[...names.slice(1).map((name) => `Webcast${name}`), "WebcastNewThing"].map((method) => `${COMMON.msgId}:${method}`),
    ]);
    expect(ids.map((id, i) => platformId({ id, method: `Webcast${names[i]}` }))).toEqual(names.map(() => COMMON.msgId));
    expect(platformId({ id: `settle:1.${COMMON.msgId}`, method: "dylive" })).toBeNull();
  });

  test("a state that comes again under one msg_id is told apart by its envelope", () => {
    for (const name of ["RoomDataSyncMessage", "InRoomBannerMessage", "ResidentGuestMessage", "LowPcuGuideMessage"]) {
      const state = (msgId: string) => event(envelope(name, { common: COMMON }, msgId)).id;
      expect([state("77"), state("78"), state("0")]).toEqual(["77", "78", COMMON.msgId].map((id) => `${id}:Webcast${name}`));
    }
  });
});

describe("times", () => {
  test("are the envelope's, in seconds or milliseconds", () => {
    const at = (createTime: string) => event(envelope("LikeMessage", { common: { ...COMMON, createTime } }));
    expect(at("1775222770095")).toMatchObject({ time: 1_775_222_770_095 });
    expect(at("1775222773")).toMatchObject({ time: 1_775_222_773_000 });
    expect("timeEstimated" in at("1775222773")).toBe(false);
  });

  test("or the message's own", () => {
    const common = { msgId: "7624523502880936969" };
    expect(event(envelope("ChatMessage", { common, content: "a", eventTime: "1775222718" }))).toMatchObject({ time: 1_775_222_718_000 });
    const screen = envelope("ScreenChatMessage", { common, content: "a", eventTime: "1775222718123456789" });
    expect(event(screen)).toMatchObject({ time: 1_775_222_718_123 });
  });

  test("or estimated by the id", () => {
    const at = (id: string) => ({ time: Number(BigInt(id) >> 32n) * 1000, timeEstimated: true });
    const join = (msgId: string) => event(envelope("MemberMessage", { common: { msgId: "7624523674208934463" }, action: 1 }, msgId));
    expect(join("0")).toMatchObject(at("7624523674208934463"));
    // The envelope's says when it was sent; a lucky bag's chats have a msg_id of 22 minutes before.
    expect(join("7624529343565463552")).toMatchObject(at("7624529343565463552"));
  });

  test("or that of receipt, where the id is older than the broadcast: an introduction that was written years ago", () => {
    const id = "6945362163015881758";
    const intro = envelope("RoomIntroMessage", { common: { msgId: id }, intro: "欢迎" }, id);
    expect(event(intro)).toMatchObject({ time: context().receivedAt, timeEstimated: true });
    expect(event(intro, { sessionId: null })).toMatchObject({ time: Number(BigInt(id) >> 32n) * 1000, timeEstimated: true });
  });
});

describe("the first fetch", () => {
  test("is marked as said before the connection, and its pinned notice as pinned", () => {
    const notice = { ...envelope("RoomMessage", { common: COMMON, content: "欢迎" }), messageExtra: [{ key: "top_message", value: "1" }] };
    expect(event(notice, { history: true })).toMatchObject({ type: "notice", history: true, pinned: true });
    const later = event({ ...notice, messageExtra: [{ key: "history_comment_type", value: "normal" }] });
    expect(["history" in later, "pinned" in later]).toEqual([false, false]);
  });
});
