// Guards: Frames, acks and responses are read and written byte for byte, and none is inflated beyond its bound.
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeFrame, decodeResponse, encodeAck, framePayload, HEARTBEAT, inflate } from "../../../src/platform/wire/frame.js";
import { encode, errorCode, schema } from "./schema.js";

const PushFrame = schema.lookupType("dylive.wire.PushFrame");
const Response = schema.lookupType("dylive.wire.Response");

function frame(fields: Record<string, unknown>) {
  return decodeFrame(encode(PushFrame, fields));
}

test("the heartbeat is 3A 02 68 62", () => {
  expect(Buffer.from(HEARTBEAT).toString("hex")).toBe("3a026862");
  expect(decodeFrame(HEARTBEAT).payloadType).toBe("hb");
});

describe("ack", () => {
  test("log id, payload type and internal_ext, byte for byte", () => {
    expect(Buffer.from(encodeAck("300", "ab:é")).toString("hex")).toBe("10ac02" + "3a0361636b" + "420561623ac3a9");
  });

  test("of 64 bits, read back by protobufjs", () => {
    for (const id of ["18446744073709551615", "6163826846294803948", "1"]) {
      const read = PushFrame.decode(encodeAck(id, "x".repeat(300))) as unknown as Record<string, unknown>;
      expect([String(read["log_id"]), read["payload_type"], String(read["payload"]).length]).toEqual([id, "ack", 300]);
    }
  });

  test("without log id or internal_ext those fields are left out", () => {
    for (const id of ["0", "", "abc", "-1"]) expect(Buffer.from(encodeAck(id, "")).toString("hex")).toBe("3a0361636b");
  });
});

describe("frame", () => {
  test("headers by their meaning, the payload as a part of the frame", () => {
    const headers = ["compress_type=none", "im-cursor=t-1", "im-internal_ext=wss", "server_time=170", "__proto__=x"];
    const read = frame({
      log_id: "6163826846294803948",
      headers: headers.map((each) => each.split("=")).map(([key, value]) => ({ key, value })),
      payload_encoding: "pb",
      payload_type: "msg",
      payload: Uint8Array.of(1, 2, 3),
    });
    expect({ ...read, payload: [...read.payload] }).toEqual({
      ...{ logId: "6163826846294803948", payloadType: "msg", payloadEncoding: "pb", payload: [1, 2, 3] },
      ...{ compressType: "none", cursor: "t-1", internalExt: "wss", serverTime: "170" },
    });
  });

  test("an empty frame is a frame", () => {
    expect(decodeFrame(new Uint8Array(0))).toMatchObject({ logId: "0", payloadType: "", compressType: "" });
  });
});

describe("inflating", () => {
  const packed = gzipSync(Buffer.from("response"));
  const headers = (value: string) => [{ key: "compress_type", value }];
  const text = (fields: Record<string, unknown>) => Buffer.from(framePayload(frame(fields))).toString("latin1");

  test("the header decides; without one, gzip's magic", () => {
    expect(text({ headers: headers("gzip"), payload: packed })).toBe("response");
    expect(text({ payload: packed })).toBe("response");
    expect(text({ headers: headers("none"), payload: packed })).toBe(packed.toString("latin1"));
    expect(text({ payload: Buffer.from("plain") })).toBe("plain");
    expect(text({})).toBe("");
  });

  test("what is not gzip", () => {
    const damaged = Buffer.from(packed);
    damaged[12] = (damaged[12] ?? 0) ^ 0xff;
    for (const payload of [Buffer.from("plain"), packed.subarray(0, -6), undefined, damaged])
      expect(errorCode(() => text({ headers: headers("gzip"), payload }))).toBe("bad_gzip");
  });

  test("takes little more memory than it needs, whatever the stream says of its size", () => {
    const bytes = randomBytes(1400);
    const small = inflate(gzipSync(bytes));
    expect(Buffer.compare(small, bytes)).toBe(0);
    expect(small.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize); // which is shared with others
    // What stands at the end is the size of the last part alone.
    const parts = inflate(Buffer.concat([gzipSync(randomBytes(50_000)), gzipSync(bytes.subarray(0, 10))]));
    expect(parts.length).toBe(50_010);
    expect(errorCode(() => inflate(Buffer.from([0x1f, 0x8b])))).toBe("bad_gzip");
  });

  test("a bomb", () => {
    const bomb = gzipSync(Buffer.alloc(4 * 1024 * 1024 + 1));
    expect(bomb.length).toBeLessThan(5_000);
    expect(errorCode(() => inflate(bomb))).toBe("too_large");
    expect(inflate(gzipSync(Buffer.alloc(4 * 1024 * 1024))).length).toBe(4 * 1024 * 1024);
    expect(inflate(gzipSync(Buffer.alloc(1000)), 1000).length).toBe(1000);
    expect(errorCode(() => inflate(gzipSync(Buffer.alloc(1001)), 1000))).toBe("too_large");
  });
});

describe("response", () => {
  test("an envelope without a payload has no bytes", () => {
    const { messages } = decodeResponse(encode(Response, { messages: [{ payload: Uint8Array.of(8, 1) }, { method: "WebcastX" }] }));
    expect(messages.map(({ method, payload }) => [method, ...payload])).toEqual([["", 8, 1], ["WebcastX"]]);
  });

  test("bytes are bounded, compressed or not, before any of them is read", () => {
    const large = new Uint8Array(4 * 1024 * 1024 + 1);
    expect(errorCode(() => decodeResponse(large))).toBe("too_large");
    expect(errorCode(() => decodeFrame(new Uint8Array(4 * 1024 * 1024 + 64 * 1024 + 1)))).toBe("too_large");
  });

  test("messages are bounded", () => {
    const many = new Uint8Array(2 * 20_001);
    for (let i = 0; i < many.length; i += 2) many[i] = 0x0a;
    expect(errorCode(() => decodeResponse(many))).toBe("too_many");
    expect(decodeResponse(many.subarray(0, 2 * 20_000)).messages.length).toBe(20_000);
  });
});
