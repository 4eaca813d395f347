// Guards: A pasted text is read as the link or id in it, and refused in a sentence that says what it is and repeats no password.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inLanguage } from "../../../src/i18n/words.js";
import { type Meaning, withoutPassword } from "../../../src/platform/links/link.js";
import { type Door, ROOM_DOOR, readPaste, unquoted, worksDoor } from "../../../src/platform/links/paste.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import { ANY_CHARACTER } from "../../any-character.js";

const NOW = Date.UTC(2026, 10, 27);
const ID = "7321234567890123456";
const SEC_UID = `MS4wLjABAAAA${"x".repeat(40)}`;
const WORK = worksDoor(["work"], NOW);
const LISTS = worksDoor(["author", "mix"], NOW);
const SIDES: readonly Door<unknown>[] = [ROOM_DOOR, WORK, LISTS];
const SHORT_LINK_HOSTS = ["v.douyin.com", "v.iesdouyin.com", "jx.douyin.com"];

/** The error with which a door refuses a text. */
function refused(text: string, door: Door<unknown>): DyliveError {
  try {
    readPaste(text, door);
  } catch (error) {
    if (error instanceof DyliveError && error.code === door.code) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

const refusal = (text: string, door: Door<unknown>) => refused(text, door).detail;

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

  it.each([
    "[猫](https://live.douyin.com/100000001)",
    "[https://live.douyin.com/100000001](https://live.douyin.com/100000001)",
    '看 [live.douyin.com/100000001](live.douyin.com/100000001 "猫")，不错',
    "**[猫](https://live.douyin.com/100000001)**",
    "[猫](<https://live.douyin.com/100000001>)",
  ])("gives the link of Markdown: %s", (text) => {
    expect(readPaste(text, ROOM_DOOR)).toMatchObject({ kind: "room", name: { kind: "web_rid", value: "100000001" } });
  });

  it("gives the work of a search whose words stand in the address as they were typed", () => {
    const work = { kind: "work", id: ID, page: null };
    for (const address of [
      ...["https://www.douyin.com/search/猫", "www.douyin.com/root/search/猫咪、“日常”_1", "https://www.douyin.com/search/雨后 山路"],
      ...["https://www.douyin.com/search/#猫咪 日常", "www.douyin.com/search/cat #1 b", "https://www.douyin.com/search/100%"],
    ])
      expect(readPaste(share(`${address}?modal_id=${ID}&type=general`), WORK)).toEqual(work);
    expect(refusal("看https://www.douyin.com/search/猫，不错？", WORK)).toMatch(/^the link leads to a search page/);
    const first = `https://www.douyin.com/search/雨后 山路?type=general&modal_id=${ID}`;
    expect(readPaste(first, WORK)).toEqual(work);
    expect(refusal(`https://www.douyin.com/search/猫 好看吗? modal_id=${ID}`, WORK)).toMatch(/^the link leads to a search page/);
    // What touches an address is no part of it.
    const next = `https://www.douyin.com/search/cat看这个https://www.douyin.com/video/${ID}?modal_id=1`;
    expect(readPaste(next, WORK)).toEqual({ ...work, page: "video" });
  });

  it("takes no address with a port, nor of a host behind an @", () => {
    expect(refusal(`看 https://www.douyin.com:8443/video/${ID}`, WORK)).toMatch(/^the address at www\.douyin\.com has the port 8443, /);
    expect(refusal("https://www.douyin.com@evil.com/video/1", WORK)).toMatch(/^"evil\.com" is not an address of the platform/);
  });

  it("says no password again, whichever way its address is written", () => {
    for (const door of SIDES)
      for (const [text, why] of [
        [`看 https://user:secret@www.douyin.com/video/${ID}`, /^the address at www\.douyin\.com has a user name .* before the @$/],
        [`user:secret@www.douyin.com/video/${ID}`, /^the address at www\.douyin\.com has a user name or a password in it/],
        [`看user:secret@live.douyin.com/1`, /^the address at live\.douyin\.com has a user name/],
        ["secret@v.douyin.com", /^the address at v\.douyin\.com has a user name/],
        ["https://user:sec/secret@www.douyin.com/", /^the address at www\.douyin\.com has a user name/],
        ["user:se@secret@www.douyin.com:80/", /^the address at www\.douyin\.com has a user name/],
        [`${"x".repeat(30)} user:secret@evil.com/video/${ID}`, /^"x+ …@evil\.co" holds no link/],
        ["https://user:sec/secret@evil.com/", /^"https:\/\/…@evil\.com\/" is not an address/],
        ["ftp://user:secret@evil.com", /^"ftp:\/\/…@evil\.com" holds no link/],
      ] as const) {
        expect(refusal(text, door)).toMatch(why);
        expect(refusal(text, door)).not.toContain("secret");
      }
    for (const text of ["https://www.douyin.com/search/a:b@c", "7.66 B@T.IP 看看", "@小安安 你好"])
      expect(withoutPassword(text)).toBe(text);
  });

  it.each([
    [`https://www.douyin.com/`, "这个链接是www.douyin.com 的首页，不是作品"],
    ["9321234567890123456", /^不可能有作品 9321234567890123456：按号码它的时间是 2038-\d\d-\d\d，按这台机器的时钟那还没有到；请检查/],
    ["https://www.douyin.com/hashtag/1", "这个链接是话题页，不是作品"],
    [`https://u:p@www.douyin.com/video/${ID}`, /^指向 www\.douyin\.com 的这个地址带有用户名或密码/],
    [`https://www.douyin.com:1/video/${ID}`, /^指向 www\.douyin\.com 的这个地址带有端口 1/],
  ])("%s is refused in Chinese, as a whole", (text, says) => {
    expect(inLanguage("zh", refused(text, WORK).said)).toMatch(says);
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
    ["https://www.douyin.com/user/self", /^the link leads to the page of your own account/],
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
    fc.string({ unit: ANY_CHARACTER, maxLength: 8 }),
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

  it("is read, or refused by an error of dylive; only short links of the platform are to be followed", () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...SIDES), (given, door) => {
        try {
          const pasted = readPaste(given, door) as Meaning;
          if (pasted.kind === "short_link") expect(SHORT_LINK_HOSTS).toContain(pasted.host);
        } catch (error) {
          if (!(error instanceof DyliveError)) throw error;
          expect([error.code, error.detail.length < 400]).toEqual([door.code, true]);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a text of 4,000 characters", () => {
  const none = (start: string) => `${JSON.stringify(start)} holds no link of the platform and is no id (a work's 19 digits)`;
  const host = `中${"a.".repeat(1990)}douyin.com`;

  it.each([
    ["a letter", "a".repeat(4000), none("a".repeat(40))],
    ["labels behind an @", `@${"a.".repeat(1999)}`, none(`@${"a.".repeat(19)}a`)],
    ["schemes", "a://".repeat(1000), none("a://".repeat(10))],
    ["schemes of the platform", `${"a://douyin.com/".repeat(266)}@c`, none("a://douyin.com/a://douyin.com/a://douyin")],
    ["blanks", `x${" ".repeat(3998)}x`, none(`x${" ".repeat(39)}`)],
    ["invisible characters", `x${"\u200b".repeat(3998)}x`, none(`x${"\u200b".repeat(39)}`)],
    ["labels of a host", host, `${host.slice(1)} itself, not to a work`],
    ["full stops", `https://www.douyin.com/${".,".repeat(1900)}x`, `www.douyin.com/${".,".repeat(29)}., not to a work`],
    ["slashes", `https://www.douyin.com${"/".repeat(3900)}x`, `www.douyin.com${"/".repeat(60)}, not to a work`],
  ])("of %s is refused as a short one is", (_of, given, sentence) => {
    expect(refusal(given, WORK).replace("the link leads to ", "")).toBe(sentence);
  });
});

describe("what takes linear time", () => {
  // As simple expressions say it, which take quadratic time.
  const HOST = "(?:[a-z0-9-]+\\.)*(?:douyin|iesdouyin|amemv|ixigua)\\.com";
  const LOGIN = new RegExp(`([a-z][a-z0-9+.-]*://)(?!${HOST}[/?#])\\S+@`, "giu");
  const BARE = new RegExp(`(?<!\\S)(?!\\S*://|${HOST}[/?#])(?:[^\\s:@]*:\\S*@|[^\\s@]+@(?=${HOST}))`, "giu");
  const BLANKS = /^[\s\u200b-\u200f\u2060\ufeff"'`“”‘’「」『』]+|[\s\u200b-\u200f\u2060\ufeff"'`“”‘’「」『』]+$/g;
  const piece = fc.oneof(
    fc.constantFrom(
      ..."a1K\u212a\u017f:/@.-+?# \n\u200b\ufeff\"'“」中😀\ud83d\udc00",
      ...["://", "a://", "A+1.-://", "douyin.com", "douyin.com/", "x.amemv.com#"],
    ),
    fc.string({ unit: ANY_CHARACTER, maxLength: 3 }),
  );
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(""));

  it("says the same as what does not", () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(withoutPassword(given)).toBe(given.replace(LOGIN, "$1…@").replace(BARE, "…@"));
        expect(unquoted(given)).toBe(given.replace(BLANKS, ""));
      }),
      { numRuns: 10_000 },
    );
  });
});
