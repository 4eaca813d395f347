import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { demoRooms } from "../../simulator/index.js";
import { fastClock } from "../clock.js";
import { chat, follow, gift, like, person } from "../http/events.js";
import { until } from "../until.js";
import { isWhole } from "../whole.js";
import { Dashboard, noticing, seriousIn, textOf } from "./dashboard.js";
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
    await append([...said, gift(2), like(3), follow()]);
    const page = await open({}, id);
    await until(async () => (await kinds(page)).sort().join() === "chat,crowd,follow,gift");
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

  it("holds thousands of lines, of which few are in the page", async () => {
    const thousands = isWhole() ? 12 : 2;
    const { id, append } = await ownRoom(dashboard, "700000002");
    const page = await open({}, id);
    await until(async () => (await textOf(page.locator("[role=region]"))).includes("还没有消息"));
    for (let i = 0; i < thousands; i++) await append(chats(1_000, (index) => `第 ${i * 1_000 + index} 条`));
    await until(async () => (await textOf(page.locator("[role=region]"))).includes(`第 ${thousands * 1_000 - 1} 条`));
    expect(await lines(page, "chat").count()).toBeLessThan(120);
    await page.fill("#search", "第 7 条");
    await until(async () => (await lines(page, "chat").count()) === 1);
  });

  it("comes back by itself after a lost connection, says so, and has missed nothing", async () => {
    const { id, append } = await ownRoom(dashboard, "700000003");
    const page = await dashboard.open(`#token=${dashboard.token}`);
    const routes: WebSocketRoute[] = [];
    await page.routeWebSocket(/\/v1\/ws/, (route) => {
      route.connectToServer();
      routes.push(route);
    });
    await goTo(page, id);
    await append(chats(3, (index) => `之前 ${index}`));
    await until(async () => (await textOf(page.locator("[role=region]"))).includes("之前 2"));
    const wasTold = await noticing(page, `document.querySelector(".feed [role=status]")?.textContent.includes("断了") === true`);
    await routes.at(-1)?.close();
    await until(wasTold);
    await append(chats(5, (index) => `期间 ${index}`));
    await until(async () => (await textOf(page.locator("[role=region]"))).includes("期间 4"));
    const texts = await lines(page, "chat").allInnerTexts();
    expect(texts.map((text) => /(之前|期间) \d/.exec(text)?.[0])).toEqual([
      "之前 0",
      "之前 1",
      "之前 2",
      ...[0, 1, 2, 3, 4].map((n) => `期间 ${n}`),
    ]);
    expect(await textOf(page.locator(".feed [role=status]"))).toBe("");
  });

  it("takes what strangers write as text, and loads no image of theirs", async () => {
    const { id, append } = await ownRoom(dashboard, "700000004");
    const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{constructor.constructor('window.hacked=1')()}}`;
    const user = person({
      id: "1",
      nickname: `${hostile}\u202e`,
      avatar: "https://evil.example/a.png",
      fansClub: { name: hostile, level: 3 },
    });
    await dashboard.app.store.rooms.setFacts(id, {
      title: hostile,
      anchor: { id: "9", secUid: null, nickname: hostile, avatar: "javascript:alert(1)" },
    });
    await append([
      chat(hostile, { user }),
      chat("x", {
        user,
        segments: [{ text: hostile }, { emoji: hostile, url: "data:text/html,<script>window.hacked=1</script>" }],
      }),
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
    await dashboard.shoot(page, "hostile");
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
    await dashboard.shoot(page, "room");
    expect(await seriousIn(page)).toEqual([]);
    await page.locator(".right ol button").first().click();
    await page.waitForSelector("dialog table");
    expect(await textOf(page.locator("dialog"))).toMatch(/在这个直播间的记录.*最近的消息/s);
    expect(await seriousIn(page)).toEqual([]);
    await dashboard.shoot(page, "person");
    await page.keyboard.press("Escape");
    await until(async () => (await page.locator("dialog").count()) === 0);
  });

  it("say when they can no longer be renewed, and stay", async () => {
    const page = await dashboard.open(`#token=${dashboard.token}`);
    await page.clock.install();
    await goTo(page, room);
    await page.waitForSelector("canvas");
    await page.route(/\/summary\?/, (route) => route.abort());
    await until(async () => {
      await page.clock.fastForward(15_000);
      return (await page.locator(".right [role=alert]").count()) === 1;
    });
    expect(await page.locator("canvas").count()).toBeGreaterThan(0);
  });

  it("fit a phone, in English and dark", async () => {
    const page = await open({ viewport: { width: 390, height: 844 }, colorScheme: "dark", locale: "en-US" });
    await until(async () => (await lines(page, "chat").count()) > 3);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(390);
    await dashboard.shoot(page, "room-phone-dark-en");
    await page.getByRole("button", { name: "Figures" }).click();
    await page.waitForSelector("canvas");
    await until(async () => (await textOf(page.locator(".right"))).includes("Top gifters"));
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(390);
    await dashboard.shoot(page, "figures-phone-dark-en");
  });
});

describe("several sessions of a room", () => {
  it("are shown with how much came, of which time, whole on a wide screen; on a phone each number on one line, and what is wrong folded", async () => {
    await dashboard.app.rooms.change(room, { sessions: ["guest", "guest:2"] });
    dashboard.simulator.rooms.gifts("nobody");
    try {
      const page = await open({ viewport: { width: 390, height: 844 } });
      const told = page.locator("header ul li");
      const shown = () => told.evaluateAll((all) => all.filter((line) => line.checkVisibility()).length);
      await until(async () => (await told.count()) > 5 && (await shown()) === 2);
      await page.locator("header li.more button").click();
      expect(await shown()).toBeGreaterThan(5);
      await page.locator("header li.more button").click();
      await page.locator(".tabs button").nth(1).click();
      const table = page.locator("section.panel table").first();
      const rows = async () => (await table.locator("tr").allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
      await until(async () => (await rows()).some((row) => /^弹幕 \d+ \d+ \d+ （独有 \d+） \d+ （独有 \d+）$/.test(row)));
      expect((await rows())[0]).toMatch(/^最近 .*(秒|分).* 合计 .* guest guest:2$/);
      expect((await rows())[2]).toMatch(/^至少 \d+/); // two can show nothing of the whole
      await dashboard.shoot(page, "sessions-phone");
      const lineOf = (cells: string) => table.locator(cells).evaluateAll((all) => all.map((cell) => cell.getBoundingClientRect().height));
      expect(Math.max(...(await lineOf("thead th")))).toBeLessThan(48);
      expect(await table.evaluate((element) => element.parentElement?.getBoundingClientRect().right ?? 0)).toBeLessThanOrEqual(390);
      expect(await seriousIn(page)).toEqual([]);
      await page.setViewportSize({ width: 1440, height: 900 });
      await until(() =>
        table.evaluate((element) => element.parentElement !== null && element.scrollWidth <= element.parentElement.clientWidth),
      );
      await page.locator("section.panel").first().scrollIntoViewIfNeeded();
      await dashboard.shoot(page, "sessions-wide");
    } finally {
      dashboard.simulator.rooms.gifts("everyone");
      await dashboard.app.rooms.change(room, { sessions: null });
    }
  });
});

describe("a stall of the platform", () => {
  it("is shown while it lasts, and drawn as a gap when it is over", async () => {
    const own = await Dashboard.start(
      demoRooms().filter(({ webRid }) => webRid === BUSY),
      fastClock(15),
    );
    try {
      const { row } = await own.app.rooms.add(BUSY, {}, 60_000, NEVER);
      const page = await own.open(`#token=${own.token}`);
      await page.waitForSelector("#paste");
      await page.goto(`${own.app.url}/#/rooms/${row.room}`);
      await until(async () => (await page.locator("header [data-state=live]").count()) > 0);
      await until(async () => (await lines(page, "chat").count()) > 5);
      own.simulator.rooms.stall(BUSY);
      await until(async () => (await page.locator("header [data-state=stalled]").count()) > 0);
      expect(await textOf(page.locator("header ul"))).toContain("没有收到任何互动消息；正在自动恢复");
      await own.shoot(page, "stalled");
      own.simulator.rooms.stall(BUSY, false);
      await until(async () => (await page.locator("header [data-state=live]").count()) > 0);
      await until(async () =>
        /缺口 .*这段时间没有收到数据.*连接没有断，但收不到互动消息/s.test((await lines(page, "gap").allInnerTexts()).join()),
      );
      await until(async () => /缺口 \d+ 段/.test(await textOf(page.locator("header ul"))));
      await own.shoot(page, "gap");
      expect(own.complaints).toEqual([]);
    } finally {
      await own.close();
    }
  });
});
