// Guards: Messages are taken out of a received frame, and the rest of it stays as it was.
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { HEARTBEAT } from "../../../src/platform/wire/frame.js";
import { WireError } from "../../../src/platform/wire/reader.js";
import { withoutMessages } from "../../../src/platform/wire/strip.js";
import { encode, schema } from "./schema.js";

const PushFrame = schema.lookupType("dylive.wire.PushFrame");
const Response = schema.lookupType("dylive.wire.Response");
const named = (bytes: Uint8Array) => Buffer.from(bytes).includes("ann");

const message = (text: string) => ({ method: "WebcastChatMessage", payload: Buffer.from(text), msg_id: 7 });
const response = (texts: readonly string[], cursor = "t-1") =>
  encode(Response, { messages: texts.map(message), cursor, now: 5, internal_ext: "ext", need_ack: true });
/** As the platform has it, with a field of tomorrow behind the payload. */
const frame = (payload: Uint8Array, headers: readonly { key: string; value: string }[] = [], type = "msg") =>
  Buffer.concat([encode(PushFrame, { seq_id: 3, log_id: 9, headers, payload_type: type, payload }), Buffer.from([0xf8, 0x01, 0x05])]);
const GZIP = [{ key: "compress_type", value: "gzip" }];

/** What protobufjs reads. */
function readAgain(bytes: Uint8Array | null, gzipped: boolean) {
  const outer = PushFrame.decode(bytes ?? new Uint8Array(0)) as unknown as { payload: Uint8Array; payload_type: string; log_id: unknown };
  const { messages, ...inner } = Response.decode(gzipped ? gunzipSync(outer.payload) : outer.payload).toJSON();
  return {
    texts: messages.map(({ payload }: { payload: string }) => Buffer.from(payload, "base64").toString()),
    rest: [String(outer.log_id), outer.payload_type, inner["cursor"], inner["internal_ext"], inner["need_ack"]],
  };
}

describe("messages taken out of what was received", () => {
  it.each([
    ["gzip'd", true],
    ["plain", false],
  ])("leave the rest of a %s frame as it was", (_name, gzipped) => {
    const inner = response(["bob", "ann says", "x".repeat(300), "of ann"]);
    const bytes = gzipped ? frame(gzipSync(inner), GZIP) : frame(inner);
    const redacted = withoutMessages("frame", bytes, named);
    expect(redacted.messages).toBe(2);
    expect(readAgain(redacted.bytes, gzipped)).toEqual({ texts: ["bob", "x".repeat(300)], rest: ["9", "msg", "t-1", "ext", true] });
    expect(Buffer.from(redacted.bytes ?? []).includes(Buffer.from([0xf8, 0x01, 0x05]))).toBe(true);
    expect(withoutMessages("frame", redacted.bytes ?? bytes, named).bytes).toBe(redacted.bytes);
  });

  it("out of a bare response, too", () => {
    expect(withoutMessages("response", response(["ann", "bob"]), named)).toEqual({ bytes: response(["bob"]), messages: 1 });
  });

  it("are none where nothing is named: the very bytes come back", () => {
    for (const bytes of [frame(gzipSync(response(["bob"])), GZIP), frame(Buffer.from("text"), [], "ack"), Buffer.from(HEARTBEAT)])
      expect(withoutMessages("frame", bytes, named)).toEqual({ bytes, messages: 0 });
  });

  it("take the whole frame with them where it is named beside them", () => {
    const cursor = response(["bob", "ann"], "ann's cursor");
    expect(withoutMessages("frame", frame(gzipSync(cursor), GZIP), named)).toEqual({ bytes: null, messages: 1 });
    expect(withoutMessages("frame", frame(response(["bob"]), [{ key: "x", value: "ann" }]), named).bytes).toBeNull();
    expect(withoutMessages("frame", frame(Buffer.from("ann"), [], "ack"), named).bytes).toBeNull();
  });

  it("cannot be found in what is damaged", () => {
    for (const bytes of [frame(Buffer.from([0x1f, 0x8b, 1, 2, 3]), GZIP), frame(response(["ann"])).subarray(0, 20)])
      expect(() => withoutMessages("frame", bytes, named)).toThrow(WireError);
  });
});
