// Guards: The search finds messages and people, broadcasts are compared, and a deleted broadcast goes from every open page.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/events/event.js";
import { createToken } from "../../src/http/tokens.js";
import { chat, gift, join, person, stats } from "../http/events.js";
import { until } from "../until.js";
import { Dashboard, textOf } from "./dashboard.js";

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 10, 20, 12); // 20:00 in Shanghai
const HOSTILE = `<img src=x onerror="window.hacked=1">\u202e${"很长的名字".repeat(12)}`;
const fish = person({ id: "501", nickname: "小鱼" });

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
  await seeded("800000001", "阿梨", "早场", T0, 1);
  await seeded("800000002", HOSTILE, HOSTILE, T0 + 24 * 60 * MINUTE, 3);
  const { statistics, search } = dashboard.app.store;
  await until(async () => (await statistics.behind()) === 0 && (await search.behind()) === 0);
});
afterAll(() => dashboard.close());
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

/** A room with a broadcast of forty minutes that has ended; in each minute somebody chats, comes and gives. */
async function seeded(name: string, anchor: string, title: string, from: number, times: number): Promise<void> {
  const { store } = dashboard.app;
  const room = await store.rooms.ensure([{ kind: "web_rid", value: name }], { webRid: name, title });
  await store.rooms.setFacts(room, { title, anchor: { id: name, secUid: null, nickname: anchor, avatar: null } });
  const sessionId = `7${name}`;
  await store.sessions.open(room, sessionId, from, title);
  await store.sessions.end(room, sessionId, from + 40 * MINUTE, "announced");
  const epoch = await store.rooms.claim(room);
  const events = Array.from({ length: 40 }, (_, n): NewEvent[] => {
    const at = { sessionId, room, time: from + n * MINUTE, receivedAt: from + n * MINUTE };
    const user = n % 4 === 0 ? fish : person({ id: `${600 + n}`, nickname: n === 7 ? HOSTILE : `观众 ${n}` });
    return [
      ...Array.from({ length: times * (1 + (n % 5)) }, (_, i) => chat(`第 ${n} 分钟的话 ${i}`, { ...at, user })),
      join({ ...at, user }),
      ...(n % 10 === 3
        ? [
            gift(times, {
              ...at,
              user,
              comboId: `${name} ${n}`,
              settled: true,
              unitDiamonds: 50,
              diamonds: 50 * times,
              gift: { id: "1", name: HOSTILE, icon: null },
            }),
          ]
        : []),
      stats({ ...at, online: 100 * times + n }),
    ];
  }).flat();
  await store.log.append([{ room, epoch, events }]);
}

async function open(path: string, options = {}, token = dashboard.token): Promise<Page> {
  const page = await dashboard.open(`#token=${token}`, { viewport: { width: 1440, height: 900 }, ...options });
  await page.waitForSelector("header nav a");
  await page.goto(`${dashboard.app.url}/#${path}`);
  return page;
}
const told = (page: Page) => textOf(page.locator("[data-outcome]"));

describe("the search", () => {
  it("finds messages and people in all that is kept, page by page, and leads to the place of each", async () => {
    const page = await open("/search");
    await page.locator("[data-text]").fill("分钟的话");
    await page.keyboard.press("Enter");
    await until(async () => /已找到 50 条，最新的在前。还没有查完。查的是 2 个直播间保存的全部消息/.test(await told(page)));
    await page.getByRole("button", { name: "继续查找" }).click();
    await until(async () => (await page.locator(".found li").count()) === 100);
    await page.locator("[data-text]").fill("第 7 分钟的话 1");
    await page.getByRole("button", { name: "搜索", exact: true }).click();
    await until(async () => /已找到 2 条.*全部查完了/.test(await told(page)));
    await page.locator(".found li").first().getByRole("link", { name: "前后的消息" }).click();
    await page.waitForSelector("[data-here]");
    expect(await textOf(page.locator("[data-here]"))).toContain("第 7 分钟的话 1");
    await until(async () => (await textOf(page.locator("header"))).includes("开播后 7 分"));
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    await page.goBack();
    await until(async () => /已找到 2 条/.test(await told(page)));
    await page.goto(`${dashboard.app.url}/#/search?find=people&q=小`);
    await page.waitForSelector("[data-person='501']");
    expect((await textOf(page.locator("[data-person='501']"))).replace(/\s+/g, " ")).toMatch(/^小鱼 501 全部消息 2 2 120 /);
    await page.getByRole("link", { name: "全部消息" }).click();
    await until(async () => /已找到 50 条.*还没有查完/.test(await told(page)));
    expect(await textOf(page.locator("[data-user]"))).toContain("小鱼");
    // Nobody collects the room: it has the figures of its newest broadcast all the same.
    await page.goto(`${dashboard.app.url}/#/rooms/1`);
    await until(async () => /最近一场：2026\/11\/20 20:00.*抖币\/分钟\s*5/s.test(await textOf(page.locator(".right"))));
    const { token } = await createToken(dashboard.app.store.tokens, { name: "one", scope: "read", now: Date.now(), rooms: ["800000001"] });
    const limited = await open("/search?find=people&q=小", {}, token);
    await limited.waitForSelector("[data-person='501']");
    expect((await textOf(limited.locator("[data-person='501']"))).replace(/\s+/g, " ")).toMatch(/^小鱼 501 全部消息 1 1 30 /);
    await limited.goto(`${dashboard.app.url}/#/rooms/2/at/5`);
    await limited.locator("main [role=alert]").waitFor();
  });
});

describe("broadcasts of all rooms", () => {
  it("are listed by any figure, room, day and words, and compared minute by minute across rooms", async () => {
    const page = await open("/sessions?by=diamondsPerMinute");
    const order = async () => page.locator("tbody tr").evaluateAll((all) => all.map((one) => one.getAttribute("data-session")));
    await until(async () => JSON.stringify(await order()) === JSON.stringify(["7800000002", "7800000001"]));
    expect(await textOf(page.locator("[data-session='7800000001'] [data-column=diamondsPerMinute]"))).toBe("5");
    await page.locator("[data-sort=diamondsPerMinute]").click();
    await until(async () => JSON.stringify(await order()) === JSON.stringify(["7800000001", "7800000002"]));
    // What is picked stays while the list is narrowed otherwise.
    for (const room of ["2", "1"]) {
      await page.goto(`${dashboard.app.url}/#/sessions?room=${room}`);
      await until(async () => JSON.stringify(await order()) === JSON.stringify([`780000000${room}`]));
      await page.locator("tbody input").check();
    }
    expect(await page.locator("[data-picked]").count()).toBe(2);
    await page.getByRole("button", { name: "对比", exact: true }).click();
    await page.waitForSelector("[data-minute='39']");
    expect((await textOf(page.locator("[data-measure=diamonds]"))).split(/\s+/)).toEqual(["抖币", "200", "600", "+200%"]);
    expect((await textOf(page.locator("[data-minute='3']"))).split(/\s+/)).toEqual(["3", "4", "12"]);
    await page.locator("[data-by=diamonds]").click();
    await until(async () => (await textOf(page.locator("[data-minute='3']"))).replace(/\s+/g, " ").trim() === "3 50 150");
  });

  it("are shown and deleted by the address, also where that was another in the same tab", async () => {
    const page = await open("/rooms/2/sessions/7800000002");
    const [list, other] = [await open("/sessions"), await open("/rooms/1/sessions/7800000001")];
    const [compared, room] = [await open("/compare?sessions=1/7800000001,2/7800000002"), await open("/rooms/1")];
    await Promise.all([page, other].map((one) => one.waitForSelector(".danger")));
    for (const id of ["7800000001", "7800000002"]) await list.locator(`[data-session='${id}'] input`).check();
    await Promise.all([compared.waitForSelector("[data-minute]"), room.locator(".feed li", { hasText: "分钟的话" }).first().waitFor()]);
    await page.goto(`${dashboard.app.url}/#/rooms/1/sessions/7800000001`);
    await until(async () => (await textOf(page.locator("main h1"))) === "早场");
    await page.locator(".danger").first().click();
    expect(await textOf(page.locator("dialog[open] h2"))).toBe("删除「早场」");
    await page.locator("dialog[open] input").fill("早场");
    const posted = page.waitForRequest((request) => request.method() === "POST");
    await page.locator("dialog[open] [type=submit]").click();
    expect((await posted).url()).toMatch(/\/rooms\/1\/sessions\/7800000001\/delete$/);
    await until(async () => (await dashboard.app.store.sessions.get(1, "7800000001")) === null);
    // Who looks at it elsewhere sees that it is gone; the dialog here goes on to say how far the work is.
    await Promise.all([list.locator("[data-session='7800000001']").waitFor({ state: "detached" }), other.waitForSelector("[data-gone]")]);
    await Promise.all([compared.locator("[data-minute]").first().waitFor({ state: "detached" }), room.waitForSelector(".feed .none")]);
    await until(async () => (await list.locator("[data-picked]").count()) === 1);
    expect(await textOf(list.locator("[data-picked]"))).not.toContain("早场");
    expect(await textOf(compared.locator("main [role=status]"))).toContain("勾选二到四场");
    expect(await page.locator("dialog[open]").count()).toBe(1);
  });
});
