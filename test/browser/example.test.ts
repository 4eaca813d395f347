// Guards: The example page with Server-Sent Events shows a room and never has the token.
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, ROOM, type Stage } from "../examples/stage.js";
import { TEST_ARGUMENTS, testBrowser } from "./chromium.js";

let stage: Stage;
let browser: Browser;
beforeAll(async () => {
  stage = await openStage();
  browser = await chromium.launch({ executablePath: testBrowser(), args: [...TEST_ARGUMENTS] });
});
afterAll(async () => {
  await browser?.close();
  await stage.close();
});

describe("the example page with Server-Sent Events", () => {
  it("shows what happens in the room, and never has the token", async () => {
    const run = stage.node("browser-sse.mjs", [stage.base, stage.token, ROOM, "0"]);
    const [url = ""] = await run.printed(/http:\S+/);
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("pageerror", ({ message }) => wrong.push(message));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(url);
    await page.waitForFunction("document.querySelectorAll('li').length >= 5");
    const lines = await page.locator("li").allInnerTexts();
    for (const line of lines) expect(line).toMatch(/: .|送出 .+ ×\d+|关注了主播$/);
    expect(wrong).toEqual([]);
    expect(asked.every((one) => one.startsWith(url))).toBe(true);
    expect(`${await page.content()} ${asked}`).not.toContain(stage.token);
    await page.close();
  });
});
