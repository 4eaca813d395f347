import { type Browser, type BrowserContext, chromium, type Page, type Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import { type EgressProxy, openEgressProxy, pageHosts } from "../../src/platform/browser/egress-proxy.js";
import { closePage } from "../../src/platform/browser/page.js";
import { systemClock } from "../../src/runtime/clock.js";
import { TEST_ARGUMENTS, testBrowser } from "./chromium.js";

const LIST = '[data-e2e="comment-list"]';
const ITEMS = `${LIST} [data-e2e="comment-item"]`;

let simulator: Simulator;
let egress: EgressProxy;
let browser: Browser;
let context: BrowserContext;
let page: Page;
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
  egress = await openEgressProxy({ allows: pageHosts(["douyinvod.com"]), upstream: simulator.url, proxy: null });
  browser = await chromium.launch({ executablePath: testBrowser(), args: [...TEST_ARGUMENTS] });
  context = await browser.newContext({ ...egress.contextOptions, viewport: { width: 1280, height: 720 } });
  await context.newPage(); // a page beside another costs half as much
});
afterAll(async () => {
  await browser.close();
  await egress.close();
  await simulator.close();
});
beforeEach(async () => {
  await context.clearCookies(); // of another visitor
  page = await context.newPage();
});
afterEach(() => closePage(page, systemClock));

const work = (name: string) => simulator.works.work(name);
/** A request of the page, by its path and by what it asks. */
const asks = (path: string, wanted: Record<string, string>) => (request: Request) => {
  const { pathname, searchParams } = new URL(request.url());
  return pathname === `/aweme/v1/web/${path}/` && Object.entries(wanted).every(([name, value]) => searchParams.get(name) === value);
};
/** The reply to it, begun to be waited for before what causes it. */
const reply = async (path: string, wanted: Record<string, string>) => {
  const request = await page.waitForEvent("requestfinished", { predicate: asks(path, wanted) });
  const response = await request.response();
  return { host: new URL(request.url()).host, status: response?.status(), body: (await response?.json()) as Record<string, unknown> };
};
/** Opens a work's page with its film stopped, unless `plays` is set: after four seconds the next would come. */
const open = async (name: string, faults: WorkFault[] = []) => {
  simulator.works.setFaults(name, faults);
  const { id } = work(name);
  const detail = reply("aweme/detail", { aweme_id: id });
  await page.addInitScript("document.addEventListener('play', (event) => window.plays || event.target.pause(), true)");
  await page.goto(`https://www.douyin.com/video/${id}`, { waitUntil: "domcontentloaded" });
  return { id, detail };
};
/** Clicks the comment icon that can be seen. */
const openPanel = () => page.locator('[data-e2e="feed-comment-icon"]').nth(1).click();
/** Scrolls the panel to its end, when so many comments are in it. */
const scrollPanel = async (comments: number) => {
  await page
    .locator(ITEMS)
    .nth(comments - 1)
    .waitFor();
  await page.locator(LIST).hover();
  await page.mouse.wheel(0, 3000);
};

describe("a film's page in a browser", () => {
  it("asks for the work by itself, and for the comments once the panel is open, scrolled and clicked in", async () => {
    const { id, detail } = await open("plain");
    expect(await detail).toMatchObject({ host: "www.douyin.com", status: 200, body: { aweme_detail: { aweme_id: id } } });
    expect(simulator.works.requests.some(({ path }) => path === "comment/list")).toBe(false);

    const first = reply("comment/list", { aweme_id: id, cursor: "0", count: "5" });
    await openPanel();
    expect(await first).toMatchObject({ host: "www-hj.douyin.com", status: 200, body: { has_more: 1, cursor: 5 } });
    await page.locator(ITEMS).nth(4).waitFor();

    // The wheel acts where the pointer is: elsewhere it moves nothing of the panel.
    await page.mouse.move(300, 300);
    await page.mouse.wheel(0, 3000);
    expect(await page.locator(LIST).evaluate((list) => (list as unknown as { scrollTop: number }).scrollTop)).toBe(0);
    const second = reply("comment/list", { aweme_id: id, cursor: "5", count: "10" });
    await scrollPanel(5);
    expect(await second).toMatchObject({ status: 200, body: { has_more: 1, cursor: 15 } });

    const opener = page.locator(`${ITEMS} .replyContainer`).first().getByText("展开5条回复");
    await opener.evaluate((element) => (element as unknown as { click(): void }).click()); // no person's click
    const replies = reply("comment/list/reply", { item_id: id, comment_id: work("plain").comments[0]?.cid ?? "", cursor: "0", count: "3" });
    await opener.click();
    expect(await replies).toMatchObject({
      host: "www-hj.douyin.com",
      body: { has_more: 1, cursor: 3, comments: [{ level: 2 }, { level: 2 }, { level: 3 }] },
    });
    const rest = reply("comment/list/reply", { item_id: id, cursor: "3" });
    await page.locator(ITEMS).first().getByText("查看更多回复").click();
    expect(await rest).toMatchObject({ body: { has_more: 0, cursor: 5 } });
    await page.locator(`${ITEMS} .replyContainer`).first().getByText("查看更多回复").waitFor({ state: "detached" });
    expect(await page.locator(`${ITEMS} .replyContainer`).first().locator("p").count()).toBe(5);
    expect(simulator.works.requests.filter(({ path }) => path === "comment/list/reply").length).toBe(2);

    for (let cursor = 15; cursor < 34; cursor += 10) {
      const next = reply("comment/list", { aweme_id: id, cursor: `${cursor}` });
      await scrollPanel(cursor);
      await next;
    }
    await page.locator(`${LIST} > .end`, { hasText: "暂时没有更多评论" }).waitFor();
    expect(await page.locator(ITEMS).count()).toBe(34);
    expect(simulator.works.requests.filter(({ refusal }) => refusal !== null)).toEqual([]);
  });

  it("goes on with the next work when the film ends, and the open panel with it", async () => {
    const { id, detail } = await open("uhd");
    await detail;
    const first = reply("comment/list", { aweme_id: id });
    await page.getByRole("tab", { name: "评论" }).click();
    await first;
    const next = work("dash").id;
    const replies = Promise.all([reply("aweme/detail", { aweme_id: next }), reply("comment/list", { aweme_id: next, cursor: "0" })]);
    await page.evaluate(
      "window.plays = true; document.querySelector('video').currentTime = 1; document.querySelector('video').play().catch(() => {})",
    );
    expect((await replies).map(({ status }) => status)).toEqual([200, 200]);
  });

  it("shows a login wall after three pages", async () => {
    const { id } = await open("plain", ["comments_wall"]);
    const first = reply("comment/list", { aweme_id: id, cursor: "0" });
    await openPanel();
    await first;
    for (const cursor of [5, 15]) {
      const next = reply("comment/list", { aweme_id: id, cursor: `${cursor}` });
      await scrollPanel(cursor);
      await next;
    }
    await scrollPanel(25);
    await page.locator(".video-comment-cover__btn", { hasText: "登录后查看更多评论" }).waitFor();
    expect(await page.locator(ITEMS).count()).toBe(25);
  });

  it("asks twice, or never, and does nothing at the first click of a person, when told so", async () => {
    let details = 0;
    const twice = page.waitForEvent("requestfinished", {
      predicate: (request) => asks("aweme/detail", { aweme_id: work("plain").id })(request) && ++details === 2,
    });
    const { id } = await open("plain", ["detail_twice", "reply_click_ignored"]);
    await twice;
    const first = reply("comment/list", { aweme_id: id, cursor: "0" });
    await openPanel();
    await first;
    const opener = page.locator(`${ITEMS} .replyContainer`).first().getByText("展开5条回复");
    const before = simulator.works.requests.length;
    await opener.click();
    const replies = reply("comment/list/reply", { item_id: id });
    await opener.click();
    await replies;
    expect(simulator.works.requests.slice(before).map(({ path }) => path)).toEqual(["comment/list/reply"]);
    simulator.works.setFaults("plain", ["detail_never"]);
    const other = reply("danmaku/get_v2", { item_id: id });
    const asked = simulator.works.requests.length;
    await page.reload();
    await other;
    expect(simulator.works.requests.slice(asked).filter(({ path, of }) => path === "aweme/detail" && of === id)).toEqual([]);
  });

  it("turns into a captcha page in the middle of the comments, and shows a dialog to log in, when told so", async () => {
    const { id } = await open("plain", ["comments_captcha", "page_login_card"]);
    await page.locator("[role=dialog]", { hasText: "登录" }).waitFor();
    const first = reply("comment/list", { aweme_id: id, cursor: "0" });
    await openPanel();
    await first;
    await scrollPanel(5);
    await page.waitForFunction("document.title === '验证码中间页'");
  });

  it("is refused to a script that only asks: the mark is the page's own", async () => {
    const { id, detail } = await open("plain");
    await detail;
    const asked = await page.evaluate(
      `fetch("/aweme/v1/web/aweme/detail/?aweme_id=${id}").then(async (reply) => [reply.status, await reply.text()])`,
    );
    expect(asked).toEqual([403, "Blocked by ArgusSecurityPlugin Uifid Not Found"]);
  });

  it.each<[WorkFault, string]>([
    ["app_frame", "snssdk1128://aweme/detail/"],
    ["app_navigation", "snssdk1128://aweme/detail/"],
  ])("tries the app's scheme with %s, and stays where it is", async (fault, scheme) => {
    const tried = page.waitForEvent("request", { predicate: (request) => request.url().startsWith(scheme) });
    const { id, detail } = await open("plain", [fault]);
    expect((await tried).url()).toBe(`${scheme}${id}`);
    expect(await detail).toMatchObject({ body: { aweme_detail: { aweme_id: id } } });
    expect(page.url()).toBe(`https://www.douyin.com/video/${id}`);
  });

  it("opens the app's scheme in a window at the first click with app_popup", async () => {
    const { detail } = await open("plain", ["app_popup"]);
    await detail;
    const popup = page.waitForEvent("popup");
    await openPanel();
    await (await popup).close();
  });

  it("loses the body of a reply by loading itself again, and then gives it", async () => {
    const failed = page.waitForEvent("requestfailed", { predicate: asks("aweme/detail", { aweme_id: work("plain").id }) });
    const { id, detail } = await open("plain", ["detail_lost"]);
    await failed;
    expect(await detail).toMatchObject({ body: { aweme_detail: { aweme_id: id } } });
  });
});

it("knows the pictures, stamps and all", async () => {
  for (const name of ["pictures", "live_photos"])
    for (const { webp, jpeg } of work(name).images.slice(0, 4))
      for (const { type, bytes } of [webp, jpeg]) {
        const size = `(async () => { const image = new Image(); image.src = "data:${type};base64,${bytes.toString("base64")}"; await image.decode(); return [image.naturalWidth, image.naturalHeight]; })()`;
        expect(await page.evaluate(size)).toEqual([360, 480]);
      }
});

describe("other pages in a browser", () => {
  it("of a note: comments beside it are asked for at once, and its number under /video/ leads to it", async () => {
    const { id } = work("pictures");
    const first = reply("comment/list", { aweme_id: id, cursor: "0", count: "5" });
    await page.goto(`https://www.douyin.com/video/${id}`);
    expect(page.url()).toBe(`https://www.douyin.com/note/${id}`);
    await first;
    const second = reply("comment/list", { aweme_id: id, cursor: "5" });
    await scrollPanel(5); // here what is around the list scrolls
    await second;
  });

  it("by a short link lead to the work", async () => {
    await page.goto(`https://v.douyin.com/${work("plain").shortCode}/`);
    expect(page.url()).toBe(`https://www.douyin.com/video/${work("plain").id}?previous_page=web_code_link`);
  });

  it("of an author: who they are and their first works at once; the next page, when scrolled to, is refused to a guest", async () => {
    const [, author] = simulator.works.catalogue.authors;
    const sec_user_id = author?.secUid ?? "";
    const [profile, first] = [
      reply("user/profile/other", { sec_user_id }),
      reply("aweme/post", { sec_user_id, max_cursor: "0", count: "18" }),
    ];
    await page.goto(`https://www.douyin.com/user/${sec_user_id}`);
    expect(await profile).toMatchObject({ host: "www-hj.douyin.com", body: { user: { sec_uid: sec_user_id } } });
    const { body } = await first;
    expect(body["aweme_list"]).toHaveLength(20);
    await page.locator('[data-e2e="scroll-list"] li').nth(19).waitFor();
    const second = reply("aweme/post", { sec_user_id, max_cursor: String(body["max_cursor"]) });
    await page.mouse.move(500, 400);
    await page.mouse.wheel(0, 5000);
    expect((await second).body).toEqual({ status_code: 0 });
  });

  it("of a mix: all of it, in two pages", async () => {
    const [mix] = simulator.works.catalogue.mixes;
    const mix_id = mix?.id ?? "";
    const [about, first] = [reply("mix/detail", { mix_id }), reply("mix/aweme", { mix_id, cursor: "0", count: "20" })];
    await page.goto(`https://www.douyin.com/collection/${mix_id}`);
    expect([(await about).status, (await first).body["has_more"]]).toEqual([200, 1]);
    await page.locator('[data-e2e="scroll-list"] li').nth(19).waitFor();
    const second = reply("mix/aweme", { mix_id, cursor: "20" });
    await page.mouse.move(500, 400);
    await page.mouse.wheel(0, 5000);
    expect((await second).body).toMatchObject({ has_more: 0, cursor: 23 });
  });
});
