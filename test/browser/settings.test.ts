// Guards: The settings pages change tokens, webhooks, accounts and limits, show no secret, and offer each token what it may do.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createToken } from "../../src/http/tokens.js";
import { chat, gift, person } from "../http/events.js";
import { until } from "../until.js";
import { Dashboard, textOf } from "./dashboard.js";
import { ownRoom } from "./feed-load.js";

const SESSION = "7000000000000000002";
const SECRET = "sessionid=0123456789abcdef; sessionid_ss=0123456789abcdef";
const HOUR_MS = 3_600_000;

let dashboard: Dashboard;
let room: Awaited<ReturnType<typeof ownRoom>>;
let receiver: Server;
const bodies: string[] = [];
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
  room = await ownRoom(dashboard, "700000001");
  const { sessions } = dashboard.app.store;
  await dashboard.app.rooms.resume(room.id);
  const now = Date.now();
  await sessions.open(room.id, SESSION, now - HOUR_MS, "第二场 夜话");
  const user = person({ id: "1", nickname: "小鱼" });
  await room.append([
    ...Array.from({ length: 60 }, (_, at) => chat(`=HYPERLINK("http://evil.example") <i>${at}</i>`, { user, sessionId: SESSION })),
    gift(3, { user, sessionId: SESSION, unitDiamonds: 100, diamonds: 300, settled: true }),
  ]);
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      bodies.push(body);
      response.end();
    });
  }).listen(0, "127.0.0.1");
});
afterAll(async () => {
  await dashboard.close();
  receiver.close();
});
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

async function open(path: string, options = {}): Promise<Page> {
  const page = await dashboard.open(`#token=${dashboard.token}`, { viewport: { width: 1200, height: 850 }, ...options });
  await page.waitForSelector("#paste");
  await page.goto(`${dashboard.app.url}/#${path}`);
  return page;
}
const says = (page: Page, words: string | RegExp) =>
  until(async () => {
    const text = await textOf(page.locator("main"));
    return typeof words === "string" ? text.includes(words) : words.test(text);
  });

describe("the settings", () => {
  it("make a token that is shown once, and revoke it", async () => {
    const page = await open("/settings/tokens");
    await page.getByLabel("用途").fill("记录程序");
    await page.getByLabel("限定的直播间").selectOption("只选这些");
    // None ticked is no token for all rooms.
    await page.getByRole("button", { name: "新建 token" }).click();
    expect(await page.locator("select:invalid").count()).toBe(1);
    await page.getByRole("checkbox", { name: "700000001" }).check();
    await page.getByRole("button", { name: "新建 token" }).click();
    const shown = page.getByRole("textbox", { name: "token", exact: true });
    await shown.waitFor();
    const headers = { authorization: `Bearer ${await shown.inputValue()}` };
    expect((await fetch(`${dashboard.app.url}/v1/rooms/700000001`, { headers })).status).toBe(200);
    const entry = page.locator("[data-token=记录程序]");
    await entry.getByRole("button", { name: "吊销" }).click();
    // The safe answer has the focus: a second Enter does no harm.
    expect(await page.evaluate("document.activeElement.textContent")).toBe("取消");
    await entry.getByRole("button", { name: "确定" }).click();
    await until(async () => (await entry.count()) === 0);
    expect((await fetch(`${dashboard.app.url}/v1/rooms`, { headers })).status).toBe(401);
  });

  it("make a webhook, try it, show its deliveries and send again", async () => {
    const page = await open("/settings/hooks");
    const { port } = receiver.address() as AddressInfo;
    await page.getByLabel("地址", { exact: true }).fill(`http://127.0.0.1:${port}/`);
    await page.getByRole("button", { name: "新建 Webhook" }).click();
    // What is wrong stands beside its field, and nowhere else.
    await until(async () => (await textOf(page.locator("label.wrong"))).includes("127.0.0.1 是私有地址"));
    expect(await page.locator("[role=alert]").count()).toBe(1);
    await page.getByLabel("允许内网地址").check();
    await page.getByLabel("名称").fill("接收机");
    await page.getByLabel("事件类型").selectOption("只选这些");
    await page.getByRole("checkbox", { name: "弹幕 chat" }).check();
    await page.getByRole("button", { name: "新建 Webhook" }).click();
    await page.getByRole("textbox", { name: "密钥" }).waitFor();
    const entry = page.locator("[data-hook=接收机]");
    await entry.getByRole("button", { name: "发送测试" }).click();
    await says(page, "测试结果：HTTP 200");
    await entry.getByRole("button", { name: "投递记录" }).click();
    await entry.locator("tr[data-delivered=true]").waitFor();
    await entry.getByRole("button", { name: "重新投递", exact: true }).click();
    await says(page, "已安排重新投递。");
    await until(() => bodies.some((body) => body.includes("evil.example")));
    await entry.getByRole("button", { name: "暂停" }).click();
    await says(page, "人工暂停");
    await entry.getByRole("button", { name: "删除" }).click();
    await entry.getByRole("button", { name: "确定" }).click();
    await until(async () => (await entry.count()) === 0);
  });

  it("keep pasted cookies without showing them, say when the login has ended, and choose the account of a room", async () => {
    const page = await open("/settings/accounts");
    await says(page, "还没有账号");
    await page.getByLabel("账号名").fill("phone");
    await page.getByLabel("Cookie").fill("ttwid=1");
    await page.getByRole("button", { name: "保存" }).click();
    await says(page, "请求有误");
    await page.getByLabel("Cookie").fill(SECRET);
    await page.getByRole("button", { name: "保存" }).click();
    const entry = page.locator("[data-account=phone]");
    await until(async () => (await textOf(entry)).includes("已登录"));
    expect(await page.content()).not.toContain("0123456789abcdef");
    await page.getByRole("combobox", { name: /身份/ }).selectOption("phone");
    await says(page, "已修改");
    expect((await dashboard.app.store.rooms.get(room.id))?.settings.account).toBe("phone");
    const field = page.getByRole("group", { name: /同时观看的会话/ });
    await field.locator("[data-add]").click();
    await field.locator("[data-session=guest] select").last().selectOption("browser");
    await field.locator("[data-session='guest@browser']").waitFor();
    expect((await dashboard.app.store.rooms.get(room.id))?.settings.sessions).toEqual(["guest@browser"]);
    dashboard.simulator.rooms.logout();
    await entry.getByRole("button", { name: "立即核对" }).click();
    await says(page, "登录已失效：用它的直播间现在按游客接收");
    dashboard.simulator.rooms.logout(false);
  });

  it("tell the outputs, the storage, the server and what ails it", async () => {
    const page = await open("/settings/outputs");
    await says(page, /DouyinBarrageGrab.*DYLIVE_COMPAT_GRAB_PORT=8888/s);
    await page.getByRole("link", { name: "存储" }).click();
    await says(page, /数据库大小: [\d.]+ [KM]B/);
    // What the server keeps of all rooms is changed while it runs, and says by whom.
    const server = page.locator(".panel", { has: page.getByRole("heading", { name: "保留设置" }) });
    await server.getByRole("combobox", { name: "统计，天" }).selectOption("自己填");
    await server.getByRole("spinbutton", { name: "统计，天" }).fill("400");
    await server.getByRole("button", { name: "保存" }).click();
    await server.getByRole("button", { name: "确定" }).click();
    await says(page, "dashboard 修改于");
    expect((await dashboard.app.store.settings.changed()).get("keepStatisticsDays")).toMatchObject({ value: 400, by: "dashboard" });
    const heart = { id: "900463", name: "小<img src=x>心", diamonds: 2, icon: null, kind: 1, combo: true };
    await dashboard.app.store.gifts.learn("list", 1_760_000_000_000, [heart]);
    await page.getByLabel("名称的一部分").fill("心");
    await page.getByRole("button", { name: "查找" }).click();
    await says(page, /小<img src=x>心 2 抖币.*id 900463/s);
    await page.getByRole("link", { name: "关于与诊断" }).click();
    await says(page, /版本 \d+\.\d+\.\d+.*DYLIVE_PORT/s);
    // How fast it works is changed while it runs.
    const rate = page.locator("[data-setting=DYLIVE_REQUESTS_PER_S]");
    await rate.locator("input").fill("7");
    await rate.locator("input").press("Tab");
    await until(async () => (await textOf(rate)).includes("dashboard 修改于"));
    expect((await dashboard.app.store.settings.changed()).get("requestsPerS")?.value).toBe(7);
    await page.getByRole("button", { name: "开始检查" }).click();
    await page.locator("[data-layer=home][data-state=ok]").waitFor({ timeout: 60_000 });
    await says(page, /数据库.*正常|正常.*数据库/s);
  });

  it("offer each token what it may do, and no more, as every page does", async () => {
    const { tokens } = dashboard.app.store;
    const now = Date.now();
    const parts: string[][] = [];
    for (const [scope, rooms] of [
      ["read", []],
      ["manage", ["700000001"]],
      ["manage", []],
      ["admin", []],
    ] as const) {
      const { token } = await createToken(tokens, { name: scope, scope, rooms, now });
      const page = await dashboard.open(`#token=${token}`);
      const go = (path: string) => page.goto(`${dashboard.app.url}/#${path}`);
      await go("/settings");
      await page.locator(".page nav a").first().waitFor();
      parts.push(await page.locator(".page nav a").allInnerTexts());
      const buttons: string[] = [];
      const pages = {
        "/rooms": "个直播间",
        [`/rooms/${room.id}`]: "只看礼物",
        "/works": rooms.length === 0 ? "已保存的作品" : "只限于部分",
        "/overlay": "预览背景",
      };
      for (const [path, words] of Object.entries(pages)) {
        await go(path);
        await says(page, words);
        buttons.push(...(await page.locator("main button").allInnerTexts()));
      }
      const changes = ["添加", "暂停", "移除", "读取", "监控", "生成地址"].filter((name) => buttons.some((one) => one.includes(name)));
      const works = rooms.length === 0 ? ["读取", "监控"] : [];
      const manages = ["添加", "暂停", "移除", ...works];
      expect(changes).toEqual(scope === "read" ? [] : scope === "manage" ? manages : [...manages, "生成地址"]);
      await page.close();
    }
    expect(parts).toEqual([
      ["存储"],
      ["Webhook", "存储"],
      ["账号与采集", "Webhook", "存储"],
      ["账号与采集", "token", "Webhook", "兼容输出", "存储", "关于与诊断"],
    ]);
  });
});

it("a broadcast has charts, and is exported with progress", async () => {
  const page = await open(`/rooms/${room.id}/sessions/${SESSION}`);
  await page.waitForSelector("canvas", { timeout: 30_000 });
  const arriving = page.waitForEvent("download");
  await page.getByRole("button", { name: "导出" }).click();
  const file = await arriving;
  expect(file.suggestedFilename()).toMatch(/^dylive-700000001-7000000000000000002\.csv$/);
  expect(readFileSync(await file.path(), "utf8").match(/HYPERLINK/g)).toHaveLength(60);
  await says(page, /已保存 dylive-700000001-.*\.csv（[\d.]+ KB）/);
});
