// Guards: A browser of the user's is found, or one sentence says what to do; it may reach the hosts that its pages need.
import { describe, expect, it } from "vitest";
import { readMachine } from "../../../src/app/config.js";
import { loginHosts, pageHosts } from "../../../src/platform/browser/egress-proxy.js";
import { browserPlaces, findBrowser } from "../../../src/platform/browser/find.js";
import { BrowserSession } from "../../../src/platform/browser/session.js";
import { pauseMs } from "../../../src/platform/browser/supervisor.js";
import { systemClock } from "../../../src/runtime/clock.js";

type Surroundings = Parameters<typeof browserPlaces>[0];

const linux: Surroundings = { platform: "linux", path: "/usr/local/bin:relative:/usr/bin", home: "/home/me", programFolders: [] };
const there =
  (...files: string[]) =>
  (file: string) =>
    files.includes(file);

describe("the browser", () => {
  it.each<[Surroundings, string]>([
    [linux, "/usr/bin/chromium"],
    [linux, "/usr/local/bin/google-chrome"],
    [linux, "/opt/microsoft/msedge/msedge"],
    [{ ...linux, platform: "darwin" }, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    [{ ...linux, platform: "darwin" }, "/home/me/Applications/Chromium.app/Contents/MacOS/Chromium"],
    [{ ...linux, platform: "win32", programFolders: ["C:\\A", "C:\\B"] }, "C:\\B\\Microsoft\\Edge\\Application\\msedge.exe"],
  ])("%o: %s", (machine, file) => expect(findBrowser(null, browserPlaces(machine), there(file))).toBe(file));

  it("is Chrome before Chromium, wherever on the PATH", () => {
    expect(findBrowser(null, browserPlaces(linux), there("/usr/local/bin/chromium", "/usr/bin/google-chrome"))).toBe(
      "/usr/bin/google-chrome",
    );
  });

  it("is the one that was named, or none", () => {
    expect(findBrowser("/my/chrome", browserPlaces(linux), there("/my/chrome", "/usr/bin/chromium"))).toBe("/my/chrome");
    expect(() => findBrowser("/my/chrome", browserPlaces(linux), there("/usr/bin/chromium"))).toThrow(
      expect.objectContaining({ code: "no_browser", detail: expect.stringContaining("/my/chrome") }),
    );
  });

  it("that is missing is one clear sentence with what to do", () => {
    expect(() => findBrowser(null, browserPlaces(linux), there())).toThrow(
      expect.objectContaining({
        code: "no_browser",
        detail: expect.stringMatching(/Chrome.*Edge.*Chromium.*places/),
        row: expect.objectContaining({ hint: expect.stringMatching(/Install.*DYLIVE_BROWSER/) }),
      }),
    );
  });

  it("is a program that really is there", () => {
    expect(findBrowser(process.execPath, [])).toBe(process.execPath);
    for (const file of ["/etc", "/etc/passwd"]) expect(() => findBrowser(file, [])).toThrow();
    expect(findBrowser(null, ["/etc", "/etc/passwd", "/nowhere/chrome", process.execPath])).toBe(process.execPath);
  });

  it("is looked for in places that the environment tells", () => {
    expect(readMachine({ PATH: "/my/bin", DISPLAY: ":0" }, "linux")).toMatchObject({
      browsers: expect.arrayContaining(["/my/bin/google-chrome", "/usr/lib/chromium/chromium"]),
      display: true,
    });
    expect(readMachine({ LOCALAPPDATA: "C:\\Users\\me" }, "win32").browsers).toContain("C:\\Users\\me\\Chromium\\Application\\chrome.exe");
    expect(readMachine({}, "linux").display).toBe(false);
  });
});

describe("hosts", () => {
  it("are those that a page needs, and neither pictures nor others", () => {
    const needed = ["LIVE.douyin.com", "webcast100-ws-web-hl.douyin.com", "lf-douyin-pc-web.douyinstatic.com", "mssdk.bytedance.com"];
    expect(needed.filter(pageHosts())).toEqual(needed);
    const others = ["pull-flv-l1.douyincdn.com", "p3.douyinpic.com", "www.bytedance.com", "evildouyinstatic.com", "127.0.0.1", ""];
    expect([...others, "douyin.com.evil.example"].filter(pageHosts())).toEqual([]);
  });

  it("may be more for a login, or by the operator's word", () => {
    expect(loginHosts()("p3.douyinpic.com")).toBe(true);
    expect(loginHosts()("evil.example")).toBe(false);
    expect(pageHosts(["more.example"])("x.more.example")).toBe(true);
  });
});

it("the pause before another attempt grows, and has an end", () => {
  const most = [0, 0, 1000, 2000, 4000, 60_000, 60_000];
  for (const [index, ms] of [0, 1, 2, 3, 4, 8, 100].map(pauseMs).entries()) {
    expect(ms).toBeLessThanOrEqual(most[index] ?? 0);
    expect(ms).toBeGreaterThanOrEqual((most[index] ?? 0) / 10);
  }
});

describe("a session without a browser", () => {
  it("gives whoever takes a seat that one sentence, at once and again", async () => {
    const choose = () => ({ program: findBrowser(null, browserPlaces(linux), there()), headless: true });
    const session = new BrowserSession({ choose, clock: systemClock, upstream: null, profile: null });
    const request = { account: null, proxy: null, webRid: null };
    for (let again = 0; again < 4; again++)
      await expect(session.take(request, new AbortController().signal)).rejects.toMatchObject({ code: "no_browser" });
    await session.close();
  });
});
