// Guards: A room's page shows what comes as text, holds still for a reader, and shows the broadcast's figures.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { demoRooms } from "../../simulator/index.js";
import { chat, follow, gift, like, person } from "../http/events.js";
import { until } from "../until.js";
import { Dashboard, seriousIn, textOf } from "./dashboard.js";
import { ownRoom } from "./feed-load.js";
import { NEVER } from "./rooms.js";

const BUSY = "100000002";

let dashboard: Dashboard;
let room: number;
beforeAll(async () => {
  dashboard = await Dashboard.start(demoRooms().filter(({ webRid }) => webRid === BUSY));
  room = (await dashboard.app.rooms.add(BUSY, {}, 10_000, NEVER)).row.room;
});
afterAll(() => dashboard.close());
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

const open = (options = {}, id = room) => dashboard.open(`#token=${dashboard.token}`, options).then((page) => goTo(page, id));
async function goTo(page: Page, id: number): Promise<Page> {
  await page.waitForSelector("#paste");
  await page.goto(`${dashboard.app.url}/#/rooms/${id}`);
  await page.waitForSelector("[role=region]");
  return page;
}
const lines = (page: Page, kind: string) => page.locator(`[data-kind=${kind}]`);
const kinds = (page: Page) =>
  page.evaluate<string[]>(`[...new Set([...document.querySelectorAll("[data-kind]")].map((line) => line.dataset.kind))]`);
const chats = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => chat(text(index), { user: person({ id: `${index}`, nickname: `观众${index}` }) }));

describe("a room's feed", () => {
  it("shows what comes as it comes, folded, with badges, gifts and their worth", async () => {
    const page = await open();
    await until(async () => (await lines(page, "chat").count()) > 3 && (await lines(page, "gift").count()) > 0);
    await until(async () => /等 \d+ 人来了/.test((await lines(page, "crowd").allInnerTexts()).join()));
    expect((await lines(page, "gift").allInnerTexts()).join()).toMatch(/送出.*×\d+.*抖币/s);
    expect(await page.locator(".badge.level").count()).toBeGreaterThan(0);
    expect(await textOf(page.locator("header ul"))).toMatch(/已连续接收.*礼物：.*没有缺口/s);
  });

  it("shows the kinds and the expression that are asked for, says where an expression is wrong, and finds words", async () => {
    const { id, append } = await ownRoom(dashboard, "700000005");
    const said = ["守塔守塔", "冲啊家人们", "今晚守塔", "冲啊"].map((text) => chat(text, { user: person({ id: "1", nickname: "甲" }) }));
    const { user: _user, ...base } = chat("");
    await append([...said, gift(2), like(3), follow(), { ...base, type: "gap", from: 1, to: 9_000, reason: "stalled" }]);
    const page = await open({}, id);
    await until(async () => (await kinds(page)).sort().join() === "chat,crowd,follow,gap,gift");
    expect(await textOf(lines(page, "gap"))).toMatch(/缺口 .*这段时间没有收到数据/s);
    for (const name of ["点赞", "进场", "关注", "分享", "粉丝团", "其他"]) await page.getByRole("button", { name, exact: true }).click();
    await until(async () => (await kinds(page)).sort().join() === "chat,gift");
    await page.fill("#filter", 'type == "chat" && text.contains("守塔")');
    await page.getByRole("button", { name: "应用" }).click();
    await until(async () => {
      const texts = await lines(page, "chat").allInnerTexts();
      return texts.length > 0 && (await kinds(page)).join() === "chat" && texts.every((text) => text.includes("守塔"));
    });
    await page.fill("#filter", "diamond > 3");
    await page.getByRole("button", { name: "应用" }).click();
    await until(async () => /没有变量.*diamonds.*第 1 个字符处有误/s.test(await textOf(page.locator("[role=alert]"))));
    await page.getByRole("button", { name: "清除" }).click();
    await until(async () => (await kinds(page)).sort().join() === "chat,gift");
    await page.fill("#search", "冲啊");
    await until(async () => {
      const texts = await lines(page, "chat").allInnerTexts();
      return texts.length > 0 && texts.every((text) => text.includes("冲啊")) && (await lines(page, "gift").count()) === 0;
    });
  });

  it("holds still for who reads further up, and counts what came meanwhile", async () => {
    const { id, append } = await ownRoom(dashboard, "700000001");
    await append(chats(700, (index) => `旧消息 ${index}`));
    const page = await open({}, id);
    await until(async () => (await textOf(page.locator("[role=region]"))).includes("旧消息 699"));
    // Few of so many lines are in the page.
    expect(await lines(page, "chat").count()).toBeLessThan(120);
    await page.hover("[role=region]");
    await page.mouse.wheel(0, -1500);
    await page.waitForSelector("button.newer");
    const before = await lines(page, "chat").allInnerTexts();
    await append(chats(30, (index) => `新消息 ${index}`));
    await until(async () => (await textOf(page.locator("button.newer"))).includes("30 条新消息"));
    expect(await lines(page, "chat").allInnerTexts()).toEqual(before);
    await page.evaluate(`document.querySelector("[role=region]").scrollTop = 0`);
    await page.getByRole("button", { name: "载入更早的消息" }).click();
    await until(async () => (await lines(page, "chat").allInnerTexts()).some((text) => text.includes("旧消息 299")));
    await page.click("button.newer");
    await until(
      async () => (await textOf(page.locator("[role=region]"))).includes("新消息 29") && (await page.locator("button.newer").count()) === 0,
    );
  });

  it("takes what strangers write as text, and loads no image of theirs", async () => {
    const { id, append } = await ownRoom(dashboard, "700000004");
    const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{constructor.constructor('window.hacked=1')()}}`;
    const fansClub = { name: hostile, level: 3 };
    const user = person({ id: "1", nickname: `${hostile}\u202e`, avatar: "https://evil.example/a.png", fansClub });
    const anchor = { id: "9", secUid: null, nickname: hostile, avatar: "javascript:alert(1)" };
    await dashboard.app.store.rooms.setFacts(id, { title: hostile, anchor });
    await append([
      chat(hostile, { user }),
      chat("x", { user, segments: [{ text: hostile }, { emoji: hostile, url: "data:text/html,<script>window.hacked=1</script>" }] }),
      gift(3, { user, gift: { id: "1", name: hostile, icon: "http://p3.douyinpic.com/x.png" } }),
    ]);
    const page = await open({}, id);
    await until(async () => (await lines(page, "chat").count()) === 2 && (await lines(page, "gift").count()) === 1);
    expect(await textOf(page.locator("header h1"))).toBe(hostile);
    for (const text of await page.locator("[data-kind] .said").allInnerTexts()) expect(text).toContain("<img src=x onerror=");
    await page.locator("button.name").first().click();
    await page.waitForSelector("dialog table, dialog li");
    expect(await textOf(page.locator("dialog h2"))).toContain("<img src=x");
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect([...dashboard.imageHosts].filter((host) => !/\.douyinpic\.com$|\.byteimg\.com$|\.douyinstatic\.com$/.test(host))).toEqual([]);
  });
});

describe("a room's figures", () => {
  it("are charts, ranks, gifts and words of the broadcast; a click on somebody shows what they did", async () => {
    const page = await dashboard.open(`#token=${dashboard.token}`);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url().slice(dashboard.app.url.length)));
    await goTo(page, room);
    await page.waitForSelector("canvas", { timeout: 30_000 });
    await until(async () => /累计观看.*弹幕.*抖币/s.test(await textOf(page.locator("dl"))));
    await until(async () => (await page.locator(".right ol li").count()) > 3);
    // The feed's first page, and the figures in one request.
    expect([...new Set(asked.filter((path) => path.startsWith(`/v1/rooms/${room}/`)))].sort()).toEqual([
      expect.stringContaining("/events?types=chat%2C"),
      expect.stringMatching(/\/summary\?session=\d+$/),
    ]);
    await page.locator(".right ol button").first().click();
    await page.waitForSelector("dialog table");
    expect(await textOf(page.locator("dialog"))).toMatch(/在这个直播间的记录.*最近的消息/s);
    expect(await seriousIn(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await until(async () => (await page.locator("dialog").count()) === 0);
  });
});
