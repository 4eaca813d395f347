// Guards: The simulated film page asks for comments, replies and the next film only as the platform's page does.
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
    expect(simulator.works.requests.filter(({ path }) => path === "comment/list/reply").length).toBe(1);
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

  it("tries the app's scheme with app_navigation, and stays where it is", async () => {
    const scheme = "snssdk1128://aweme/detail/";
    const tried = page.waitForEvent("request", { predicate: (request) => request.url().startsWith(scheme) });
    const { id, detail } = await open("plain", ["app_navigation"]);
    expect((await tried).url()).toBe(`${scheme}${id}`);
    expect(await detail).toMatchObject({ body: { aweme_detail: { aweme_id: id } } });
    expect(page.url()).toBe(`https://www.douyin.com/video/${id}`);
  });
});
