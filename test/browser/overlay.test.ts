// Guards: An overlay shows a room to a stream as text alone, with a token of that room, and speaks what is asked for.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createToken } from "../../src/http/tokens.js";
import { chat, follow, gift, person } from "../http/events.js";
import { until } from "../until.js";
import { Dashboard, textOf } from "./dashboard.js";
import { ownRoom } from "./feed-load.js";

const SESSION = "7000000000000000001";
let dashboard: Dashboard;
let room: Awaited<ReturnType<typeof ownRoom>>;
let token: string;
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
  room = await ownRoom(dashboard, "700000001");
  await dashboard.app.rooms.resume(room.id);
  await dashboard.app.store.sessions.open(room.id, SESSION, Date.now());
  token = (await createToken(dashboard.app.store.tokens, { name: "overlay", scope: "read", rooms: [`room:${room.id}`], now: Date.now() }))
    .token;
});
afterAll(() => dashboard.close());
afterEach(async () => expect(await dashboard.closePages()).toEqual([]));

const open = (options: string, width = 600) =>
  dashboard.open(`overlay.html#room=${room.id}&token=${token}&${options}`, { viewport: { width, height: 500 } });
const ready = (page: Page) => page.waitForSelector("main[data-state=open]");
/** A WAV file of a twentieth of a second of silence. */
const SILENCE = Buffer.concat([
  Buffer.from("524946464403000057415645666d74201000000001000100401f0000803e0000020010006461746120030000", "hex"),
  Buffer.alloc(800),
]);
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
  });

  it("says that its token was revoked", async () => {
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
  });
});
