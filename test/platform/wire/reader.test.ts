// Guards: The reader of the wire reads every value as protobuf writes it, and refuses what is damaged or without bound.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFansclubMessage, decodeGiftMessage, decodeText } from "../../../src/platform/wire/gen/index.js";
import { type FieldDrift, Reader, readName } from "../../../src/platform/wire/reader.js";
import { errorCode } from "./schema.js";

const ff = (count: number) => Array.from({ length: count }, () => 0xff);

function reader(...bytes: number[]): Reader {
  return new Reader(Uint8Array.from(bytes));
}

/** Bytes that are the same part again and again. */
function repeated(part: readonly number[], times: number): Uint8Array {
  return Uint8Array.from({ length: part.length * times }, (_, i) => part[i % part.length] ?? 0);
}

class Seen implements FieldDrift {
  readonly all: string[] = [];
  more = 0;
  beyond(): void {
    this.more++;
  }
  unknownField(type: string, field: number): void {
    this.all.push(`${type}.${field}`);
  }
  wrongType(type: string, field: number, wireType: number): void {
    this.all.push(`${type}.${field}:${wireType}`);
  }
}

describe("varints", () => {
  test.each([
    [[0x80, 0x80, 0x01], 16384],
    [[...ff(4), 0x0f], 0xffffffff],
    [[0x80, 0x80, 0x80, 0x80, 0x10], 0], // 2^32: the low half only
    [[0x81, 0x00], 1], // longer than need be
  ])("uint32 %j is %d", (bytes, value) => {
    const r = reader(...bytes);
    expect(r.uint32()).toBe(value);
    expect(r.pos).toBe(bytes.length);
  });

  test.each([
    [[0x00], "0", "0"],
    [[...ff(4), 0x0f], "4294967295", "4294967295"],
    [[0x80, 0x80, 0x80, 0x80, 0x10], "4294967296", "4294967296"],
    [[...ff(7), 0x0f], "9007199254740991", "9007199254740991"], // 2^53 - 1
    [[...Array.from({ length: 7 }, () => 0x80), 0x10], "9007199254740992", "9007199254740992"], // 2^53
    [[0x81, ...Array.from({ length: 6 }, () => 0x80), 0x10], "9007199254740993", "9007199254740993"],
    [[...ff(8), 0x7f], "9223372036854775807", "9223372036854775807"], // 2^63 - 1
    [[...Array.from({ length: 9 }, () => 0x80), 0x01], "-9223372036854775808", "9223372036854775808"],
    [[...ff(9), 0x01], "-1", "18446744073709551615"],
  ])("64 bits: %j is %s, unsigned %s", (bytes, signed, unsigned) => {
    expect(reader(...bytes).int64()).toBe(signed);
    expect(reader(...bytes).uint64()).toBe(unsigned);
    expect(reader(...bytes).int64Number()).toBe(Number(signed));
    expect(reader(...bytes).uint64Number()).toBe(Number(unsigned));
    expect(reader(...bytes).bool()).toBe(signed !== "0");
  });

  test("cut off or endless", () => {
    for (const run of ["uint32", "int64", "bool", "int64Number"] as const) {
      expect(errorCode(() => reader()[run]())).toBe("truncated");
      expect(errorCode(() => reader(0x80)[run]())).toBe("truncated");
      expect(errorCode(() => reader(...ff(9))[run]())).toBe("truncated");
      expect(errorCode(() => reader(...ff(10))[run]())).toBe("bad_varint");
      expect(errorCode(() => reader(...ff(11), 0)[run]())).toBe("bad_varint");
    }
    expect(errorCode(() => reader(...ff(9)).skip(0))).toBe("truncated");
    expect(errorCode(() => reader(...ff(11)).skip(0))).toBe("bad_varint");
  });
});

describe("strings", () => {
  const read = (bytes: Uint8Array) => new Reader(Buffer.concat([Uint8Array.of(bytes.length), bytes])).string();

  test("any bytes, at any length round the limits, read as Node reads them: U+FFFD for what is not UTF-8", () => {
    const parts = fc.constantFrom(...Buffer.from("4180bfc0c1c2dfe0e4eda09ff08f90f4f5ff", "hex"));
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.array(parts, { maxLength: 60 }), (pad, parts) => {
        const bytes = Buffer.from([...Buffer.from("x".repeat(pad)), ...parts]);
        expect(read(bytes)).toBe(bytes.toString("utf8"));
      }),
      { numRuns: 5000 },
    );
  });

  test("a length beyond the end", () => {
    expect(errorCode(() => reader(0x05, 0x41).string())).toBe("truncated");
    expect(errorCode(() => reader(...ff(4), 0x0f, 0x41).bytes())).toBe("truncated");
  });

  test("a subarray of a larger buffer is read within its bounds", () => {
    const whole = Uint8Array.of(9, 9, 0x02, 0x68, 0x62, 9);
    expect(new Reader(whole.subarray(2, 5)).string()).toBe("hb");
    expect(errorCode(() => new Reader(whole.subarray(2, 4)).string())).toBe("truncated");
  });
});

describe("readName", () => {
  const read = (text: string) => {
    const bytes = new Uint8Array(Buffer.from(`<${text}>`));
    return readName(bytes, 1, bytes.length - 1);
  };

  test("is the text, asked once and again, whatever was asked before", () => {
    // Few letters and equal ends, so that many names share a slot of the table.
    const name = fc.string({ unit: fc.constantFrom("a", "b", "春"), maxLength: 30 }).map((middle) => `a${middle}a`);
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ unit: "grapheme", maxLength: 80 })), (text) => {
        expect([read(text), read(text)]).toEqual([text, text]);
      }),
      { numRuns: 3000 },
    );
  });

  test("what is not UTF-8 is replaced as in any string", () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x62);
    expect([readName(bytes, 0, 3), readName(bytes, 0, 3)]).toEqual(["a\ufffdb", "a\ufffdb"]);
  });
});

describe("fields", () => {
  test("repeated scalars, packed, unpacked and mixed", () => {
    const bytes = Uint8Array.of(0x80, 0x02, 0x05, 0x82, 0x02, 0x02, 0x06, 0x07, 0x80, 0x02, 0x08);
    expect(decodeGiftMessage(new Reader(bytes), bytes.length).toUserIds).toEqual(["5", "6", "7", "8"]);
    const split = Uint8Array.of(0x82, 0x02, 0x01, 0x80);
    expect(errorCode(() => decodeGiftMessage(new Reader(split), split.length))).toBe("truncated");
  });

  test("known and unread fields are passed over, unknown ones and wrong wire types are counted", () => {
    const seen = new Seen();
    // 7 is reserved; 99 is unknown; action (2) comes as bytes; content (3) as a varint, then well.
    const bytes = Uint8Array.of(0x38, 0x01, 0x98, 0x06, 0x01, 0x12, 0x01, 0x61, 0x18, 0x05, 0x1a, 0x01, 0x62);
    expect(decodeFansclubMessage(new Reader(bytes, seen), bytes.length)).toEqual({
      common: null,
      action: 0,
      content: "b",
      user: null,
      publicAreaCommon: null,
    });
    expect(seen.all).toEqual(["FansclubMessage.99", "FansclubMessage.2:2", "FansclubMessage.3:0"]);
  });

  test("every wire type can be passed over", () => {
    const fixed = [0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0x9d, 0x06, 1, 2, 3, 4];
    const group = [0x9b, 0x06, 0x08, 0x01, 0x13, 0x14, 0x9c, 0x06];
    const bytes = Uint8Array.from([...fixed, ...group, 0x10, 0x02]);
    expect(decodeFansclubMessage(new Reader(bytes), bytes.length).action).toBe(2);
  });

  test("what no encoder writes", () => {
    const decode = (...bytes: number[]) => errorCode(() => decodeFansclubMessage(reader(...bytes), bytes.length));
    expect(decode(0x00, 0x01)).toBe("bad_tag"); // field 0
    expect(decode(0x9e, 0x06, 0x00)).toBe("bad_tag"); // wire type 6
    expect(decode(0x9c, 0x06)).toBe("bad_tag"); // end of a group that did not begin
    expect(decode(0x9b, 0x06, 0x14)).toBe("bad_tag"); // another group's end
    expect(decode(0x9b, 0x06)).toBe("truncated"); // a group without end
    expect(decode(0x99, 0x06, 0x01)).toBe("truncated");
    expect(decode(...Array.from({ length: 40 }, () => 0x0b))).toBe("too_deep");
    // A submessage whose last field runs past its end, into what follows.
    expect(decode(0x22, 0x02, 0x1a, 0x03, 0x61, 0x62, 0x63)).toBe("truncated");
  });

  test("elements of repeated fields are bounded", () => {
    const bytes = repeated([0x22, 0x00], 5_001); // Text.pieces, empty
    expect(errorCode(() => decodeText(new Reader(bytes), bytes.length))).toBe("too_many");
    const packed = Uint8Array.from([0x82, 0x02, 0x89, 0x27, ...Array.from({ length: 5_001 }, () => 1)]);
    expect(errorCode(() => decodeGiftMessage(new Reader(packed), packed.length))).toBe("too_many");
    const groups = repeated([0x9b, 0x06, 0x9c, 0x06], 5_001);
    expect(errorCode(() => decodeText(new Reader(groups), groups.length))).toBe("too_many");
  });

  test("a submessage that comes again and again, each in place of the one before, is bounded", () => {
    const users = repeated([0x22, 0x00], 100_001); // FansclubMessage.user, empty
    expect(errorCode(() => decodeFansclubMessage(new Reader(users), users.length))).toBe("too_many");
    const few = users.subarray(0, 2 * 100_000);
    expect(decodeFansclubMessage(new Reader(few), few.length).user).not.toBe(null);
    const skipped = repeated([0x9a, 0x06, 0x00], 100_001); // an unknown field costs no more than its bytes
    expect(decodeFansclubMessage(new Reader(skipped), skipped.length).user).toBe(null);
  });

  test.each([
    ["unknown fields", [0x98, 0x06, 0x01], "FansclubMessage.99"],
    ["fields of the wrong type", [0x18, 0x01], "FansclubMessage.3:0"],
  ])("of many %s of one payload the first are told apart, and all are counted", (_what, field, key) => {
    const seen = new Seen();
    const bytes = repeated(field, 50_000);
    decodeFansclubMessage(new Reader(bytes, seen), bytes.length);
    expect([seen.all.length, seen.more]).toEqual([1_000, 49_000]);
    expect(new Set(seen.all)).toEqual(new Set([key]));
  });
});
