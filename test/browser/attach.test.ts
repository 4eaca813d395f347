// Guards: dylive uses a browser that the user runs, and leaves it as it was.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { BrowserSession } from "../../src/platform/browser/session.js";
import { systemClock } from "../../src/runtime/clock.js";
import { until } from "../until.js";
import { testBrowser } from "./chromium.js";
import { freePort, GUEST, liveRooms, NEVER, viaPage } from "./rooms.js";

it("uses a browser that the user runs, and leaves it as it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dylive-attach-"));
  const port = await freePort();
  const args = [`--remote-debugging-port=${port}`, "--disable-gpu"];
  const users = await chromium.launchPersistentContext(folder, { executablePath: testBrowser(), chromiumSandbox: false, args });
  const simulator = await startSimulator({ rooms: liveRooms(1), rateFactor: 5 });
  const session = new BrowserSession({
    choose: () => ({ cdp: `http://127.0.0.1:${port}` }),
    clock: systemClock,
    upstream: simulator.url,
    profile: null,
  });
  try {
    const pages = users.pages().length;
    const identity = await session.take(GUEST, NEVER);
    expect(await identity.signer.sign("0123456789abcdef0123456789abcdef", NEVER)).toHaveLength(16);
    const reading = viaPage(identity, "300000001");
    await until(() => reading.has(0));
    identity.release();
    await session.close();
    await until(() => reading.ended);
    await until(() => users.pages().length === pages);
    expect(await users.pages()[0]?.evaluate(() => 1 + 1)).toBe(2);
  } finally {
    await session.close();
    await users.close();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it("says that nobody answers at the address", async () => {
  const choice = { cdp: `http://127.0.0.1:${await freePort()}` };
  const session = new BrowserSession({ choose: () => choice, clock: systemClock, upstream: null, profile: null });
  await expect(session.take(GUEST, NEVER)).rejects.toMatchObject({
    code: "browser_failed",
    detail: expect.stringMatching(/DevTools address.*ECONNREFUSED/),
  });
  await session.close();
});
