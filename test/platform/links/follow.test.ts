// Guards: A short link is followed on the platform's hosts alone, by its redirects and else by a browser page, to what it means.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { isPlatformHost, type Platform, platformAt, type Reply } from "../../../src/platform/access/platform.js";
import { followPaste, type OpenPage } from "../../../src/platform/links/follow.js";
import { type Door, ROOM_DOOR, worksDoor } from "../../../src/platform/links/paste.js";
import { DyliveError } from "../../../src/runtime/errors.js";
import { ANY_CHARACTER } from "../../any-character.js";
import { runsOf } from "../../whole.js";

const SIGNAL = new AbortController().signal;
const ID = "7321234567890123456";
const SEC_UID = `MS4wLjABAAAA${"x".repeat(40)}`;
const LINK = "https://v.douyin.com/AbCdEfG/";
const WAY = "https://www.iesdouyin.com/forward";
const unopened: OpenPage = () => Promise.reject(new Error("a page was opened"));
const WORK = worksDoor(["work"], Date.UTC(2026, 10, 27));

type Answer = Pick<Reply, "status"> & { readonly location?: string; readonly body?: string };
const to = (location: string): Answer => ({ status: 302, location });

/** A platform whose addresses answer as listed, all others with 404; notes which were asked. */
function scripted(answers: Readonly<Record<string, Answer>>): { readonly platform: Platform; readonly asked: string[] } {
  const asked: string[] = [];
  const platform: Platform = {
    ...platformAt(null),
    get: async (host, path, headers) => {
      expect(headers).not.toHaveProperty("cookie");
      asked.push(`https://${host}${path}`);
      const { status, location, body = "" } = answers[`https://${host}${path}`] ?? { status: 404 };
      return { status, headers: location === undefined ? {} : { location }, body: Buffer.from(body) };
    },
  };
  return { platform, asked };
}

async function follow(
  answers: Readonly<Record<string, Answer>>,
  { door = WORK as Door<unknown>, open }: { door?: Door<unknown>; open?: OpenPage } = {},
) {
  const { platform, asked } = scripted(answers);
  const end = await followPaste(LINK, door, { platform, userAgent: "test", open }, SIGNAL);
  return { end: JSON.parse(JSON.stringify(end)) as typeof end, asked };
}

describe("followPaste", () => {
  it("ends at the first address that means something, and asks no further", async () => {
    const share = `https://www.iesdouyin.com/share/video/${ID}/?region=CN&mid=1`;
    expect(await follow({ [LINK]: to(share), [share]: to(`https://www.douyin.com/video/${ID}?previous_page=app_code_link`) })).toEqual({
      end: { kind: "work", id: ID, page: "video" },
      asked: [LINK],
    });
    expect(await follow({ [LINK]: to(WAY), [WAY]: to(`https://www.douyin.com/note/${ID}`) })).toMatchObject({
      end: { kind: "work", id: ID, page: "note" },
      asked: [LINK, WAY],
    });
  });

  it("asks nobody where the text is no short link", async () => {
    const { platform, asked } = scripted({});
    expect(await followPaste(ID, WORK, { platform, userAgent: "test" }, SIGNAL)).toEqual({ kind: "work", id: ID, page: null });
    expect(asked).toEqual([]);
  });

  it("judges the end by the side that asked", async () => {
    const user = { [LINK]: to(`https://www.iesdouyin.com/share/user/${SEC_UID}?sec_uid=${SEC_UID}`) };
    expect((await follow(user, { door: ROOM_DOOR })).end).toMatchObject({ kind: "room", name: { kind: "sec_uid", value: SEC_UID } });
    await expect(follow(user)).rejects.toMatchObject({
      code: "bad_work",
      detail: "the short link leads to an author's page, not to a work: `dylive works LINK` lists the works",
    });
    await expect(follow({ [LINK]: to("https://www.douyin.com/video/9321234567890123456") })).rejects.toMatchObject({
      detail: /yet to come/,
    });
  });

  it.each<[what: string, answers: Readonly<Record<string, Answer>>, reason: string, asked: readonly string[]]>([
    ["itself", { [LINK]: to(WAY), [WAY]: to(WAY) }, "ends at www.iesdouyin.com/forward, which names nothing", [LINK, WAY]],
    ["an earlier one", { [LINK]: to(WAY), [WAY]: to(LINK) }, "leads back to itself", [LINK, WAY]],
    [
      "the start page",
      { [LINK]: to("https://www.douyin.com/?a=1") },
      "leads to the start page of www.douyin.com, which names nothing",
      [LINK],
    ],
  ])("names nothing where an address redirects to %s", async (_what, answers, reason, asked) => {
    expect(await follow(answers)).toEqual({ end: { outcome: "unknown", reason: `the short link ${reason}` }, asked });
  });

  it("goes to no address with a name, a password or a port, and says why", async () => {
    for (const at of ["user:secret@www.douyin.com", "www.douyin.com:8443"]) {
      const { end, asked } = await follow({ [LINK]: to(`https://${at}/video/${ID}`) }, { open: unopened });
      expect(end).toEqual({ outcome: "unknown", reason: expect.stringMatching(/^the short link was not followed: the address at www/) });
      expect([asked, JSON.stringify(end).includes("secret")]).toEqual([[LINK], false]);
    }
  });

  it("gives up after five redirects", async () => {
    const answers = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [i === 0 ? LINK : `https://v.douyin.com/${i}/`, to(`/${i + 1}/`)] as const),
    );
    const { end, asked } = await follow(answers, { open: unopened });
    expect(end).toMatchObject({ outcome: "unknown", reason: /redirected 5 times/ });
    expect(asked.length).toBe(5);
  });

  it.each([404, 410])("knows by HTTP %i that there is no such link, and opens no page for it", async (status) => {
    const { end } = await follow({ [LINK]: { status, body: "gone" } }, { open: unopened });
    expect(end).toEqual({ outcome: "gone", reason: `there is no such short link (HTTP ${status})` });
  });

  it("takes a room that a page names for what is meant only on the live side", async () => {
    const page = { [LINK]: { status: 200, body: '{"web_rid":"100000001"}' } };
    expect((await follow(page, { door: ROOM_DOOR })).end).toMatchObject({ kind: "room", name: { value: "100000001" } });
    expect((await follow(page)).end).toMatchObject({ outcome: "unknown" });
  });

  it("contacts no host but the platform's, wherever a link redirects", async () => {
    const foreign = ["evil.com", "127.0.0.1:1", "[::1]", "douyin.com.evil.com", "a@evil.com", "ixigua.com", ""];
    const location = fc.oneof(
      fc
        .tuple(
          fc.constantFrom("https://", "http://", "//", "file://", "", "javascript:"),
          fc.constantFrom("www.douyin.com", "v.douyin.com", ...foreign),
          fc.constantFrom("", "/", "/a/", `/video/${ID}`, "/x?modal_id=1"),
        )
        .map((parts) => parts.join("")),
      fc.string({ unit: ANY_CHARACTER }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(location, { maxLength: 7 }), location, async (locations, settled) => {
        const asked: string[] = [];
        const platform: Platform = {
          ...platformAt(null),
          get: async (host) => {
            asked.push(host);
            const next = locations[asked.length - 1];
            return next === undefined
              ? { status: 200, headers: {}, body: Buffer.from("<html>") }
              : { status: 302, headers: { location: next }, body: Buffer.alloc(0) };
          },
        };
        const opened: string[] = [];
        const open = async (url: string) => {
          opened.push(url);
          return settled;
        };
        try {
          await followPaste(LINK, WORK, { platform, userAgent: "test", open }, SIGNAL);
        } catch (error) {
          expect(error).toBeInstanceOf(DyliveError);
        }
        expect(asked.filter((host) => !isPlatformHost(host))).toEqual([]);
        expect([[], [LINK]]).toContainEqual(opened);
      }),
      { numRuns: runsOf(200) },
    );
  });
});

describe("a browser page", () => {
  const video = `https://www.douyin.com/video/${ID}`;
  const silent: Readonly<Record<string, Answer>> = {
    "a page": { status: 200, body: "<title>验证码中间页</title>" },
    "an empty reply": { status: 200 },
    "a refusal": { status: 403, body: "Blocked" },
    "a fault of the platform": { status: 500 },
    "the captcha's host": to("https://verify.zijieapi.com/captcha"),
    "the start page": to("https://www.douyin.com/"),
    "a redirect to itself": to(LINK),
  };

  it.each(Object.entries(silent))("tells where a link leads that plain redirects do not: %s", async (_what, answer) => {
    expect((await follow({ [LINK]: answer })).end).toMatchObject({ outcome: "unknown" });
    const open = vi.fn<OpenPage>(async () => video);
    expect((await follow({ [LINK]: answer }, { open })).end).toEqual({ kind: "work", id: ID, page: "video" });
    expect(open.mock.calls).toEqual([[LINK, SIGNAL]]);
  });

  it("is not opened where redirects tell it, nor where they lead away from the platform", async () => {
    expect((await follow({ [LINK]: to(video) }, { open: unopened })).end).toMatchObject({ kind: "work" });
    expect((await follow({ [LINK]: to("https://evil.example/") }, { open: unopened })).end).toMatchObject({
      outcome: "unknown",
      reason: /not followed/,
    });
  });

  it.each([
    ["https://www.douyin.com/", "www.douyin.com/, which names nothing"],
    [LINK, "v.douyin.com/AbCdEfG/, which names nothing"],
    ["https://evil.example/video/1", "evil.example, which is not an address of the platform"],
    ["chrome-error://chromewebdata/", "chromewebdata, which is not an address of the platform"],
    ["http://[", "an address that cannot be read, which is not an address of the platform"],
  ])("that settles at %s tells nothing", async (settled, where) => {
    const { end } = await follow({ [LINK]: { status: 200, body: "x" } }, { open: async () => settled });
    expect(end).toEqual({ outcome: "unknown", reason: `the short link leads a browser page to ${where}` });
  });

  it("that settles at another kind of page is refused as a link to it is", async () => {
    const open = async () => "https://live.douyin.com/100000001";
    await expect(follow({ [LINK]: { status: 200, body: "x" } }, { open })).rejects.toMatchObject({
      code: "bad_work",
      detail: "the short link leads to a live room, not to a work: `dylive watch LINK` reads it",
    });
  });

  it("that fails is told as the step that failed", async () => {
    const open = () => Promise.reject(new DyliveError("no_browser", "none is installed"));
    await expect(follow({ [LINK]: { status: 200, body: "x" } }, { open })).rejects.toMatchObject({
      code: "no_browser",
      step: "short_link",
    });
  });
});
