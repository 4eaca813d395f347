import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createToken } from "../../src/http/tokens.js";
import { chat, gift, person } from "../http/events.js";
import { until } from "../until.js";
import { Dashboard, seriousIn, textOf } from "./dashboard.js";
import { ownRoom } from "./feed-load.js";

const FIRST = "7000000000000000001";
const SECOND = "7000000000000000002";
const SECRET = "sessionid=0123456789abcdef; sessionid_ss=0123456789abcdef";
const HOUR_MS = 3_600_000;

let dashboard: Dashboard;
let room: Awaited<ReturnType<typeof ownRoom>>;
let receiver: Server;
/** What the receiver answers. */
let status = 200;
const bodies: string[] = [];
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
  room = await ownRoom(dashboard, "700000001");
  const { rooms, sessions } = dashboard.app.store;
  await rooms.setWatch(room.id, "on");
  const now = Date.now();
  await sessions.open(room.id, FIRST, now - 30 * HOUR_MS, `第一场 <img src=x onerror="window.hacked=1">`);
  await sessions.end(room.id, FIRST, now - 27 * HOUR_MS, "announced");
  await sessions.open(room.id, SECOND, now - HOUR_MS, "第二场 夜话");
  const user = person({ id: "1", nickname: "小鱼" });
  await room.append([
    ...Array.from({ length: 40 }, (_, at) => chat(`第一场的话 ${at}`, { user, sessionId: FIRST })),
    ...Array.from({ length: 60 }, (_, at) => chat(`=HYPERLINK("http://evil.example") ${at}`, { user, sessionId: SECOND })),
    gift(3, { user, sessionId: SECOND, unitDiamonds: 100, diamonds: 300, settled: true }),
  ]);
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(status).end(status === 200 ? "" : "<b>out of order</b>");
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
    // None ticked is no token for all rooms: the browser says so, and nothing is sent.
    await page.getByRole("button", { name: "新建 token" }).click();
    expect(await page.locator("select:invalid").count()).toBe(1);
    await page.getByRole("checkbox", { name: "700000001" }).check();
    await page.getByRole("button", { name: "新建 token" }).click();
    const shown = page.getByRole("textbox", { name: "token", exact: true });
    await shown.waitFor();
    const headers = { authorization: `Bearer ${await shown.inputValue()}` };
    expect((await fetch(`${dashboard.app.url}/v1/rooms/700000001`, { headers })).status).toBe(200);
    await dashboard.shoot(page, "settings-tokens");
    expect(await seriousIn(page)).toEqual([]);
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
    await until(() => bodies.some((body) => body.includes("第一场的话 0")));
    await until(async () => (await textOf(entry)).includes("1–101 (100)"));
    await dashboard.shoot(page, "settings-hooks");
    expect(await seriousIn(page)).toEqual([]);
    status = 500;
    // The address takes a message a second, and the page may be quicker than that: it says so, and one clicks again.
    await until(async () => {
      await entry.getByRole("button", { name: "发送测试" }).click();
      const said = await until(async () => /测试结果：HTTP 500|请求太频繁/.exec(await textOf(page.locator("main")))?.[0]);
      return said.endsWith("500");
    });
    await until(async () => (await textOf(entry)).includes("<b>out of order</b>"));
    await entry.getByRole("button", { name: "暂停" }).click();
    await says(page, "人工暂停");
    await entry.getByRole("button", { name: "删除" }).click();
    await entry.getByRole("button", { name: "确定" }).click();
    await until(async () => (await entry.count()) === 0);
  });

  it("tell people by a service that the address names, whose key is not shown and stays when the rest is changed", async () => {
    const page = await open("/settings/hooks");
    await page.getByLabel("地址", { exact: true }).fill("https://oapi.dingtalk.com/robot/send?access_token=t0");
    await page.getByLabel("以消息发给").selectOption("看地址就知道");
    await page.getByLabel("加签密钥或令牌").fill("SEC1");
    await page.getByLabel("名称").fill("值班群");
    await page.getByRole("button", { name: "新建 Webhook" }).click();
    const entry = page.locator("[data-hook=值班群]");
    await until(async () => (await entry.count()) === 1 && (await textOf(entry)).includes("钉钉机器人"));
    expect(await textOf(entry)).toContain("room.live");
    await entry.getByRole("button", { name: "修改" }).click();
    const ticked = entry.locator("[role=group] input:checked");
    expect(await ticked.count()).toBe(8);
    for (const name of ["下播", "账号登录失效", "磁盘空间不足"]) await entry.getByRole("checkbox", { name }).uncheck();
    await entry.getByRole("button", { name: "保存" }).click();
    await until(async () => !(await textOf(entry)).includes("disk.low"));
    expect(await page.content()).not.toMatch(/access_token=t0|SEC1/);
    const [row] = await dashboard.app.store.hooks.list();
    expect(row).toMatchObject({
      url: expect.stringContaining("access_token=t0"),
      types: expect.arrayContaining(["room.live", "hook.paused"]),
      channel: { kind: "dingtalk", secret: "SEC1" },
    });
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
    await field.locator("[data-session=guest]").waitFor();
    await field.locator("[data-add]").click();
    await field.locator("[data-session='guest:2'] select").first().selectOption("account:phone");
    await field.locator("[data-session='account:phone'] select").last().selectOption("browser");
    await field.locator("[data-session='account:phone@browser']").waitFor();
    const chosen = async () => (await dashboard.app.store.rooms.get(room.id))?.settings.sessions;
    expect(await chosen()).toEqual(["guest", "account:phone@browser"]);
    await dashboard.shoot(page, "settings-accounts");
    expect(await seriousIn(page)).toEqual([]);
    for (const name of ["guest", "account:phone@browser"]) {
      await field.locator(`[data-session='${name}'] button`).click();
      await field.locator(`[data-session='${name}']`).waitFor({ state: "detached" });
    }
    expect(await chosen()).toBeNull();
    dashboard.simulator.rooms.logout();
    const seen = { gifts: 12, diamonds: 340, diamondsWitnessed: 400, diamondsMissing: 60, refusals: 2 };
    await dashboard.app.store.accountDays.add("phone", Date.now(), Date.now(), seen);
    await entry.getByRole("button", { name: "立即核对" }).click();
    await says(page, "登录已失效：用它的直播间现在按游客接收");
    expect(await textOf(entry.locator("[data-test=health]"))).toMatch(/12 .*340.*400.*85%.*2/);
    dashboard.simulator.rooms.logout(false);
  });

  it("tell the outputs, the storage, the server and what ails it", async () => {
    const page = await open("/settings/outputs");
    await says(page, /DouyinBarrageGrab.*DYLIVE_COMPAT_GRAB_PORT=8888/s);
    await dashboard.shoot(page, "settings-outputs");
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
    await page.locator("fieldset.kind select").first().selectOption("单独设置");
    await page.getByRole("combobox", { name: "事件, 天" }).selectOption("自己填");
    await page.getByRole("spinbutton", { name: "事件, 天" }).fill("90");
    const own = page.locator(".panel", { has: page.getByRole("heading", { name: "单个直播间的保留期限" }) });
    await own.getByRole("button", { name: "保存" }).click();
    await own.getByRole("button", { name: "确定" }).click();
    await own.getByText("已保存。").waitFor();
    expect((await dashboard.app.store.retention.limits(room.id)).events).toEqual({ maxAgeMs: 7_776_000_000, maxBytes: null });
    const heart = { id: "900463", name: "小<img src=x>心", diamonds: 1, icon: null, kind: 1, combo: true };
    const { gifts } = dashboard.app.store;
    await gifts.learn("list", 1_760_000_000_000, [heart, { ...heart, id: "902053", name: "人气票" }]);
    await gifts.learn("list", 1_760_090_000_000, [{ ...heart, diamonds: 2 }]);
    await page.getByLabel("名称的一部分").fill("心");
    await page.getByRole("button", { name: "查找" }).click();
    await says(page, /小<img src=x>心 2 抖币.*id 900463.*起 1 抖币/s);
    await says(page, /平台的列表读于/);
    await dashboard.shoot(page, "settings-storage");
    expect(await seriousIn(page)).toEqual([]);
    await page.getByRole("link", { name: "关于与诊断" }).click();
    await says(page, /版本 \d+\.\d+\.\d+.*DYLIVE_PORT/s);
    // How fast it works is changed while it runs, and given back.
    const rate = page.locator("[data-setting=DYLIVE_REQUESTS_PER_S]");
    const changed = async () => (await dashboard.app.store.settings.changed()).get("requestsPerS")?.value ?? null;
    await rate.locator("input").fill("7");
    const first = page.locator(".panel").first();
    const before = await textOf(first);
    await until(async () => (await textOf(first)) !== before); // a second passes: the page says for how long the server runs
    await rate.locator("input").press("Tab");
    await until(async () => (await textOf(rate)).includes("dashboard 修改于"));
    expect(await changed()).toBe(7);
    expect(await page.locator("[data-setting=DYLIVE_PORT] input").count()).toBe(0);
    await rate.getByRole("button", { name: "恢复默认" }).click();
    await until(async () => (await rate.locator("input").inputValue()) === "5");
    expect(await changed()).toBeNull();
    await page.getByRole("button", { name: "开始检查" }).click();
    await page.locator("[data-layer=home][data-state=ok]").waitFor({ timeout: 60_000 });
    await says(page, /数据库.*正常|正常.*数据库/s);
    await dashboard.shoot(page, "settings-about");
    expect(await seriousIn(page)).toEqual([]);
  });

  it("have danmaku written beside recordings, and say how that goes", async () => {
    const page = await open("/settings/storage");
    const panel = page.locator(".panel", { has: page.getByRole("heading", { name: "录像旁的弹幕文件" }) });
    const film = join(dashboard.recordings, "主播 2020-01-01 00-00-00");
    writeFileSync(`${film}.flv`, "film");
    await panel.getByLabel("直播间").selectOption(`room:${room.id}`);
    await panel.getByLabel(".srt").uncheck();
    await panel.getByRole("button", { name: "开始写" }).click();
    await panel.locator("[data-sidecar='.'] .mark.good").waitFor();
    await until(() => existsSync(`${film}.xml`) && readFileSync(`${film}.xml`, "utf8").includes("第一场的话 39"));
    await panel.getByText("1 段录像").waitFor();
    await panel.getByText("最近的情况").click();
    await panel.getByText(/主播 2020-01-01 00-00-00\.flv：从 2020-01-01 00:00:00 .*依据文件名/).waitFor();
    await dashboard.shoot(page, "settings-sidecars");
    expect(await seriousIn(page)).toEqual([]);
    await panel.getByRole("button", { name: "停止" }).click();
    await panel.getByRole("button", { name: "确定" }).click();
    await panel.getByText("还没有。").waitFor();
    expect([existsSync(`${film}.xml`), existsSync(`${film}.srt`)]).toEqual([true, false]);
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

  it("fit a phone, in English and dark", async () => {
    for (const part of ["tokens", "hooks", "accounts", "storage", "about"]) {
      const page = await open(`/settings/${part}`, { viewport: { width: 390, height: 844 }, colorScheme: "dark", locale: "en-US" });
      await page.locator(".panel").first().waitFor();
      expect([part, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([part, 390]);
      if (part === "accounts") await says(page, "How each room is collected");
      await dashboard.shoot(page, `settings-${part}-phone-dark-en`);
      await page.close();
    }
  });
});

describe("broadcasts", () => {
  it("are listed with what they add up to; one has charts, and is exported with progress", async () => {
    const page = await open("/sessions");
    await until(async () => /第二场 夜话.*60/s.test(await textOf(page.locator("tbody"))));
    await until(async () => /第一场 <img src=x.*40/s.test(await textOf(page.locator("tbody"))));
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    // Nobody saw its end, and its room is in none now.
    expect(await textOf(page.locator("tbody"))).not.toContain("直播中");
    await dashboard.shoot(page, "sessions");
    expect(await seriousIn(page)).toEqual([]);
    await page.getByRole("link", { name: "第二场 夜话" }).click();
    await page.waitForSelector("canvas", { timeout: 30_000 });
    await dashboard.shoot(page, "session");
    expect(await seriousIn(page)).toEqual([]);
    const arriving = page.waitForEvent("download");
    await page.getByRole("button", { name: "导出" }).click();
    const file = await arriving;
    expect(file.suggestedFilename()).toMatch(/^dylive-700000001-7000000000000000002\.csv$/);
    const text = readFileSync(await file.path(), "utf8");
    expect(text.match(/HYPERLINK/g)).toHaveLength(60);
    await says(page, /已保存 dylive-700000001-.*\.csv（[\d.]+ KB）/);
  });

  it("are deleted by their typed name, and a room by its own, and are gone then", async () => {
    const page = await open(`/rooms/${room.id}/sessions/${FIRST}`);
    const title = `第一场 <img src=x onerror="window.hacked=1">`;
    const remove = async (name: string, shot: string, told = /已删除：\d+ 个事件/) => {
      await page.getByRole("button", { name: "删除", exact: false }).first().click();
      const dialog = page.locator("dialog[open]");
      const begin = dialog.getByRole("button", { name: "永久删除" });
      await dialog.getByRole("textbox").fill("yes");
      expect(await begin.isDisabled()).toBe(true);
      await dialog.getByRole("textbox").fill(name);
      await dashboard.shoot(page, shot);
      expect(await seriousIn(page)).toEqual([]);
      await begin.click();
      await until(async () => told.test(await textOf(dialog)));
      await dashboard.shoot(page, `${shot}-done`);
      await dialog.getByRole("button", { name: "关闭" }).click();
    };
    await remove(title, "delete-session");
    await page.waitForURL(/#\/sessions/);
    const { store } = dashboard.app;
    expect((await store.sessions.list(room.id, 9)).map(({ sessionId }) => sessionId)).toEqual([SECOND]);
    await page.goto(`${dashboard.app.url}/#/rooms/${room.id}`);
    await page.getByRole("button", { name: "暂停" }).first().click();
    // As after a restart, when another task has its number.
    await page.route(/\/v1\/tasks\//, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), startedAt: 1 } });
    });
    await remove("700000001", "delete-room", /删除中断了/);
    await page.waitForURL(/#\/rooms$/);
    await until(async () => (await page.locator(`[data-room="${room.id}"]`).count()) === 0);
    await until(async () => (await store.rooms.get(room.id)) === null && (await store.log.read(room.id, 0, 9)).rows.length === 0);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
  });
});
