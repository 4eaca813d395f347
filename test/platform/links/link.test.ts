// Guards: An address means what the document's table says, and nothing where it is not the platform's.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Meaning, meaningOf, parseRoomName } from "../../../src/platform/links/link.js";

const DOCUMENT = readFileSync(fileURLToPath(new URL("../../../docs/rooms-and-links.md", import.meta.url)), "utf8");
const SECTION = DOCUMENT.slice(DOCUMENT.indexOf("| address | means |"), DOCUMENT.indexOf("## The watch list"));
const filled = (text: string) => text.replace(/\{(x+)\*(\d+)\}/g, (_all, letters: string, times: string) => letters.repeat(Number(times)));
const rows = SECTION.split("\n").flatMap((line) => {
  const [, address, means] = /^\| `(.+)` \| (.+) \|$/.exec(line) ?? [];
  return address === undefined || means === undefined ? [] : [[filled(address), filled(means)] as const];
});

/** A meaning as the document writes it. */
function shown(meaning: Meaning | null): string {
  if (meaning === null) return "-";
  switch (meaning.kind) {
    case "room":
      return `room ${meaning.name.kind} ${meaning.name.value}`;
    case "work":
      return `work ${meaning.id}${meaning.page === null ? "" : ` ${meaning.page}`}`;
    case "author":
      return `author ${meaning.secUid}`;
    case "short_link":
      return `short_link ${meaning.host}${meaning.path}`;
    case "ixigua":
      return "ixigua";
    case "other":
    case "unnamed":
      return `${meaning.kind}: ${meaning.what}`;
    default:
      return `${meaning.kind} ${meaning.id}`;
  }
}

describe("the document's table of addresses", () => {
  it("has every kind of meaning, and each address once", () => {
    expect(rows.length).toBe(SECTION.split("\n").filter((line) => line.startsWith("|")).length - 2);
    expect(new Set(rows.map(([address]) => address)).size).toBe(rows.length);
    expect([...new Set(rows.map(([, means]) => means.split(/[ :]/, 1)[0]))].sort()).toEqual(
      ["-", "author", "ixigua", "mix", "music", "other", "replay", "room", "short_link", "unnamed", "work"].sort(),
    );
  });

  it.each(rows)("%s", (address, means) => {
    expect(shown(meaningOf(new URL(address)))).toBe(means);
  });
});

describe("parseRoomName", () => {
  it.each(["cctv.com", "MS4wLjABAAAA", "a_B-9"])("takes %s for a custom id", (value) => {
    expect(parseRoomName(value)).toEqual({ kind: "unique_id", value });
  });

  it.each(["", " ", "a/b", "x".repeat(129), "https://live.douyin.com/1"])("refuses %j", (text) => {
    expect(() => parseRoomName(text)).toThrowError(expect.objectContaining({ code: "bad_room" }));
  });
});

describe("meaningOf", () => {
  it("takes an id in an address in as many digits as other readers do, and no more", () => {
    const at = (digits: number) => shown(meaningOf(new URL(`https://www.douyin.com/video/${"7".repeat(digits)}`)));
    expect([10, 19, 32].map(at)).toEqual([10, 19, 32].map((digits) => `work ${"7".repeat(digits)} video`));
    for (const digits of [9, 33]) expect(at(digits)).toMatch(/^other: a video page/);
  });

  it("leaves a live page its meaning, whatever its query says", () => {
    const url = new URL("https://live.douyin.com/100000001?modal_id=7321234567890123456");
    expect(shown(meaningOf(url))).toBe("room web_rid 100000001");
  });

  it("tells of a share page which broadcast it was, beside the anchor", () => {
    const url = new URL(`https://webcast.amemv.com/douyin/webcast/reflow/7321234567890123456?sec_user_id=MS4wLjABAAAA${"x".repeat(40)}`);
    expect(meaningOf(url)).toMatchObject({ broadcast: "7321234567890123456" });
  });
});
