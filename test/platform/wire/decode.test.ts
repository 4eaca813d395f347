// Guards: Each method is read by its own decoder, and what does not decode is counted and costs no more than itself.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { Drift } from "../../../src/platform/wire/drift.js";
import { decodeText } from "../../../src/platform/wire/gen/index.js";
import {
  decodeLazy,
  decodePayload,
  isInteractive,
  isKnownMethod,
  KNOWN_METHODS,
  METHODS,
  peekCommon,
} from "../../../src/platform/wire/methods.js";
import { encode, schema } from "./schema.js";

const ChatMessage = schema.lookupType("dylive.wire.ChatMessage");

test("generated files are what proto/ gives", () => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  execFileSync(process.execPath, ["scripts/gen.mjs", "--check"], { cwd: root, stdio: "pipe" });
});

describe("the method table", () => {
  test("every method is known with Webcast and without it, and read alike", () => {
    for (const [name, method] of METHODS) {
      const bare = name.replace(/^Webcast/, "");
      expect([name, METHODS.get(bare)?.name, METHODS.get(`Webcast${bare}`)?.name]).toEqual([name, method.name, method.name]);
      expect(isInteractive(bare)).toBe(isInteractive(`Webcast${bare}`));
    }
    for (const name of KNOWN_METHODS) expect([name, KNOWN_METHODS.has(name.replace(/^Webcast/, ""))]).toEqual([name, true]);
  });

  test("methods are the message's name, but for those that the platform names otherwise", () => {
    const others = [...METHODS].filter(([name, method]) => name.replace(/^Webcast/, "") !== method.name && name.startsWith("Webcast"));
    expect(others.map(([name, method]) => `${name}=${method.name}`).sort()).toEqual([
      "WebcastCommonDotMessage=CommonToastMessage",
      "WebcastLinkMicArmiesMethod=LinkMicArmies",
      "WebcastLinkMicBattleFinishMethod=LinkMicBattleFinish",
      "WebcastLinkMicBattleMethod=LinkMicBattle",
      "WebcastRoomNotifyMessage=NotifyMessage",
    ]);
    expect(METHODS.get("WebcastChatMessage")?.name).toBe("ChatMessage");
    expect(METHODS.has("WebcastLinkMicBattle")).toBe(false);
  });

  test("a method is read or merely known, not both", () => {
    expect([...KNOWN_METHODS].filter((name) => METHODS.has(name))).toEqual([]);
    expect(METHODS.size + KNOWN_METHODS.size).toBe(272);
    expect(isKnownMethod("WebcastGiftSortMessage")).toBe(true);
    expect(isKnownMethod("toString")).toBe(false);
  });
});

describe("decodePayload", () => {
  test("kind and message", () => {
    const drift = new Drift();
    const payload = encode(ChatMessage, { content: "你好", common: { room_id: "7", display_text: { key: "k" } } });
    const read = decodePayload("WebcastChatMessage", payload, drift);
    expect(read?.kind).toBe("ChatMessage");
    if (read?.kind !== "ChatMessage") return;
    expect(read.message.content).toBe("你好");
    expect(decodeLazy(read.message.common?.displayText ?? null, decodeText, drift)?.key).toBe("k");
    expect(decodeLazy(null, decodeText, drift)).toBe(null);
    expect(drift.toJSON()).toEqual({ methods: {}, fields: {}, failures: {}, overflow: 0 });
    expect(decodeLazy({ bytes: Uint8Array.of(0xff, 0x0a, 0x09, 0xff), start: 1, end: 3 }, decodeText, drift)).toBe(null);
    expect(drift.toJSON().failures).toEqual({ truncated: 1 });
  });

  test("methods without a decoder give null, and only those that the platform does not have count as drift", () => {
    const drift = new Drift();
    expect(decodePayload("WebcastGiftSortMessage", new Uint8Array(0), drift)).toBe(null);
    expect(decodePayload("WebcastNewThingMessage", new Uint8Array(0), drift)).toBe(null);
    expect(decodePayload("__proto__", new Uint8Array(0), drift)).toBe(null);
    expect(Object.entries(drift.toJSON().methods)).toEqual([
      ["WebcastNewThingMessage", 1],
      ["__proto__", 1],
    ]);
  });

  test("the envelope of a payload that we have no decoder for", () => {
    const peek = (bytes: Uint8Array) => peekCommon("WebcastNewThing", bytes);
    const named = encode(ChatMessage, { content: "x", common: { method: "WebcastNewThing", msg_id: "5" } });
    expect(peek(named)?.msgId).toBe("5");
    expect(peekCommon("WebcastOther", named)).toBe(null);
    const unnamed = Buffer.from(encode(ChatMessage, { content: "x", common: { msg_id: "5" } })).toString("hex");
    for (const hex of [unnamed, "1001", "08010a09", "0a00", ""]) expect(peek(Buffer.from(hex, "hex"))).toBe(null);
  });
});

test("a payload beyond a megabyte is not read, and counted", () => {
  const drift = new Drift();
  const payload = new Uint8Array(1024 * 1024 + 1); // field 0 would be bad_tag
  expect(decodePayload("WebcastChatMessage", payload, drift)).toEqual({ kind: "failed", failed: "too_large" });
  expect(decodePayload("WebcastChatMessage", payload.subarray(1), drift)).toEqual({ kind: "failed", failed: "bad_tag" });
  expect(drift.toJSON().failures).toEqual({ bad_tag: 1, too_large: 1 });
});

describe("a nested message that does not decode", () => {
  test("is left out and counted, and the rest stands", () => {
    const drift = new Drift();
    const member = encode(schema.lookupType("dylive.wire.MemberMessage"), {
      user: { id: "5", nickname: "菊0" },
      action: 1,
      member_count: 9,
    });
    // Field 19 (public_area_common) as a text, and another good field behind it.
    const payload = Buffer.concat([member, Buffer.from([0x9a, 0x01, 0x03, 0x61, 0x62, 0x63, 0x38, 0x07])]);
    expect(decodePayload("WebcastMemberMessage", payload, drift)).toMatchObject({
      message: { user: { id: "5", nickname: "菊0" }, memberCount: 9, rankScore: 7, publicAreaCommon: null },
    });
    expect(drift.toJSON()).toMatchObject({ fields: { "MemberMessage.19:2": 1 }, failures: {} });
  });

  test("refuses a message that is nothing without it: a gift of nobody would be counted as another's", () => {
    const drift = new Drift();
    const payload = Buffer.from([0x10, 0x07, 0x3a, 0x03, 0x61, 0x62, 0x63]);
    expect(decodePayload("WebcastGiftMessage", payload, drift)).toMatchObject({ kind: "failed" });
    expect(drift.toJSON().failures).not.toEqual({});
  });
});

describe("drift", () => {
  test("what is beyond the reports of a payload is counted as having no place", () => {
    const drift = new Drift();
    const payload = Uint8Array.from({ length: 3 * 1_500 }, (_, i) => [0x98, 0x06, 0x01][i % 3] ?? 0);
    decodePayload("WebcastFansclubMessage", payload, drift);
    expect(drift.toJSON()).toMatchObject({ fields: { "FansclubMessage.99": 1_000 }, overflow: 500 });
  });

  test("is bounded in keys and in the length of a key", () => {
    const drift = new Drift();
    for (let i = 0; i < 5000; i++) drift.unknownMethod(`M${i}`);
    drift.unknownMethod("M1");
    const { methods, overflow } = drift.toJSON();
    expect([Object.keys(methods).length, overflow, methods["M1"]]).toEqual([1000, 4000, 2]);
    const long = new Drift();
    long.unknownMethod("x".repeat(1_000_000));
    expect(Object.keys(long.toJSON().methods)).toEqual(["x".repeat(100)]);
  });

  test("merges", () => {
    const [a, b] = [new Drift(), new Drift()];
    a.unknownField("Common", 27);
    b.unknownField("Common", 27);
    b.wrongType("User", 1, 2);
    b.failed("truncated");
    a.merge(b);
    expect(a.toJSON()).toEqual({ methods: {}, fields: { "Common.27": 2, "User.1:2": 1 }, failures: { truncated: 1 }, overflow: 0 });
  });
});
