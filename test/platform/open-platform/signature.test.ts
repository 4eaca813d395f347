// Guards: A push is taken only with the platform's signature over all of it, by a key of its type, of the last five minutes.
import { describe, expect, it } from "vitest";
import { isSigned, PushKeys, readHead, signPush } from "../../../src/platform/open-platform/push.js";
import { FakeClock } from "../../clock.js";

const NOW = 1_777_726_800_000;
const BODY = Buffer.from("abc123你好");
const VECTOR = { nonce: "123456", roomId: "268", timestamp: "456789" };

/** Headers of a push, signed with a secret. */
function signed(msgType: string, secret: string, body: Uint8Array = BODY, timestamp = String(NOW)): Record<string, string> {
  const head = { msgType, nonce: "n1", roomId: "7214015683695250235", timestamp };
  return {
    "x-msg-type": msgType,
    "x-nonce-str": head.nonce,
    "x-roomid": head.roomId,
    "x-timestamp": timestamp,
    "x-signature": signPush(head, body, secret),
  };
}

describe("the platform's signature", () => {
  it.each([
    ["live_gift", "PDcKhdlsrKEJif6uMKD2dw=="],
    ["user_group", "GAkalGmhzqlUGQO/TgvMug=="],
  ])("is that of the vector for %s", (msgType, signature) => {
    expect(signPush({ msgType, ...VECTOR }, BODY, "123abc")).toBe(signature);
    expect(isSigned({ msgType, ...VECTOR }, BODY, signature, ["123abc"])).toBe(true);
  });

  it("is over every header and every byte of the body", () => {
    const head = { msgType: "live_gift", ...VECTOR };
    const signature = signPush(head, BODY, "123abc");
    for (const other of [{ msgType: "live_like" }, { nonce: "123457" }, { roomId: "269" }, { timestamp: "456788" }])
      expect(isSigned({ ...head, ...other }, BODY, signature, ["123abc"])).toBe(false);
    for (let i = 0; i < BODY.length; i++) {
      const changed = Buffer.from(BODY);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(isSigned(head, changed, signature, ["123abc"])).toBe(false);
    }
    expect(isSigned(head, BODY.subarray(1), signature, ["123abc"])).toBe(false);
  });

  it("is one text: other spellings of its bytes are refused", () => {
    const head = { msgType: "live_gift", ...VECTOR };
    for (const signature of ["PDcKhdlsrKEJif6uMKD2dw", "PDcKhdlsrKEJif6uMKD2dx==", " PDcKhdlsrKEJif6uMKD2dw==", "", "===="])
      expect(isSigned(head, BODY, signature, ["123abc"])).toBe(false);
  });
});

describe("the keys of an app", () => {
  const clock = new FakeClock(NOW);
  const keys = new PushKeys({ live_comment: ["new", "old"], live_gift: ["gift"], "*": ["rest"] }, 300_000, clock);
  const accepted = (headers: Record<string, string>) => keys.judge(headers)?.accepts(BODY) ?? false;

  it("belong to one type, and several are valid while one replaces another", () => {
    expect(accepted(signed("live_comment", "new"))).toBe(true);
    expect(accepted(signed("live_comment", "old"))).toBe(true);
    expect(accepted(signed("live_comment", "gift"))).toBe(false);
    expect(accepted(signed("live_gift", "gift"))).toBe(true);
    expect(accepted(signed("live_gift", "rest"))).toBe(false);
    expect(accepted(signed("live_new", "rest"))).toBe(true);
    expect(new PushKeys({ live_gift: ["gift"] }, 300_000, clock).judge(signed("live_new", "gift"))).toBeNull();
  });

  it("take pushes of the last five minutes, by our clock or theirs being ahead", () => {
    const judged = (off: number) => keys.judge(signed("live_gift", "gift", BODY, String(NOW + off))) !== null;
    expect([-300_000, 300_000, -300_001, 300_001].map(judged)).toEqual([true, true, false, false]);
  });
});

describe("the head of a push", () => {
  const good = signed("live_gift", "gift");

  it("is read when every header is there once and of its form", () => {
    expect(readHead(good)?.head).toEqual({ msgType: "live_gift", nonce: "n1", roomId: "7214015683695250235", timestamp: String(NOW) });
  });

  it.each([
    ["x-msg-type", "live gift"],
    ["x-msg-type", "__proto__"],
    ["x-msg-type", "a".repeat(65)],
    ["x-roomid", "1&x-timestamp=1"],
    ["x-roomid", "1".repeat(21)],
    ["x-timestamp", "soon"],
    ["x-nonce-str", "n".repeat(129)],
    ["x-signature", "short"],
  ])("is refused with %s: %s", (name, value) => {
    expect(readHead({ ...good, [name]: value })).toBeNull();
    expect(readHead({ ...good, [name]: [good[name] ?? "", value] })).toBeNull();
    expect(readHead({ ...good, [name]: undefined })).toBeNull();
  });
});
