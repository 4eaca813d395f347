// Guards: overlays take no more memory after 60,000 events than after 20,000.
import { afterAll, beforeAll, expect, it } from "vitest";
import { Dashboard } from "../browser/dashboard.js";
import { busyEvents, ownRoom } from "../browser/feed-load.js";
import { measured } from "./measured.js";
import { memoryOf, type PageMemory } from "./page-memory.js";

const PARTS = 6;
const BATCHES = 200;
const BATCH = 50;
const SLICE_MS = 100;
let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start([]);
});
afterAll(() => dashboard.close());

it("overlays over 60,000 events, as fast as they come: memory", async () => {
  const { id, append } = await ownRoom(dashboard, "800000003");
  const overlays = await Promise.all(
    ["danmu", "flying", "gifts"].map(async (kind) => {
      const page = await dashboard.open(`overlay.html#kind=${kind}&room=${id}&token=${dashboard.token}&show=chat,gift,follow,join,like`);
      await page.waitForSelector("main[data-state=open]");
      const session = await page.context().newCDPSession(page);
      return { kind, page, session, seen: [] as PageMemory[] };
    }),
  );
  const begun = Date.now();
  for (let part = 0; part < PARTS; part++) {
    for (let sent = 0; sent < BATCHES; sent++) {
      await append(busyEvents(BATCH));
      await overlays[0]?.page.waitForTimeout(SLICE_MS);
    }
    for (const { session, seen } of overlays) seen.push(await memoryOf(session));
  }
  const rate = Math.round((PARTS * BATCHES * BATCH * 1_000) / (Date.now() - begun));
  for (const { kind, seen } of overlays) {
    const [, second] = seen;
    const last = seen.at(-1);
    if (second === undefined || last === undefined) throw new Error("nothing was seen");
    // Lists are full within seconds; from then on nothing may grow.
    expect([kind, last.mb < second.mb * 1.25 + 1]).toEqual([kind, true]);
    expect([kind, last.nodes < second.nodes * 1.5 + 300]).toEqual([kind, true]);
    measured(
      `the overlay ${kind} over ${PARTS * BATCHES * BATCH} events at ${rate} a second`,
      `JavaScript in use after each sixth: ${seen.map(({ mb }) => mb.toFixed(1)).join(", ")} MB; nodes ${seen.map(({ nodes }) => nodes).join(", ")}`,
    );
  }
});
