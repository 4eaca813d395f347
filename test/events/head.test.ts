import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { envelope } from "./encode.js";
import { COMMON, event } from "./normalised.js";

describe("ids", () => {
  test("are the envelope's, else the message's, else a digest of method and payload", () => {
    expect(event(envelope("LikeMessage", { common: COMMON, count: 1 }, "77")).id).toBe("77");
    expect(event(envelope("LikeMessage", { common: COMMON, count: 1 }, "0")).id).toBe("7624523651580285990");
    const bare = envelope("LikeMessage", { count: 1 }, "0");
    const digest = createHash("sha256").update("WebcastLikeMessage").update(bare.payload).digest("hex").slice(0, 16);
    expect(event(bare).id).toBe(`h:${digest}`);
    expect(event(bare).id).toBe(event(bare, { receivedAt: 5, room: 9 }).id);
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
    const join = event(envelope("MemberMessage", { common: { msgId: "7624523674208934463" }, action: 1 }, "7624523674208934463"));
    expect(join).toMatchObject({ time: Number(BigInt("7624523674208934463") >> 32n) * 1000, timeEstimated: true });
  });
});
