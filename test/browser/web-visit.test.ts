// Guards: A first visit leads from a printed link and a pasted text to rooms with events, and the cards of rooms say what is going on.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../until.js";
import { Dashboard, seriousIn, textOf } from "./dashboard.js";
import { NEVER } from "./rooms.js";

const SHARED = "7.43 dnd:/ 【阿梨唱歌】正在直播，来和我一起支持TA吧。复制下方链接，打开【抖音】 https://v.douyin.com/DEMO2/ 直接观看直播！";
const SEARCH_FILE = /SearchPage-.*\.js/;
const PHONE = { viewport: { width: 390, height: 844 } };

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start();
});
afterAll(() => dashboard.close());
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

const link = () => `#token=${dashboard.token}`;
async function paste(page: Page, text: string): Promise<void> {
  await page.fill("#paste", text);
  await page.keyboard.press("Enter");
}
const said = (page: Page, role: string) => textOf(page.locator(`main [role=${role}]`).first());
const kept = async () => (await dashboard.app.rooms.list()).filter(({ row }) => row.watch === "on");
const width = (page: Page) => page.evaluate<number>("document.documentElement.scrollWidth");

describe("the first visit", () => {
  it("takes the link's token out of the address, and keeps it", async () => {
    const page = await dashboard.open(link());
    await page.waitForSelector("#paste:focus");
    expect(page.url()).toBe(`${dashboard.app.url}/#/rooms`);
    expect(await page.locator("main input").count()).toBe(1);
    await dashboard.shoot(page, "first-visit");
    expect(await seriousIn(page)).toEqual([]);
    await page.goto("about:blank");
    await page.goto(`${dashboard.app.url}/`);
    await page.waitForSelector("#paste");
    expect(page.url()).not.toContain(dashboard.token);
  });

  it("takes a link that is pasted where the page is open already", async () => {
    const page = await dashboard.open("");
    expect(await textOf(page.locator("h1"))).toBe("需要 token");
    await page.goto(`${dashboard.app.url}/${link()}`);
    await page.waitForSelector("#paste");
    expect(page.url()).toBe(`${dashboard.app.url}/#/rooms`);
    await page.goto(`${dashboard.app.url}/${link()}`);
    await page.waitForURL(`${dashboard.app.url}/#/rooms`);
    await page.waitForSelector("#paste");
  });

  it("is loaded anew, once, where a page's file has gone, as after an upgrade", async () => {
    const page = await dashboard.open(link());
    await page.waitForSelector("#paste");
    let isGone = true;
    let loads = 0;
    page.on("request", (request) => {
      if (request.isNavigationRequest()) loads++;
    });
    await page.route(SEARCH_FILE, (route) => (isGone ? route.abort() : route.continue()));
    const loaded = page.waitForEvent("request", (request) => request.isNavigationRequest());
    await page.evaluate(`location.hash = "#/search"`);
    await loaded;
    await page.waitForEvent("requestfailed", (request) => SEARCH_FILE.test(request.url()));
    expect(page.url()).toBe(`${dashboard.app.url}/#/search`);
    await page.locator("nav a[href='#/rooms']").click();
    await page.waitForSelector("#paste");
    expect(loads).toBe(1);
    isGone = false;
    await page.locator("nav a[href='#/search']").click();
    await page.waitForSelector("main input[type=search]");
  });

  it("stays where one has gone meanwhile when a page's file turns out to have gone", async () => {
    const page = await dashboard.open(link());
    await page.waitForSelector("#paste");
    let fail = () => {};
    const asked = new Promise<void>((resolve) => {
      void page.route(SEARCH_FILE, (route) => {
        fail = () => void route.abort();
        resolve();
      });
    });
    let loads = 0;
    page.on("request", (request) => {
      if (request.isNavigationRequest()) loads++;
    });
    await page.locator("nav a[href='#/search']").click();
    await asked;
    await page.evaluate(`location.hash = "#/sessions"`);
    await page.waitForSelector("nav a[href='#/sessions'][aria-current=page]");
    const failed = page.waitForEvent("requestfailed", (request) => SEARCH_FILE.test(request.url()));
    fail();
    await failed;
    // Whatever the failure leads to has begun before the page answers this.
    await page.evaluate("fetch(location.pathname).then(() => fetch(location.pathname)).then(() => 0)");
    expect([loads, page.url()]).toEqual([0, `${dashboard.app.url}/#/sessions`]);
  });

  it("asks for a token without one, and says when one is refused", async () => {
    const page = await dashboard.open("");
    expect(await textOf(page.locator("h1"))).toBe("需要 token");
    expect(await seriousIn(page)).toEqual([]);
    await page.fill("#token", `${dashboard.app.url}/#token=dyl_wrong&room=1`);
    await page.keyboard.press("Enter");
    await until(async () => (await textOf(page.locator("[role=alert]"))).includes("token 无效"));
    // The browser's own words for the refusal.
    expect(dashboard.complaints.splice(0).filter((text) => !text.includes("HTTP Authentication failed"))).toEqual([]);
    await page.fill("#token", dashboard.token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#paste");
  });

  it("makes a pasted share text a room with events within seconds", async () => {
    const page = await dashboard.open(link());
    await paste(page, SHARED);
    await page.waitForURL(/#\/rooms\/\d+$/);
    await until(async () => (await page.locator("[data-kind=chat]").count()) > 2);
    await until(async () => (await textOf(page.locator("header h1"))) === "今晚必须赢！");
    expect(await page.title()).toBe("今晚必须赢！ – dylive");
  });

  it("says why whatever else is pasted gives nothing, and what to do", async () => {
    const page = await dashboard.open(link());
    await paste(page, "我的直播间 https://example.com/1");
    await until(async () => (await page.locator("main [role=alert]").count()) > 0);
    expect(await said(page, "alert")).toMatch(/这里面没有直播间\s*"example.com" 不是抖音的地址\s+请粘贴直播间链接/);
    await dashboard.shoot(page, "rooms-refused");
    await paste(page, "99999999999");
    await until(async () => (await said(page, "alert")).includes("平台上没有这个账号"));
    dashboard.simulator.rooms.captcha();
    await paste(page, "100000001");
    await until(async () => (await said(page, "alert")).includes("平台没有说明这个直播间的情况"));
    dashboard.simulator.rooms.captcha(false);
    await paste(page, "https://live.douyin.com/100000004?from=web");
    await until(async () => (await said(page, "status")).includes("目前没有开播；开播后自动开始接收"));
    expect(await page.locator(".card .badge[data-state=waiting]").count()).toBe(1);
  });

  it("takes no room that somebody else adds meanwhile for the one that was pasted", async () => {
    const page = await dashboard.open(link());
    await page.waitForSelector("#paste");
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route("**/v1/rooms", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await asked;
      await route.abort();
    });
    await paste(page, "100000001");
    const { row } = await dashboard.app.rooms.add("100000003", {}, 1_000, NEVER);
    await page.waitForSelector(`[data-room="${row.room}"]`);
    expect(await said(page, "status")).toContain("正在");
    expect(await page.locator("main [role=status] button").count()).toBe(0);
    answer();
    await page.waitForSelector("main [role=alert]");
    expect(await page.locator("main [role=status] button").count()).toBe(0);
    await dashboard.app.rooms.remove(row.room);
  });

  it("adds the room of a printed link, and only offers one of a link that brings no token", async () => {
    const before = (await kept()).length;
    const printed = await dashboard.open(`${link()}&room=demo.tv`);
    await printed.waitForURL(/#\/rooms\/\d+$/);
    await until(async () => (await textOf(printed.locator("header h1"))) === "自定义抖音号的直播间");
    // It is met before it is on the watch list.
    await until(async () => (await kept()).length === before + 1);
    await printed.goto("about:blank");
    await printed.goto(`${dashboard.app.url}/#room=100000001`);
    await until(async () => (await printed.inputValue("#paste")) === "100000001");
    await printed.waitForSelector(".card");
    expect((await kept()).length).toBe(before + 1);
  });
});

describe("the rooms", () => {
  it("are cards with what is really going on, and can be paused, resumed and removed", async () => {
    const page = await dashboard.open(link());
    const card = page.locator(".card", { hasText: "今晚必须赢！" });
    await until(async () => /已连续接收 \d+ .*最近一条互动消息在 \d+ 秒前.*在线.*条\/秒/s.test(await textOf(card)));
    await until(async () => /送出|：|关注/.test(await textOf(card.locator(".last"))));
    await dashboard.shoot(page, "rooms");
    expect(await seriousIn(page)).toEqual([]);
    await card.getByRole("button", { name: "暂停" }).click();
    await until(async () => (await textOf(card)).includes("已暂停采集"));
    await card.getByRole("button", { name: "继续" }).click();
    await until(async () => (await card.locator("[data-state=live]").count()) > 0);
    const waiting = page.locator(".card", { hasText: "今天不播" });
    await waiting.getByRole("button", { name: "移除" }).click();
    await waiting.getByRole("button", { name: "确认移除" }).click();
    await until(async () => (await waiting.count()) === 0);
    await page.getByRole("checkbox").check();
    await until(async () => (await waiting.count()) === 1);
  });

  it("are English for those who want that, dark for those who want that, and fit a phone", async () => {
    const page = await dashboard.open(link(), { ...PHONE, colorScheme: "dark" });
    await page.waitForSelector(".card");
    await page.getByRole("button", { name: "Switch to English" }).click();
    await until(async () => /receiving for .*online/s.test(await textOf(page.locator(".card", { hasText: "今晚必须赢！" }))));
    expect([await page.getAttribute("html", "lang"), await width(page)]).toEqual(["en", 390]);
    await dashboard.shoot(page, "rooms-phone-dark-en");
    expect(await seriousIn(page)).toEqual([]);
    await page.reload();
    await until(async () => (await textOf(page.locator("header nav a").first())) === "Rooms");
    expect(await width(page)).toBe(390);
  });

  it("are many: only cards in sight are asked about, over one stream and one socket", async () => {
    const { store } = dashboard.app;
    for (let i = 0; i < 120; i++) {
      const room = await store.rooms.ensure([{ kind: "web_rid", value: `${500_000_000 + i}` }], {
        webRid: `${500_000_000 + i}`,
        title: `房间 ${i}`,
      });
      await store.rooms.setWatch(room, "paused");
    }
    const sockets: string[][] = [];
    const page = await dashboard.open("");
    page.on("websocket", (socket) => {
      const sent: string[] = [];
      sockets.push(sent);
      socket.on("framesent", ({ payload }) => sent.push(String(payload)));
    });
    const streams: string[] = [];
    page.on("request", (request) => request.url().includes("/stream?") && streams.push(request.url()));
    await page.fill("#token", dashboard.token);
    await page.keyboard.press("Enter");
    await until(async () => (await page.locator(".card").count()) >= 120);
    await until(() => sockets.length > 0 && (sockets[0]?.length ?? 0) > 0);
    const asked = new Set(sockets.flat().flatMap((text) => (JSON.parse(text) as { rooms: string[] }).rooms));
    expect([sockets.length, streams.length]).toEqual([1, 1]);
    expect(asked.size).toBeLessThan(60);
    await page.fill("#find", "房间 119");
    await until(async () => (await page.locator(".card").count()) === 1);
  });
});
