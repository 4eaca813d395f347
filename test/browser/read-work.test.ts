// Guards: `readWork` reads a work by any link, and says why nothing could be read.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SimulatedWork, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import { readWork, WorkError } from "../../src/app/works.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { AccountStore } from "../../src/platform/accounts/login-store.js";
import { systemClock } from "../../src/runtime/clock.js";
import { testBrowser, useRunningBrowser } from "./chromium.js";
import { readOf, truthOf } from "./work-truth.js";

const cdp = useRunningBrowser();
let simulator: Simulator;
const data = mkdtempSync(join(tmpdir(), "dylive-read-work-"));
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
});
afterEach(() => simulator.works.setFaults("plain", []));
afterAll(async () => {
  await simulator.close();
  rmSync(data, { recursive: true });
});
const truth = (name: string): SimulatedWork => simulator.works.work(name);
const read = (link: string, more: Parameters<typeof readWork>[1] = {}) =>
  readWork(link, { upstream: simulator.url, cdp: cdp(), data, ...more });
const refuse = (...faults: WorkFault[]) => simulator.works.setFaults("plain", faults);

describe("readWork", () => {
  it("reads what a share text with a short link means", async () => {
    const { shortCode, text } = truth("plain");
    const share = `7.66 B@T.IP 03/03 baN/: ${text} https://v.douyin.com/${shortCode}/ 复制此链接，打开Dou音搜索`;
    const work = await read(share, { browser: testBrowser(), cdp: null }); // one that it starts itself
    expect(readOf(work)).toEqual(truthOf(truth("plain"), work.source));
  });

  it("tells the state of a work that a guest may not see, and shows it to an account that the operator names", async () => {
    const { id } = truth("needs_login");
    expect(await read(id)).toMatchObject({ id, state: "needs_login", media: [] });
    const cookies = parseCookies("sessionid=a-session", systemClock.now());
    await AccountStore.inside(data, systemClock).save("phone", cookies);
    const seen = await read(id, { worksAccount: "phone" });
    expect(readOf(seen)).toEqual(truthOf({ ...truth("needs_login") }, seen.source));
    await expect(read(id, { worksAccount: "nobody" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("says why nothing could be read", async () => {
    refuse("page_captcha");
    const captcha = await read(truth("plain").id).catch((error: unknown) => error);
    expect(captcha).toBeInstanceOf(WorkError);
    expect(captcha).toMatchObject({ code: "blocked", refusal: "captcha", detail: expect.stringContaining("captcha") });
    await expect(read("https://live.douyin.com/100000001")).rejects.toMatchObject({ code: "bad_work" });
    await expect(read(truth("plain").id, { browser: "/nowhere/chrome", cdp: null })).rejects.toMatchObject({ code: "no_browser" });
    await expect(read(truth("plain").id, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
