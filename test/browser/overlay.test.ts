import type { Page, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { demoRooms } from "../../simulator/index.js";
import { createToken } from "../../src/http/tokens.js";
import { chat, follow, gift, person } from "../http/events.js";
import { until } from "../until.js";
import { Dashboard, noticing, seriousIn, textOf } from "./dashboard.js";
import { ownRoom } from "./feed-load.js";
import { NEVER } from "./rooms.js";

const SESSION = "7000000000000000001";
const BUSY = "100000002";
let dashboard: Dashboard;
let room: Awaited<ReturnType<typeof ownRoom>>;
let token: string;
beforeAll(async () => {
  dashboard = await Dashboard.start(demoRooms().filter(({ webRid }) => webRid === BUSY));
  room = await ownRoom(dashboard, "700000001");
  await dashboard.app.store.rooms.setWatch(room.id, "on");
  await dashboard.app.store.sessions.open(room.id, SESSION, Date.now());
  token = (await createToken(dashboard.app.store.tokens, { name: "overlay", scope: "read", rooms: [`room:${room.id}`], now: Date.now() }))
    .token;
  // Counted by the time that it is asked for.
  await room.append([gift(2, { user: user("榜一"), unitDiamonds: 30_000, diamonds: 60_000, comboId: "big", settled: true })]);
});
afterAll(() => dashboard.close());
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

const open = (options: string, width = 600) =>
  dashboard.open(`overlay.html#room=${room.id}&token=${token}&${options}`, { viewport: { width, height: 500 } });
const ready = (page: Page) => page.waitForSelector("main[data-state=open]");
/** A WAV file of a twentieth of a second of silence. */
const SILENCE = (() => {
  const file = Buffer.alloc(44 + 800);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  for (const [value, at] of [
    [16, 16],
    [8_000, 24],
    [16_000, 28],
    [800, 40],
  ] as const)
    file.writeUInt32LE(value, at);
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [2, 32],
    [16, 34],
  ] as const)
    file.writeUInt16LE(value, at);
  file.write("data", 36, "latin1");
  return file;
})();
const user = (nickname: string) => person({ id: nickname, nickname });

describe("an overlay", () => {
  it("lists danmu over nothing, with a token that sees this room alone, as text only, without what is blocked", async () => {
    const page = await open("show=chat,gift,follow&lines=4&block=坏词");
    await ready(page);
    const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
    await room.append([
      ...Array.from({ length: 10 }, (_, at) => chat(`第 ${at} 条`, { user: user("甲") })),
      chat("坏 词", { user: user("乙") }),
      chat("好", { user: user("坏词") }),
      follow({ user: user("丙") }),
      gift(5, { user: user("丁") }),
      chat(hostile, { user: person({ id: "9", nickname: hostile, avatar: "https://evil.example/a.png" }) }),
    ]);
    await until(async () => (await textOf(page.locator("li"))).includes("<script>"));
    expect(await page.locator("li").count()).toBe(4);
    const text = await textOf(page.locator("ol"));
    expect(text).toMatch(/丙.*关注了主播.*丁.*送出 小心心 ×5/s);
    expect(text).not.toMatch(/坏/);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(
      await page.evaluate("getComputedStyle(document.body).backgroundColor + getComputedStyle(document.documentElement).backgroundColor"),
    ).toBe("rgba(0, 0, 0, 0)rgba(0, 0, 0, 0)");
    expect([...dashboard.imageHosts].filter((host) => host.includes("evil"))).toEqual([]);
    await dashboard.shoot(page, "overlay-danmu");
  });

  it("takes the CSS that OBS puts into it, and no script", async () => {
    const page = await open("kind=danmu");
    await ready(page);
    await page.evaluate(
      `(() => { const css = document.createElement("style"); css.textContent = "main { color: rgb(1, 2, 3) !important }"; document.head.append(css); })()`,
    );
    expect(await page.evaluate(`getComputedStyle(document.querySelector("main")).color`)).toBe("rgb(1, 2, 3)");
    await page.evaluate(
      `(() => { const js = document.createElement("script"); js.textContent = "window.hacked = 1"; document.head.append(js); })()`,
    );
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    expect(dashboard.complaints.splice(0).join()).toContain("Content Security Policy");
  });

  it("shows a combo of gifts as one alert that counts up, and goes", async () => {
    const page = await open("kind=gifts&min=3&stay=2");
    await ready(page);
    await room.append([gift(1, { user: user("小气"), comboId: "small" }), gift(3, { user: user("大方"), comboId: "c1" })]);
    await until(async () => (await textOf(page.locator("li"))).includes("×3"));
    await dashboard.shoot(page, "overlay-gifts");
    await room.append([gift(7, { user: user("大方"), comboId: "c1", comboTotal: 10 })]);
    await until(async () => (await textOf(page.locator("li"))).includes("×10"));
    expect(await textOf(page.locator("ol"))).toMatch(/^[^小]*大方.*10 抖币/s);
    await until(async () => (await page.locator("li").count()) === 0);
  });

  it("makes one line of a combo in each theme, and is heard once for it", async () => {
    const page = await open("kind=danmu&theme=neon&sound=gift,follow&motion=0");
    await page.addInitScript(`window.tones = 0; window.AudioContext = class extends AudioContext {
      get state() { return "running"; }
      createOscillator() { window.tones++; return super.createOscillator(); }
    };`);
    await page.reload();
    await ready(page);
    for (const [delta, comboTotal] of [
      [1, 1],
      [4, 5],
      [5, 10],
    ] as const)
      await room.append([gift(delta, { user: user("连击"), comboId: "fold", comboTotal })]);
    await room.append([gift(0, { user: user("连击"), comboId: "fold", comboTotal: 10, settled: true, diamonds: 0 })]);
    await until(async () => (await page.locator("li.settled").count()) === 1);
    expect(await textOf(page.locator("li"))).toMatch(/^连\s*连击\s*送出 小心心 ×10$/);
    expect(await page.evaluate("tones")).toBe(2);
    for (const theme of ["clear", "card", "neon"]) {
      await page.evaluate(`document.querySelector("main").dataset.theme = "${theme}"`);
      await dashboard.shoot(page, `overlay-theme-${theme}`);
    }
  });

  it("lets danmu fly across, and forgets those that have landed", async () => {
    const page = await open("kind=flying&lines=3&stay=1");
    await ready(page);
    await room.append([chat("飞过去一", {}), chat("飞过去二", {})]);
    await until(async () => (await page.locator(".moving").count()) === 2);
    const tops = await page
      .locator(".moving")
      .evaluateAll((all) => all.map((one) => (one as unknown as { style: { top: string } }).style.top));
    expect(new Set(tops).size).toBe(2);
    await dashboard.shoot(page, "overlay-flying");
    await until(async () => (await page.locator(".moving").count()) === 0);
  });

  it("lets nothing fly while nobody sees the page, where nothing would land", async () => {
    const page = await open("kind=flying&lines=3&stay=60");
    await ready(page);
    const hide = (hidden: boolean) => page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true })`);
    await room.append([chat("没人看见", {})]);
    await until(async () => (await page.locator(".moving").count()) === 1);
    await hide(true);
    await until(async () => (await page.locator(".moving").count()) === 0);
    await hide(false);
    await room.append([chat("有人看见", {})]);
    await until(async () => (await textOf(page.locator(".moving"))) === "有人看见");
  });

  it("counts a goal and ranks givers by what the server counted", async () => {
    const goal = await open("kind=goal&metric=diamonds&target=100000&title=今晚目标&panel=40", 500);
    await until(async () => /今晚目标\s*6万 \/ 10万/.test(await textOf(goal.locator("p"))));
    expect(await goal.locator("[role=progressbar]").getAttribute("aria-valuenow")).toMatch(/^600\d\d$/);
    await dashboard.shoot(goal, "overlay-goal");
    const top = await open("kind=top&lines=3&panel=40", 400);
    await until(async () => /送礼榜\s*1\s*榜一/.test(await textOf(top.locator("section"))));
    await dashboard.shoot(top, "overlay-top");
  });

  it("counts the viewers of a live room, which it may name by any of its names", async () => {
    await dashboard.app.rooms.add(BUSY, {}, 10_000, NEVER);
    const page = await dashboard.open(`overlay.html#kind=viewers&room=web_rid:${BUSY}&token=${dashboard.token}&lang=en`);
    await until(async () => /^online\s*\d/.test(await textOf(page.locator("p"))));
    await dashboard.app.rooms.remove(Number((await dashboard.app.store.rooms.find({ kind: "web_rid", value: BUSY })) ?? 0));
  });

  it("reads out what was asked for, within the rate, and never what is blocked", async () => {
    const page = await open("kind=danmu&say=chat,follow&rate=2&block=坏词");
    await page.addInitScript(
      "window.said = []; speechSynthesis.speak = (u) => { said.push(u.text + '|' + u.lang); setTimeout(() => u.onend?.(), 0); };",
    );
    await page.reload();
    await ready(page);
    await room.append([chat("坏词", {}), chat("你好", {}), follow({ user: user("丙") }), chat("再见", {}), gift(1, {})]);
    await until(async () => (await page.evaluate<string[]>("said")).length === 2);
    await until(async () => (await textOf(page.locator("ol"))).includes("再见"));
    expect(await page.evaluate("said")).toEqual(["你好|zh-CN", "丙 关注了主播|zh-CN"]);
  });

  it("speaks by the server's engine as the page's own sound, after a click, and by the browser's voice where that fails", async () => {
    const page = await open("kind=danmu&say=chat&rate=60");
    const asked: string[] = [];
    await page.route("**/v1/speech", async (route) => {
      if (route.request().method() === "GET") return route.fulfill({ json: { engine: "espeak-ng" } });
      asked.push((route.request().postDataJSON() as { text: string }).text);
      return asked.length === 2 ? route.fulfill({ status: 503, json: {} }) : route.fulfill({ contentType: "audio/wav", body: SILENCE });
    });
    await page.addInitScript("window.said = []; speechSynthesis.speak = (u) => { said.push(u.text); setTimeout(() => u.onend?.(), 0); };");
    await page.reload();
    await ready(page);
    await page.waitForSelector("main[data-voice=espeak-ng]");
    await page.getByRole("button", { name: "点击这里允许播放声音" }).click();
    for (const text of ["一句", "两句", "三句"]) {
      await room.append([chat(text, {})]);
      await until(async () => asked.includes(text));
    }
    expect(asked).toEqual(["一句", "两句", "三句"]);
    await until(async () => (await page.evaluate<string[]>("said")).length === 1);
    expect(await page.evaluate("said")).toEqual(["两句"]);
    // This server has no engine.
    const alone = await open("kind=danmu&say=chat&voice=server");
    await alone.getByText("服务器上没有语音引擎").waitFor();
    const silent = await open("kind=danmu&say=chat&voice=browser");
    await silent.addInitScript("Object.defineProperty(window, 'speechSynthesis', { value: undefined })");
    await silent.reload();
    await silent.getByText("这个浏览器没有语音").waitFor();
    await room.append([chat("照样显示", {})]);
    await until(async () => (await textOf(silent.locator("ol"))).includes("照样显示"));
  });

  it("comes back by itself after a lost connection and has missed nothing", async () => {
    const routes: WebSocketRoute[] = [];
    const page = await open("kind=danmu&lines=20");
    await page.routeWebSocket(/\/v1\/ws/, (route) => {
      route.connectToServer();
      routes.push(route);
    });
    await page.reload();
    await ready(page);
    await room.append([chat("断线前", {})]);
    await until(async () => (await textOf(page.locator("ol"))).includes("断线前"));
    const wasLost = await noticing(page, `document.querySelector("main[data-state=retrying]") !== null`);
    await routes.at(-1)?.close();
    await until(wasLost);
    await room.append([chat("断线时", {})]);
    await until(async () => (await textOf(page.locator("ol"))).includes("断线时"));
    expect((await textOf(page.locator("ol"))).match(/断线前/g)).toHaveLength(1);
  });

  it("says what is missing in its address, and that its token was revoked", async () => {
    const bare = await dashboard.open("overlay.html#kind=danmu");
    expect(await textOf(bare.locator("[role=alert]"))).toBe("地址里缺少 room 或 token");
    const { token: short, row } = await createToken(dashboard.app.store.tokens, { name: "short", scope: "read", now: Date.now() });
    const page = await dashboard.open(`overlay.html#room=${room.id}&token=${short}`);
    await ready(page);
    await dashboard.app.store.tokens.revoke(row.id, Date.now());
    await page.reload();
    await until(async () => (await textOf(page.locator("[role=alert]"))).includes("token 无效"));
    expect(dashboard.complaints.splice(0).every((text) => text.includes("HTTP Authentication failed"))).toBe(true);
  });
});

describe("the builder of overlays", () => {
  it("shows a preview of each kind, and makes an address whose token reads this room alone", async () => {
    const page = await dashboard.open(`#token=${dashboard.token}`, { viewport: { width: 1200, height: 900 } });
    await page.waitForSelector("#paste");
    await page.goto(`${dashboard.app.url}/#/overlay`);
    const frame = page.frameLocator("iframe");
    await frame.locator("li").first().waitFor();
    await until(async () => (await frame.locator("li").count()) > 2);
    await dashboard.shoot(page, "overlay-builder");
    expect(await seriousIn(page)).toEqual([]);
    for (const [kind, shown] of [
      ["flying", ".moving"],
      ["gifts", "li"],
      ["top", "li"],
      ["viewers", "p b"],
      ["goal", "[role=progressbar]"],
    ] as const) {
      await page.selectOption("select[name=kind]", kind);
      await frame.locator(`main[data-kind=${kind}]`).waitFor();
      await frame.locator(shown).first().waitFor();
      await dashboard.shoot(page, `overlay-builder-${kind}`);
    }
    await page.selectOption("select[name=kind]", "danmu");
    await page.getByRole("button", { name: "生成地址" }).click();
    const link = page.getByRole("textbox", { name: "地址" });
    await page.getByLabel("行数").fill("3");
    await until(async () => (await link.inputValue()).includes("lines=3"));
    const made = new URLSearchParams(new URL(await link.inputValue()).hash.slice(1));
    const [row] = (await dashboard.app.store.tokens.list()).slice(-1);
    expect(row).toMatchObject({ scope: "read", rooms: [`room:${room.id}`] });
    const read = (path: string) => fetch(dashboard.app.url + path, { headers: { authorization: `Bearer ${made.get("token")}` } });
    expect((await read(`/v1/rooms/${room.id}/events`)).status).toBe(200);
    expect((await read("/v1/tokens")).status).toBe(403);
    const overlay = await dashboard.open((await link.inputValue()).slice(dashboard.app.url.length + 1));
    await ready(overlay);
    await room.append([chat("看得见", {})]);
    await until(async () => (await textOf(overlay.locator("li"))).includes("看得见"));
    await page.getByRole("button", { name: "关注" }).click();
    await until(async () => (await textOf(overlay.locator("ol"))).includes("测试观众"));
    await page.getByText("已发出测试事件：关注").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await dashboard.shoot(page, "overlay-builder-phone");
  });
});
