// Guards: A film's container says when it was made and how long it is, and a damaged one says nothing.
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { containerTimes } from "../../src/exports/container-times.js";
import { useDirectory } from "../store/directory.js";

const path = useDirectory();
const MADE = Date.UTC(2026, 10, 25, 12, 0, 7);
const NOTHING = { createdAt: null, durationMs: null };

type Part = string | readonly number[] | Buffer;
const bytes = (...parts: readonly Part[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));
const u32 = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};
const u64 = (value: number) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
};
const double = (value: number) => {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(value);
  return buffer;
};
const box = (kind: string, ...parts: readonly Part[]) => {
  const body = bytes(...parts);
  return bytes(u32(8 + body.length), kind, body);
};
/** A box with a long size, as the data of large films has. */
const long = (kind: string, body: Buffer) => bytes(u32(1), kind, u64(16 + body.length), body);

const created = MADE / 1000 + 2_082_844_800;
const short = box("mvhd", u32(0), u32(created), u32(0), u32(1000), u32(90_500), Buffer.alloc(80));
const large = box("mvhd", u32(0x0100_0000), u64(created), u64(0), u32(90_000), u64(90_000 * 90.5), Buffer.alloc(80));
const mp4 = (header: Buffer) =>
  bytes(box("ftyp", "isom", u32(512)), long("mdat", Buffer.alloc(5000)), box("moov", box("udta", "x"), header));

const text = (value: string) => bytes([0, value.length], value);
const script = (...members: readonly Part[]) => {
  const body = bytes([2], text("onMetaData"), [8], u32(2), ...members, [0, 0, 9]);
  return bytes("FLV", [1, 5], u32(9), u32(0), [18], u32(body.length).subarray(1), [0, 0, 0, 0, 0, 0, 0], body, u32(11 + body.length));
};
const duration = bytes(text("duration"), [0], double(90.5));

const element = (id: readonly number[], body: Buffer) => bytes(id, [0x40 | (body.length >> 8), body.length & 255], body);
const info = element(
  [0x15, 0x49, 0xa9, 0x66],
  bytes(
    element([0x2a, 0xd7, 0xb1], bytes([0x0f, 0x42, 0x40])),
    element([0x44, 0x61], u64((MADE - Date.UTC(2001, 0, 1)) * 1_000_000)),
    element([0x44, 0x89], double(90_500)),
  ),
);
const head = element([0x1a, 0x45, 0xdf, 0xa3], bytes([0x42, 0x82, 0x84], "webm"));
/** A segment whose length nobody knows yet. */
const matroska = bytes(head, [0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255], element([0xec], Buffer.alloc(20)), info);

const read = async (content: Buffer) => {
  const file = path("film");
  writeFileSync(file, content);
  return containerTimes(file, ".mp4");
};

describe("a film says when it was made and how long it is", () => {
  const both = { createdAt: MADE, durationMs: 90_500 };
  it.each([
    ["mp4, its header behind the data", mp4(short), both],
    ["mp4 with long numbers", mp4(large), both],
    ["mp4 that says neither", mp4(box("mvhd", u32(0), u32(0), u32(0), u32(1000), u32(0), Buffer.alloc(80))), NOTHING],
    [
      "mp4 that is open",
      mp4(box("mvhd", u32(0), u32(created), u32(0), u32(1000), u32(0xffff_ffff), Buffer.alloc(80))),
      { ...both, durationMs: null },
    ],
    ["flv with a text", script(duration, text("creation_time"), [2], text(new Date(MADE).toISOString())), both],
    [
      "flv with a date",
      script(text("creationdate"), [11], double(MADE), [0, 0], text("a"), [3], text("b"), [1, 1], [0, 0, 9], duration),
      both,
    ],
    ["flv with a date of no zone", script(duration, text("creationdate"), [2], text("2026-11-25 20:00:07")), { ...both, createdAt: null }],
    ["matroska", matroska, both],
    ["ts, which says nothing", Buffer.alloc(1880, 0x47), NOTHING],
    ["nothing", Buffer.alloc(0), NOTHING],
  ])("%s", async (_name, content, expected) => expect(await read(content)).toEqual(expected));

  it.each([
    ["mp4", mp4(large)],
    ["flv", script(duration, text("creation_time"), [2], text(new Date(MADE).toISOString()))],
    ["matroska", matroska],
  ])("%s that is cut anywhere, or damaged, is no mishap", async (_name, content) => {
    const ends = Array.from({ length: 160 }, (_, index) => content.subarray(0, Math.max(0, content.length - index)));
    const damaged = Array.from({ length: 60 }, (_, index) => content.map((byte, at) => (at === index ? 255 : byte)));
    for (const one of [...ends, ...damaged]) expect(Object.keys((await read(Buffer.from(one))) ?? {})).toEqual(["createdAt", "durationMs"]);
  });
});
