// Guards: A stripped recording has the shape of the real one and nothing of the people in it.
import { describe, expect, it } from "vitest";
import { corpus, loadSchema } from "../../../simulator/index.js";
import { decodeFrame, framePayload } from "../../../src/platform/wire/frame.js";
import { bytesOf, Disguise, fieldsOf, stripped } from "../../../src/platform/wire/strip.js";

const AT = 1_777_726_780_000;

describe("a stripped recording", () => {
  const schema = loadSchema();
  const { frames } = corpus({ frames: 30, schema });
  const strip = (bytes: Uint8Array, key = "k") => stripped({ kind: "frame", receivedAt: AT, bytes }, key)?.bytes ?? expect.fail();
  const plainOf = (bytes: Uint8Array) => Buffer.from(framePayload(decodeFrame(bytes)));
  const before = Buffer.concat(frames.map(plainOf));
  const after = Buffer.concat(frames.map((bytes) => plainOf(strip(bytes))));

  it("has no name, no text, no address and no id of a person that was in it", () => {
    // What the corpus has of these, read by its own schema, not by ours.
    const people = new Set<string>();
    const visit = (value: unknown, name: string): void => {
      if (Array.isArray(value)) for (const one of value) visit(one, name);
      else if (typeof value === "object" && value !== null) for (const [key, one] of Object.entries(value)) visit(one, key);
      else if (typeof value === "string" && /^(nickname|displayId|secUid|content|text)$/.test(name) && /\p{L}{2}/u.test(value))
        people.add(value);
    };
    for (const bytes of frames)
      for (const one of responseOf(plainOf(bytes))) visit(schema.decode(one.method.replace(/^Webcast/, ""), one.payload), "");
    expect(people.size).toBeGreaterThan(100);
    expect([...people].filter((text) => !before.includes(text))).toEqual([]);
    expect([...people].filter((text) => after.includes(text))).toEqual([]);
    expect(before.includes("douyinpic.com")).toBe(true);
    expect(after.includes("douyinpic.com")).toBe(false);
  });

  it("has the same messages, fields and small numbers", () => {
    for (const bytes of frames.slice(0, 10)) {
      const [was, is] = [responseOf(plainOf(bytes)), responseOf(plainOf(strip(bytes)))];
      expect(is.map(({ method }) => method)).toEqual(was.map(({ method }) => method));
      for (const [index, one] of was.entries()) expect(shape(is[index]?.payload ?? expect.fail())).toEqual(shape(one.payload));
    }
  });

  it("makes the same of the same with one key, and another with another", () => {
    const [first = expect.fail()] = frames;
    expect(strip(first)).toEqual(strip(first));
    expect(strip(first)).not.toEqual(strip(first, "other"));
  });

  function responseOf(bytes: Uint8Array): { method: string; payload: Uint8Array }[] {
    const part = (fields: ReturnType<typeof fieldsOf>, number: number) => {
      const field = fields?.find((one) => one.number === number);
      return field?.wire === 2 ? field.bytes : new Uint8Array(0);
    };
    return (fieldsOf(bytes) ?? []).flatMap((field) => {
      if (field.wire !== 2 || field.number !== 1) return [];
      const fields = fieldsOf(field.bytes);
      return [{ method: Buffer.from(part(fields, 1)).toString(), payload: part(fields, 2) }];
    });
  }

  /** Numbers and kinds of fields, small numbers by their value. */
  function shape(bytes: Uint8Array): unknown {
    return fieldsOf(bytes)?.map((field) =>
      field.wire === 2 ? [field.number, field.bytes.length > 0] : [field.number, field.value < 10_000_000n ? field.value : "large"],
    );
  }
});

describe("a disguise", () => {
  const disguise = new Disguise("key", AT);
  const seconds = BigInt(AT / 1000);

  it("keeps what is small, negative or a time, and the digits of the rest", () => {
    for (const value of [0n, 1n, 9_999_999n, 2n ** 64n - 1n, seconds, BigInt(AT), seconds * 1_000_000_000n + 7n, (seconds << 32n) + 5n])
      expect(disguise.number(value)).toBe(value);
    for (const value of [10_000_000n, 93_224_890_371n, 2_946_292_105_354_829n, 3_946_292_105_354_829_123n, 9_100_000_000_000_000_000n]) {
      const other = disguise.number(value);
      expect(other).not.toBe(value);
      expect(String(other)).toHaveLength(String(value).length);
      expect(other).toBeLessThan(2n ** 63n);
      expect(disguise.text(String(value))).toBe(String(other));
    }
  });

  it("leaves packed numbers as many numbers as they were", () => {
    const packed = Uint8Array.of(0x9e, 0xd0, 0xdf, 0xc0, 0x22, 0x05, 0xff, 0x01);
    const other = disguise.bytes(packed);
    expect(other).not.toEqual(packed);
    expect([...other].map((byte) => byte >> 7)).toEqual([1, 1, 1, 1, 0, 0, 1, 0]);
  });

  it("keeps the length and the kinds of letters of a text", () => {
    const text = "Abc-12 李祥林[比心]❤🌙ñ";
    const other = disguise.text(text);
    expect(other).toMatch(/^[A-Z][a-z]{2}-\d{2} \p{Script=Han}{3}\[\p{Script=Han}{2}\]\p{Script=Han}\p{Emoji}\p{Script=Cyrillic}$/u);
    expect(Buffer.byteLength(other)).toBe(Buffer.byteLength(text));
    expect(other).not.toContain("李祥林");
  });
});

describe("fields of an unknown schema", () => {
  it("come out as they went in, and are none where the bytes are no message", () => {
    const again = (hex: string) => Buffer.from(bytesOf(fieldsOf(Buffer.from(hex, "hex")) ?? expect.fail())).toString("hex");
    for (const hex of ["0801", "0a0568656c6c6f", "09ffffffffffffffff0d01000000", "08ffffffffffffffffff01", "faff0100"])
      expect(again(hex)).toBe(hex);
    for (const hex of ["00", "08", "0a05", "0b", "0a", "08ffffffffffffffffffff01", "0f00"])
      expect([hex, fieldsOf(Buffer.from(hex, "hex"))]).toEqual([hex, null]);
  });
});
