import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Meaning } from "../../../src/platform/links/link.js";
import { type Door, ROOM_DOOR, readPaste, worksDoor } from "../../../src/platform/links/paste.js";
import { DyliveError } from "../../../src/runtime/errors.js";

const NOW = Date.UTC(2026, 10, 27);
const ID = "7321234567890123456";
const SEC_UID = `MS4wLjABAAAA${"x".repeat(40)}`;
const WORK = worksDoor(["work"], NOW);
const LISTS = worksDoor(["author", "mix"], NOW);
const SIDES: readonly Door<unknown>[] = [ROOM_DOOR, WORK, LISTS];
const SHORT_LINK_HOSTS = ["v.douyin.com", "v.iesdouyin.com", "jx.douyin.com"];

/** The sentence with which a door refuses a text. */
function refusal(text: string, door: Door<unknown>): string {
  try {
    readPaste(text, door);
  } catch (error) {
    if (error instanceof DyliveError && error.code === door.code) return error.detail;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe("an id alone", () => {
  it("of 19 digits is a broadcast on the live side and a work on the other", () => {
    expect(readPaste(` ${ID}\n`, ROOM_DOOR)).toEqual({ kind: "room", name: { kind: "room_id", value: ID }, broadcast: ID });
    expect(readPaste(` ${ID}\u200b\n`, WORK)).toEqual({ kind: "work", id: ID, page: null });
  });

  it.each(["'%'", '"%"', "“%”", "「%」", "`%`", "‘ % ’"])("may be quoted: %s", (quoted) => {
    const named = (value: string) => quoted.replace("%", value);
    expect(readPaste(named(ID), WORK)).toEqual({ kind: "work", id: ID, page: null });
    expect(readPaste(named("100000002"), ROOM_DOOR)).toMatchObject({ name: { kind: "web_rid", value: "100000002" } });
    expect(readPaste(named("https://live.douyin.com/100000002"), ROOM_DOOR)).toMatchObject({ name: { value: "100000002" } });
  });

  it("that is a sec_uid is a room or an author", () => {
    expect(readPaste(SEC_UID, ROOM_DOOR)).toEqual({ kind: "room", name: { kind: "sec_uid", value: SEC_UID }, broadcast: null });
    expect(readPaste(SEC_UID, LISTS)).toEqual({ kind: "author", secUid: SEC_UID });
  });

  it.each(["100000001", "732123456789012345", `${ID}0`, "cctv.com", SEC_UID, "作品号"])("%j is no work's", (text) => {
    expect(refusal(text, WORK)).toBe(
      `${JSON.stringify(text.slice(0, 40))} holds no link of the platform and is no id (a work's 19 digits)`,
    );
  });

  it("whose time cannot be is a typo", () => {
    expect(refusal("9321234567890123456", WORK)).toMatch(/^there can be no work 9321234567890123456: .*yet to come.*digit$/);
    expect(refusal("https://www.douyin.com/video/732123456789012345", WORK)).toMatch(/would be of 1975-05-27/);
    expect(refusal("https://www.douyin.com/discover?modal_id=9321234567890123456", WORK)).toMatch(/yet to come/);
  });

  it("of a list is an author's only: a mix has as many digits as a work", () => {
    expect(refusal(ID, LISTS)).toMatch(/is no id \(an author's sec_uid\)$/);
    expect(refusal(ID, worksDoor(["mix"], NOW))).toBe(`"${ID}" holds no link of the platform`);
  });
});

describe("a text around links", () => {
  const share = (link: string) => `7.66 B@T.IP 03/03 baN/: 看看我的猫# 猫咪日常  ${link} 复制此链接，打开Dou音搜索，直接观看视频！`;

  it("gives its short link or its work", () => {
    const short = { kind: "short_link", host: "v.douyin.com", path: "/iR2-x_9Ab/" };
    for (const door of SIDES) expect(readPaste(share("https://v.douyin.com/iR2-x_9Ab/"), door)).toEqual(short);
    expect(readPaste(share(`https://www.douyin.com/note/${ID}`), WORK)).toEqual({ kind: "work", id: ID, page: "note" });
    expect(readPaste(`看这个www.iesdouyin.com/share/video/${ID}/，不错`, WORK)).toEqual({ kind: "work", id: ID, page: "video" });
  });

  it("gives the first link that the side takes", () => {
    const both = `https://live.douyin.com/100000001 https://www.douyin.com/video/${ID} https://www.douyin.com/mix/${ID}`;
    expect(readPaste(both, ROOM_DOOR)).toMatchObject({ kind: "room" });
    expect(readPaste(both, WORK)).toMatchObject({ kind: "work" });
    expect(readPaste(both, LISTS)).toEqual({ kind: "mix", id: ID });
    expect(readPaste(both, worksDoor(["mix", "work"], NOW))).toMatchObject({ kind: "work" });
  });

  it("says when it holds neither a link nor an id", () => {
    expect(refusal("7.66 B@T.IP 看看我的猫，打开Dou音搜索", WORK)).toMatch(/holds no link of the platform and is no id/);
    expect(refusal("看 https://example.com/1", WORK)).toBe('"example.com" is not an address of the platform (douyin.com) that dylive asks');
    expect(refusal(" \u200b", WORK)).toBe("the text is empty");
  });
});

describe("a link for another side", () => {
  const user = `https://www.douyin.com/user/${SEC_UID}`;
  const rest = [
    [`https://www.douyin.com/music/${ID}`, /^the link leads to a piece of music, not to .*only with the work/],
    [`https://www.douyin.com/vsdetail/${ID}`, /^the link leads to a replay, not to .*only while it is live/],
    [`https://www.ixigua.com/${ID}`, /^the link leads to ixigua.com \(西瓜视频\), not to .*does not read/],
    [`看ixigua.com/${ID}`, /^the link leads to ixigua.com/],
    ["https://www.douyin.com/search/cat", /^the link leads to a search page, not to/],
    ["https://www.douyin.com/", /^the link leads to www.douyin.com itself, not to/],
    ["https://www.douyin.com/user/self", /^the link leads to the page of whoever is logged in/],
    ["https://www.douyin.com/ https://www.douyin.com/search/cat", /^the link leads to a search page/],
  ] as const;

  it.each([
    ["https://live.douyin.com/100000001", WORK, "a live room, not to a work: `dylive watch LINK` reads it"],
    [`https://www.douyin.com/video/${ID}`, ROOM_DOOR, "a video, not to a room or an account: `dylive work LINK` reads it"],
    [`https://www.douyin.com/note/${ID}`, LISTS, "a note, not to an author or a mix: `dylive work LINK` reads it"],
    [`${user}?modal_id=${ID}`, ROOM_DOOR, "a work, not to a room or an account: `dylive work LINK` reads it"],
    [user, WORK, "an author's page, not to a work: `dylive works LINK` lists the works"],
    [`https://www.douyin.com/mix/${ID}`, ROOM_DOOR, "a mix, not to a room or an account: `dylive works LINK` lists its works"],
  ] as const)("%s is named, with what reads it", (text, door, sentence) => {
    expect(refusal(text, door)).toBe(`the link leads to ${sentence}`);
  });

  it.each(rest)("%s is named on every side", (text, sentence) => {
    for (const door of SIDES) expect(refusal(text, door)).toMatch(sentence);
  });
});

describe("whatever is pasted", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...["https://", "http://", "live.douyin.com", "www.douyin.com", "v.douyin.com/a/", "jx.douyin.com/b", "ixigua.com", "iesdouyin.com"],
      ...["evil.com", "127.0.0.1", "[::1]", "/", "@", ".", "-", "中", "\\", "%", "a", "1", " ", "[", "?", "#", ":", "&", "\0", "\u200b"],
      ...["/video/", "/user/", "/share/mix/detail/", "modal_id=", "vid=", ID, SEC_UID, "9".repeat(30)],
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

  it("is read, or refused by an error of dylive; only short links of the platform are to be followed", () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...SIDES), (given, door) => {
        try {
          const pasted = readPaste(given, door) as Meaning;
          if (pasted.kind === "short_link") expect(SHORT_LINK_HOSTS).toContain(pasted.host);
        } catch (error) {
          expect(error).toBeInstanceOf(DyliveError);
          expect((error as DyliveError).code).toBe(door.code);
          expect((error as DyliveError).detail.length).toBeLessThan(400);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each(["https://", "live.douyin.com", "v.douyin.com/a/", "/", "@", "-", "中", "%", "1", "[", "modal_id=", "www.douyin.com/video/"])(
    "%j many times over is no harder",
    (repeated) => {
      const given = `${repeated.repeat(3900 / repeated.length)} `;
      for (const door of SIDES) {
        try {
          readPaste(given, door);
        } catch (error) {
          expect(error).toBeInstanceOf(DyliveError);
        }
      }
    },
  );
});
