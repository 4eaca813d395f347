// Guards: An account's login is kept for its owner only, says how it stands, and its end raises one alarm.
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../../simulator/index.js";
import { platformAt } from "../../../src/platform/access/platform.js";
import { AccountService } from "../../../src/platform/accounts/account-service.js";
import { parseCookies } from "../../../src/platform/accounts/cookies.js";
import { Account, type AccountStatus, AccountStore, readLogin } from "../../../src/platform/accounts/login-store.js";
import { FakeClock, yieldToEventLoop } from "../../clock.js";
import { useFolders } from "../../store/directory.js";
import { until } from "../../until.js";

const folders = useFolders();
const START = 1_777_726_780_000;
const DAY = 86_400_000;
const SIGNAL = new AbortController().signal;
const GUARD = encodeURIComponent(`s|${START / 1000}|5184000|`);
let folder: string;
let clock: FakeClock;
let accounts: AccountStore;
let simulator: Simulator;
beforeEach(async () => {
  folder = folders();
  clock = new FakeClock(START);
  accounts = new AccountStore(join(folder, "accounts"), clock);
  simulator = await startSimulator({ start: START });
});
afterEach(() => simulator.close());
const login = () => parseCookies(`ttwid=1%7Cmine; sessionid=TOPSECRET; sid_guard=${GUARD}`, START);
const as = () => ({ platform: platformAt(simulator.url), userAgent: "Mozilla/5.0 (test)" });

describe("accounts", () => {
  it("are kept for their owner only, and shown without cookies", async () => {
    expect(await accounts.names()).toEqual([]);
    const account = await accounts.save("phone-1", login());
    expect(await accounts.names()).toEqual(["phone-1"]);
    expect(statSync(join(folder, "accounts", "phone-1.json")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "accounts")).mode & 0o777).toBe(0o700);
    expect((await accounts.get("phone-1")).cookies()).toEqual(login());
    for (const text of [
      inspect(account, { showHidden: true, depth: 9 }),
      JSON.stringify(account),
      JSON.stringify(await accounts.status("phone-1")),
    ])
      expect(text).not.toContain("TOPSECRET");
  });

  it("may be replaced and removed; what is missing or damaged is said so", async () => {
    await accounts.save("a", login());
    await accounts.save("a", parseCookies("sessionid=other", START));
    expect((await accounts.get("a")).cookies()).toHaveLength(1);
    expect(await accounts.remove("a")).toBe(true);
    expect(await accounts.remove("a")).toBe(false);
    await expect(accounts.get("a")).rejects.toMatchObject({ code: "not_found" });
    await accounts.save("b", login());
    const current = await accounts.get("b");
    expect(await accounts.isCurrent(current)).toBe(true);
    await clock.advance(1);
    await accounts.save("b", login());
    expect(await accounts.isCurrent(current)).toBe(false);
    writeFileSync(join(folder, "accounts", "b.json"), "{TOPSECRET");
    await expect(accounts.get("b")).rejects.toMatchObject({ code: "bad_account", message: expect.not.stringContaining("TOPSECRET") });
  });

  it("may not be called what is no file's name, and need a session", async () => {
    for (const name of ["", "../x", "a/b", "a".repeat(33), "."])
      for (const refused of [accounts.save(name, login()), accounts.get(name)])
        await expect(refused).rejects.toMatchObject({ code: "bad_request" });
    await expect(accounts.save("a", parseCookies("ttwid=1", START))).rejects.toMatchObject({ code: "bad_request" });
  });

  it("leave nothing in the browser's folder when they are forgotten", async () => {
    const kept = ["account-a-b-0.json", "guest-0.json", "works-guest-0.json"];
    const theirs = ["account-a-0.json", "account-a-11.json", "account-a-by-0f3a-0.json", "works-account-a-0.json"];
    mkdirSync(join(folder, "browser"));
    for (const file of [...kept, ...theirs]) writeFileSync(join(folder, "browser", file), "{}");
    await accounts.save("a", login());
    await accounts.remove("a");
    expect(readdirSync(join(folder, "browser")).sort()).toEqual(kept);
    expect(await accounts.isCurrent(new Account("a", START, []))).toBe(false);
  });
});

describe("a check", () => {
  it("says who is logged in, how old the login is and when it ends", async () => {
    await accounts.save("a", login());
    await clock.advance(DAY);
    expect(await accounts.status("a")).toMatchObject({ login: "unknown", checkedAt: null, ageMs: DAY });
    const expected = { login: "logged_in", nickname: "已登录的观众", ageMs: DAY, expiresAt: START + 60 * DAY, checkedAt: START + DAY };
    expect(await accounts.check("a", as(), SIGNAL)).toMatchObject(expected);
    expect(await accounts.status("a")).toMatchObject(expected);
  });

  it("is unknown when there is a captcha, says so, and keeps what was known", async () => {
    await accounts.save("a", login());
    simulator.rooms.captcha();
    expect(await accounts.check("a", as(), SIGNAL)).toMatchObject({ login: "unknown", reason: expect.stringContaining("captcha") });
    simulator.rooms.captcha(false);
    expect(await accounts.check("a", as(), SIGNAL)).not.toHaveProperty("reason");
    simulator.rooms.captcha();
    expect(await accounts.check("a", as(), SIGNAL)).toMatchObject({ login: "logged_in" });
  });

  it("that comes to nothing because the cookies are more than a server takes says so", async () => {
    const many = Array.from({ length: 47 }, (_, n) => `junk${n}=${"x".repeat(1000)}`).join("; ");
    await accounts.save("b", parseCookies(`sessionid=TOPSECRET; ${many}`, START));
    const status = await accounts.check("b", as(), SIGNAL);
    expect(status).toMatchObject({ login: "unknown", reason: expect.stringMatching(/HTTP 431: the cookies have 4\d{4} bytes/) });
    expect(status.reason).not.toContain("TOPSECRET");
    const desk = new AccountService(accounts, as(), { list: async () => [], remove: async () => {} }, clock);
    expect(await desk.check("b", SIGNAL)).toMatchObject({ problem: expect.stringContaining("HTTP 431") });
  });

  it("raises the alarm once when the login has ended, and again when it could not be told", async () => {
    await accounts.save("a", login());
    simulator.rooms.logout();
    const tries: AccountStatus[] = [];
    const failed: unknown[] = [];
    const stop = accounts.watch({
      ...as(),
      everyMs: 60_000,
      onLapsed: async (status) => {
        tries.push(status);
        if (tries.length === 1) throw new Error("the store is away");
      },
      onFailed: (name, error) => failed.push([name, String(error)]),
    });
    await until(() => failed.length > 0);
    for (const round of [1, 2, 3]) {
      await clock.advance(60_000);
      await until(async () => (await accounts.status("a")).checkedAt === START + round * 60_000);
      await yieldToEventLoop();
    }
    stop();
    const lapsed = expect.objectContaining({ name: "a", login: "guest" });
    expect(tries).toEqual([lapsed, lapsed]);
    expect(failed).toEqual([["a", "Error: the store is away"]]);
  });

  it("raises no alarm because the platform cannot be asked", async () => {
    await accounts.save("a", login());
    const failed: string[] = [];
    const nowhere = { platform: platformAt("http://127.0.0.1:9"), userAgent: "test", everyMs: 60_000 };
    const stop = accounts.watch({ ...nowhere, onLapsed: async () => expect.unreachable(), onFailed: (name) => failed.push(name) });
    await until(() => failed.length > 0);
    stop();
    expect(failed).toEqual(["a"]);
  });
});

describe("reading a page", () => {
  it.each([
    ["escaped", 'x.push([1,"7:[\\"$\\",{\\"header-user-info\\":{\\"isLogin\\":true,\\"nickname\\":\\"n\\"}}]"])', "logged_in", "n"],
    ["a guest's", '"header-user-info":{"isLogin":false,"nickname":"n"}', "guest", null],
    ["without the flag", '"header-user-info":{}', "unknown", null],
    ["a captcha", "<html>captcha</html>", "unknown", null],
    ["with the flag elsewhere", `"header-user-info":${" ".repeat(5000)}"isLogin":true`, "unknown", null],
  ])("%s", (_kind, html, login, nickname) => {
    const reason = login === "unknown" ? { reason: expect.stringContaining("page") } : {};
    expect(readLogin(html)).toEqual({ login, nickname, ...reason });
  });
});
