// Guards: Pages, short links and share pages of works hold and hide what the platform's do, and a page's faults are as they are named.
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { WorkFault } from "../../simulator/index.js";
import { useWorks } from "./stage.js";
import { at, rowsOf, workIn } from "./works-visitor.js";

const stage = useWorks();
const { work } = stage;
const videoPage = (name: string) => stage.guest.page(`/video/${work(name).id}`);
const inPage = (html: string, name: string) => workIn(rowsOf(html), work(name).id);
/** Where a reply leads: host and path on the platform. */
const leadsTo = (reply: Response) => /\/@(.*)$/.exec(reply.headers.get("location") ?? "")?.[1];

describe("the state in a page", () => {
  it("does not hold every film, nor what is not for everybody", async () => {
    for (const name of ["plain", "deleted", "private", "friends"]) expect(inPage((await videoPage(name)).html, name)).toBeUndefined();
    expect(inPage((await videoPage("needs_login")).html, "needs_login")).toMatchObject({ pcNeedLogin: true });
    expect(at(inPage((await videoPage("needs_login")).html, "needs_login"), "video", "playAddr")).toBeUndefined();
  });

  it("has its texts escaped: nothing ends the script, and the text comes back whole", async () => {
    stage.simulator.works.setFaults("long_text", ["page_present"]);
    const { html } = await videoPage("long_text");
    expect(at(inPage(html, "long_text"), "desc")).toBe(work("long_text").text);
    expect(html).not.toContain("<img src=x");
  });

  it("is where the fault says: behind relative addresses, in 25,000 rows, or in two chunks of which neither is a row", async () => {
    const faulty = async (fault: WorkFault) => {
      stage.simulator.works.setFaults("place", [fault]);
      return (await videoPage("place")).html;
    };
    expect(at(inPage(await faulty("page_relative"), "place"), "video", "playAddr", 0, "src")).toMatch(/^\/\/v3-web/);
    expect((await faulty("page_deep")).match(/\{\}/g)?.length).toBeGreaterThan(25_000);
    const html = await faulty("page_half");
    expect(inPage(html, "place")).toBeDefined();
    const scripts = html.match(/<script>self\.__pace_f\.push\(\[1,"(?:[^"\\]|\\.)*"\]\)<\/script>/g) ?? [];
    expect(scripts.some((script) => inPage(script, "place"))).toBe(false);
  });
});

describe("pages", () => {
  it("lead a note's number under /video/ to its page, and a film's under /note/", async () => {
    expect(leadsTo(await stage.guest.open(`/video/${work("pictures").id}?x=1`))).toBe(`www.douyin.com/note/${work("pictures").id}`);
    expect(leadsTo(await stage.guest.open(`/note/${work("plain").id}`))).toBe(`www.douyin.com/video/${work("plain").id}`);
    for (const kind of ["note", "slides", "gallery"])
      expect((await stage.guest.page(`/${kind}/${work("pictures").id}`)).told["id"]).toBe(work("pictures").id);
  });

  it("exist for every number, and tell their script what it needs", async () => {
    const unknown = await stage.guest.page("/video/7000000000000000001");
    expect([unknown.status, unknown.told["id"]]).toEqual([200, "7000000000000000001"]);
    expect((await stage.guest.page("/video/12")).status).toBe(404);
    stage.simulator.works.setFaults("plain", ["comments_wall"]);
    expect((await videoPage("plain")).told).toMatchObject({
      kind: "work",
      panel: "icon",
      wallAfter: 3,
      durationMs: 4000,
      next: [{}, {}, {}],
    });
  });

  it("have the comment icon twice, a tab, or the comments beside", async () => {
    const icons = async (path: string) => (await stage.guest.page(path)).html.match(/data-e2e="feed-comment-icon"/g)?.length ?? 0;
    expect(await icons(`/video/${work("plain").id}`)).toBe(2);
    expect(await icons(`/note/${work("pictures").id}`)).toBe(0);
    expect((await videoPage("uhd")).html).toMatch(/role="tab" class="tab">评论\(\d+\)</);
  });

  it.each<[WorkFault, number, RegExp]>([
    ["page_captcha", 200, /<title>验证码中间页<\/title>.*请使用「抖音 APP」扫码验证/],
    ["page_rate", 200, /访问过于频繁/],
    ["page_missing", 404, /页面不存在/],
  ])("with %s are %i", async (fault, status, says) => {
    stage.simulator.works.setFaults("plain", [fault]);
    const page = await videoPage("plain");
    expect(page.status).toBe(status);
    expect(page.html).toMatch(says);
  });

  it("are captcha pages when everything is, and the home page is one to a browser", async () => {
    // fetch says of itself that it is no navigation.
    const home = await new Promise<string>((resolve, reject) => {
      get(`${stage.simulator.url}/@www.douyin.com/`, { headers: { "sec-fetch-mode": "navigate" } }, (reply) =>
        text(reply).then(resolve, reject),
      ).on("error", reject);
    });
    expect(home).toContain("<title>验证码中间页</title>");
    expect(await (await stage.guest.open("/jingxuan")).text()).toContain("<title>验证码中间页</title>");
    stage.simulator.rooms.captcha();
    expect((await videoPage("plain")).html).toContain("<title>验证码中间页</title>");
  });

  it("of authors and mixes exist", async () => {
    const [author] = stage.simulator.works.catalogue.authors;
    const [mix] = stage.simulator.works.catalogue.mixes;
    const user = await stage.guest.page(`/user/${author?.secUid}`);
    expect(user.told).toMatchObject({ kind: "user", id: author?.secUid });
    expect(at(rowsOf(user.html), 0, 3, "user", "user")).toMatchObject({ secUid: author?.secUid, nickname: "山里的相机", roomIdStr: "0" });
    for (const path of ["collection", "mix"])
      expect((await stage.guest.page(`/${path}/${mix?.id}`)).told).toMatchObject({ kind: "mix", id: mix?.id });
    expect((await stage.guest.page("/collection/7000000000000000001")).status).toBe(404);
    expect((await stage.guest.page("/user/MS4wLjABAAAAnobody")).status).toBe(404);
  });
});

describe("links", () => {
  it.each(["v.douyin.com", "v.iesdouyin.com", "jx.douyin.com"])("are short at %s: two hops", async (host) => {
    for (const [name, path] of [
      ["plain", "video"],
      ["pictures", "note"],
    ] as const) {
      const first = leadsTo(await stage.guest.open(`/${work(name).shortCode}/`, host)) ?? "";
      expect(first).toMatch(new RegExp(`^www\\.iesdouyin\\.com/share/${path}/${work(name).id}/\\?`));
      const [, share = ""] = /^www\.iesdouyin\.com(.*)$/.exec(first) ?? [];
      expect(leadsTo(await stage.guest.open(share, "www.iesdouyin.com"))).toBe(
        `www.douyin.com/${path}/${work(name).id}?previous_page=web_code_link`,
      );
    }
    expect((await stage.guest.open("/NOTHING/", host)).status).toBe(404);
  });

  it("are share pages without the work to a phone; only notes are to be had beside it", async () => {
    const phone = { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148" };
    const shell = await (await stage.guest.open(`/share/note/${work("pictures").id}/`, "www.iesdouyin.com", phone)).text();
    const router = JSON.parse(/_ROUTER_DATA = (\{.*?\})<\/script>/.exec(shell)?.[1] ?? "null") as unknown;
    expect(at(router, "loaderData", "note_(id)/page")).toMatchObject({ itemId: work("pictures").id, renderInSSR: 1 });
    expect(shell).not.toContain(work("pictures").author.nickname);
    const info = (id: string, more = "") =>
      stage.guest.plain(`/web/api/v2/aweme/slidesinfo/?aweme_ids=%5B${id}%5D&request_source=200${more}`, "www.iesdouyin.com");
    expect((await info(work("pictures").id)).json).toMatchObject({ aweme_details: [{ aweme_id: work("pictures").id }] });
    expect((await info(work("plain").id)).json).not.toHaveProperty("aweme_details");
    expect((await info(work("pictures").id, "&a_bogus=x")).text).toBe("");
    expect(leadsTo(await stage.guest.open("/share/mix/detail/7000000000000000001/", "www.iesdouyin.com"))).toBe(
      "www.douyin.com/collection/7000000000000000001",
    );
  });
});
