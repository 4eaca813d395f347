// Guards: the dashboard's feed takes no more memory after an hour of 100 events a second than after ten minutes.
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

it("the feed over an hour of 100 events a second, in less time: memory", async () => {
  const { id, append } = await ownRoom(dashboard, "800000002");
  const page = await dashboard.open(`#token=${dashboard.token}`);
  await page.waitForSelector("#paste");
  await page.goto(`${dashboard.app.url}/#/rooms/${id}`);
  await page.waitForSelector("[role=region]");
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
