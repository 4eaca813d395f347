// Guards: A message that does not become an event of its own is kept as it came.
import { describe, expect, test } from "vitest";
import { normalise } from "../../../src/platform/messages/normalise.js";
import { Drift } from "../../../src/platform/wire/drift.js";
import { context, encode } from "./encode.js";
import { COMMON, event } from "./normalised.js";

describe("unknown", () => {
  test("keeps the payload of a method that we do not read, with the envelope's time", () => {
    const payload = encode("LikeMessage", { common: { ...COMMON, method: "WebcastNewThing" } });
    const made = event({ method: "WebcastNewThing", msgId: "5", payload });
    expect(made).toMatchObject({ type: "unknown", method: "WebcastNewThing", payload: Buffer.from(payload).toString("base64") });
    expect(made).toMatchObject({ id: `${COMMON.msgId}:WebcastNewThing`, bytes: payload.length, time: 1_775_222_770_095 });
  });

  test("takes no id out of what is no envelope", () => {
    // Its first field is a gift, whose second field is a number: of another thing.
    const payload = encode("BindingGiftMessage", { msg: { giftId: "463" } });
    expect(event({ method: "WebcastNewThing", msgId: "5", payload }).id).toBe("5:WebcastNewThing");
    expect(event({ method: "WebcastNewThing", msgId: "6", payload }).id).toBe("6:WebcastNewThing");
  });

  test("drops the payload above 4 KB", () => {
    expect(event({ method: "X", msgId: "5", payload: new Uint8Array(4096) })).toMatchObject({ bytes: 4096, payload: expect.any(String) });
    expect(event({ method: "X", msgId: "5", payload: new Uint8Array(4097) })).toMatchObject({ bytes: 4097, payload: null });
  });

  test("takes what does not decode, which is counted", () => {
    const drift = new Drift();
    const made = event({ method: "WebcastChatMessage", msgId: "5", payload: Buffer.from([0x0a, 0xff]) }, { drift });
    expect(made).toMatchObject({ type: "unknown", method: "WebcastChatMessage", payload: "Cv8=" });
    expect(drift.toJSON().failures).toEqual({ truncated: 1 });
  });

  test("a damaged rich text costs the rich text only", () => {
    const drift = new Drift();
    const payload = Buffer.concat([encode("ChatMessage", { content: "好" }), Buffer.from([0xca, 0x02, 1, 0xff])]);
    expect(event({ method: "WebcastChatMessage", msgId: "5", payload }, { drift })).toMatchObject({ type: "chat", text: "好" });
    expect(drift.toJSON().failures).toEqual({ truncated: 1 });
  });

  test("an empty envelope is nothing", () => {
    expect(normalise({ method: "", msgId: "0", payload: new Uint8Array(0) }, context())).toBeNull();
  });
});
