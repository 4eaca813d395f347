// Guards: The login window waits for the scanned code and gives the account's cookies.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { platformAt } from "../../src/platform/access/platform.js";
import { hasSession, loginExpiry } from "../../src/platform/accounts/cookies.js";
import { checkLogin } from "../../src/platform/accounts/login-store.js";
import { loginInWindow } from "../../src/platform/browser/login-window.js";
import { systemClock } from "../../src/runtime/clock.js";
import { testBrowser } from "./chromium.js";
import { liveRooms, NEVER } from "./rooms.js";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ rooms: liveRooms(1) });
});
afterAll(() => simulator.close());
const window = () => ({ program: testBrowser(), headless: true, clock: systemClock, upstream: simulator.url, proxy: null, cookies: [] });

it("waits until the code is scanned, and gives the account's cookies", async () => {
  const waiting = loginInWindow(window(), NEVER);
  setTimeout(() => simulator.rooms.scan(), 500);
  const { cookies, reading } = await waiting;
  expect(reading).toEqual({ login: "logged_in", nickname: "已登录的观众" });
  expect(hasSession(cookies)).toBe(true);
  expect(loginExpiry(cookies)).toBeGreaterThan(Date.now() + 50 * 86_400_000);
  expect(cookies.every(({ domain }) => domain === ".douyin.com")).toBe(true);
  expect(cookies.find(({ name }) => name === "sessionid")).toMatchObject({ secure: true, httpOnly: true });
  const as = { platform: platformAt(simulator.url), userAgent: "Mozilla/5.0 (test)" };
  expect(await checkLogin(cookies, as, NEVER)).toMatchObject({ login: "logged_in" });
});

it("ends with its signal", async () => {
  const stop = new AbortController();
  const waiting = loginInWindow(window(), stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 800);
  await expect(waiting).rejects.toThrow("enough");
});
