// Guards: A recording gives back its records, and a torn or damaged one never a wrong record.
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireError } from "../../../src/platform/wire/reader.js";
import {
  encodeHeader,
  encodeRecord,
  MAX_RECORD_BYTES,
  RecordingReader,
  type RecordingRecord,
} from "../../../src/platform/wire/recording.js";

const meta = { webRid: "123", roomId: "7624505674873244442", title: "标题", startedAt: 1775222727662, source: "websocket" };
const records: RecordingRecord[] = [
  { kind: "frame", receivedAt: 1775222727662, bytes: Uint8Array.of(0x3a, 0x02, 0x68, 0x62) },
  { kind: "response", receivedAt: 1775222727663, bytes: new Uint8Array(0) },
  { kind: "frame", receivedAt: 0, bytes: Uint8Array.from({ length: 300 }, (_, i) => i & 255) },
];
const header = encodeHeader(meta);
const parts = [header, ...records.map(encodeRecord)];
const file = Buffer.concat(parts);
const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part.length, 0));

function read(bytes: Uint8Array, chunk = bytes.length || 1) {
  const reader = new RecordingReader();
  const out: RecordingRecord[] = [];
  for (let at = 0; at < bytes.length; at += chunk) out.push(...reader.push(bytes.subarray(at, at + chunk)));
  return { reader, out };
}

test("the header and a record, byte for byte", () => {
  expect(Buffer.from(header).subarray(0, 8).toString("latin1")).toBe("DYLIVE1\n");
  expect(Buffer.from(encodeRecord(records[0] as RecordingRecord)).toString("hex")).toBe(
    "0d000000" + "a1f90eec" + "01" + "00e03e5238d57942" + "3a026862",
  );
});

describe("reading", () => {
  test("a file torn at any byte gives the whole records and says where to cut", () => {
    for (let length = 0; length < file.length; length++) {
      const { reader, out } = read(file.subarray(0, length), 50);
      const whole = ends.filter((end) => end <= length).length;
      expect(out).toEqual(records.slice(0, Math.max(0, whole - 1)));
      expect(reader.goodBytes).toBe(whole === 0 ? 0 : ends[whole - 1]);
      expect(reader.end()).toBe(length - reader.goodBytes);
      expect(reader.damage).toBe(null);
    }
  });

  test("any flipped bit: never a wrong record, never another error", () => {
    const known = new Set(records.map((record) => JSON.stringify(record)));
    for (let bit = 0; bit < file.length * 8; bit++) {
      const bytes = Buffer.from(file);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        const { reader, out } = read(bytes);
        for (const record of out) expect(known.has(JSON.stringify(record))).toBe(true);
        expect(out.length < records.length).toBe(true);
        expect(reader.skipped + (reader.end() > 0 ? 1 : 0)).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        expect(bit >> 3).toBeLessThan(header.length);
      }
    }
  });

  test("a damaged record in the middle is passed over; at the end it is the tail to cut", () => {
    const bytes = Buffer.from(file);
    bytes[(ends[1] ?? 0) + 12] = 0xee;
    const { reader, out } = read(bytes);
    expect(out).toEqual([records[0], records[2]]);
    expect([reader.skipped, reader.end(), reader.goodBytes]).toEqual([1, 0, file.length]);

    const last = Buffer.from(file);
    last[file.length - 1] = 0xee;
    const torn = read(last);
    expect(torn.out).toEqual(records.slice(0, 2));
    expect([torn.reader.skipped, torn.reader.goodBytes]).toEqual([0, ends[2]]);
    expect(torn.reader.end()).toBe(file.length - (ends[2] ?? 0));
  });

  test("zeros at the end, as a file system leaves them after power loss, are a tail", () => {
    const { reader, out } = read(Buffer.concat([file, new Uint8Array(5000)]), 777);
    expect(out).toEqual(records);
    expect([reader.goodBytes, reader.end()]).toEqual([file.length, 5000]);
    expect(reader.damage).toContain("impossible length 0");
  });

  test("a length beyond the cap stops the reading and buffers nothing", () => {
    const { reader, out } = read(Buffer.concat([file, Buffer.from("ffffffff00000000", "hex"), new Uint8Array(100)]));
    expect(out.length).toBe(3);
    expect(reader.damage).toContain("4294967295");
    expect(reader.push(file)).toEqual([]);
    expect(reader.end()).toBe(108 + file.length);
  });

  test("a kind of a later version is passed over", () => {
    const record = Buffer.from(encodeRecord({ kind: "frame", receivedAt: 1, bytes: Uint8Array.of(1) }));
    record[8] = 9;
    record.writeUInt32LE(crc32(record.subarray(8)), 4);
    const { reader, out } = read(Buffer.concat([file, record]));
    expect([out.length, reader.skipped, reader.end()]).toEqual([3, 1, 0]);
  });

  test("any records come back, in any chunks", () => {
    const any = fc.record({
      kind: fc.constantFrom("frame" as const, "response" as const),
      receivedAt: fc.nat({ max: 2 ** 31 - 1 }).map((s) => s * 1000),
      bytes: fc.uint8Array({ maxLength: 500 }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), fc.integer({ min: 1, max: 700 }), (list, chunk) => {
        const bytes = Buffer.concat([header, ...list.map(encodeRecord)]);
        const { reader, out } = read(bytes, chunk);
        expect([out, reader.meta]).toEqual([list, meta]);
        expect([reader.end(), reader.goodBytes, reader.skipped, reader.damage]).toEqual([0, bytes.length, 0, null]);
      }),
    );
  });
});

describe("refusals", () => {
  test("what is no recording", () => {
    expect(() => read(Buffer.from("GIF89a, which is longer than the header"))).toThrow(WireError);
    expect(() => read(Buffer.from("DYLIVE2\n12345678901234567890"))).toThrow("not a recording");
  });

  test("meta that is no object, or huge", () => {
    const make = (json: string) => {
      const head = Buffer.alloc(16);
      head.write("DYLIVE1\n", "latin1");
      head.writeUInt32LE(json.length, 8);
      head.writeUInt32LE(crc32(json), 12);
      return Buffer.concat([head, Buffer.from(json)]);
    };
    for (const json of ["null", "{", "5", '"x"']) expect(() => read(make(json))).toThrow(WireError);
    expect(read(make('{"webRid":5,"startedAt":"x"}')).reader.meta).toEqual({ webRid: "", roomId: "", title: "", startedAt: 0, source: "" });
    expect(() => encodeHeader({ ...meta, title: "x".repeat(70_000) })).toThrow(WireError);
  });

  test("a record beyond the cap, and one of a time that no reader takes", () => {
    expect(() => encodeRecord({ kind: "frame", receivedAt: 0, bytes: new Uint8Array(MAX_RECORD_BYTES) })).toThrow(WireError);
    for (const receivedAt of [0.5, 1_700_000_029_070.925, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      expect(() => encodeRecord({ kind: "frame", receivedAt, bytes: Uint8Array.of(1) })).toThrow(WireError);
  });
});
