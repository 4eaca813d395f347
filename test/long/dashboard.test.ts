import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Dashboard } from "../browser/dashboard.js";
import { busyEvents, ownRoom } from "../browser/feed-load.js";
import { until } from "../until.js";
import { measured } from "./measured.js";
import { memoryOf, type PageMemory } from "./page-memory.js";

const HOUR_EVENTS = 360_000;
let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
});
afterAll(() => dashboard.close());

async function openRoom(id: number): Promise<Page> {
  const page = await dashboard.open(`#token=${dashboard.token}`);
  await page.waitForSelector("#paste");
  await page.goto(`${dashboard.app.url}/#/rooms/${id}`);
  await page.waitForSelector("[role=region]");
  return page;
}

const at = (sorted: readonly number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

it("the feed of 12,000 events at 100 events a second: time between frames", async () => {
  const { id, append } = await ownRoom(dashboard, "800000001");
  const page = await openRoom(id);
  for (let i = 0; i < 12; i++) await append(busyEvents(1_000));
  await page.waitForTimeout(3_000);
  await page.evaluate(
    `window.frames_ = []; (function next(last) { requestAnimationFrame((now) => { window.frames_.push(now - last); next(now); }); })(performance.now())`,
  );
  const seconds = 60;
  for (let i = 0; i < seconds * 10; i++) {
    await append(busyEvents(10));
    await page.waitForTimeout(100);
  }
  const frames = (await page.evaluate<number[]>("window.frames_")).sort((a, b) => a - b);
  expect(frames.length).toBeGreaterThan(seconds);
  const late = frames.filter((ms) => ms > 50).length;
  measured(
    "the dashboard's feed of 12,000 events at 100 events a second, headless Chromium, 60 s",
    `${frames.length} frames: p50 ${at(frames, 0.5).toFixed(1)} ms, p99 ${at(frames, 0.99).toFixed(1)} ms, longest ${(frames.at(-1) ?? 0).toFixed(0)} ms, ${late} over 50 ms`,
  );
});

it("the feed over an hour of 100 events a second, in less time: memory", async () => {
  const { id, append } = await ownRoom(dashboard, "800000002");
  const page = await openRoom(id);
  const session = await page.context().newCDPSession(page);
  const seen: PageMemory[] = [];
  for (let i = 0; i < 12; i++) {
    for (let sent = 0; sent < HOUR_EVENTS / 12; sent += 300) {
      await append(busyEvents(300));
      await page.waitForTimeout(60);
    }
    const mark = `标记 ${i}。`;
    const [last] = busyEvents(10).filter(({ type }) => type === "chat");
    await append([{ ...last, id: `mark ${i}`, text: mark } as never]);
    await until(async () => (await page.locator("[role=region]").allInnerTexts()).join().includes(mark));
    seen.push(await memoryOf(session));
  }
  const [, , third, ...rest] = seen;
  const last = rest.at(-1);
  if (third === undefined || last === undefined) throw new Error("nothing was seen");
  // The rows are full after the second twelfth; from then on nothing may grow.
  expect(last.mb).toBeLessThan(third.mb * 1.25 + 5);
  expect(last.nodes).toBeLessThan(third.nodes * 1.5 + 500);
  measured(
    "the dashboard's feed over 360,000 events (an hour of 100 a second)",
    `JavaScript in use after each twelfth: ${seen.map(({ mb }) => mb.toFixed(0)).join(", ")} MB; nodes at the end ${last.nodes}`,
  );
});
