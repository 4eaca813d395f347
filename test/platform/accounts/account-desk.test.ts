// Guards: The accounts that are listed and checked say how each login stands, and never show a cookie.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../../simulator/index.js";
import { platformAt } from "../../../src/platform/access/platform.js";
import { AccountService } from "../../../src/platform/accounts/account-service.js";
import { AccountStore } from "../../../src/platform/accounts/login-store.js";
import { FakeClock } from "../../clock.js";
import { useFolders } from "../../store/directory.js";

const folders = useFolders();
const START = 1_777_726_780_000;
const SECRET = `sessionid=TOPSECRET; sid_guard=${encodeURIComponent(`s|${START / 1000}|3600|`)}`;
const HEALTH = { account: "phone", since: START, gifts: 3, diamonds: 30, diamondsWitnessed: 40, diamondsMissing: 10, refusals: 1 };
const signal = new AbortController().signal;
let folder: string;
let clock: FakeClock;
let simulator: Simulator;
let desk: AccountService;
let health: Map<string, typeof HEALTH>;
beforeEach(async () => {
  health = new Map([[HEALTH.account, HEALTH]]);
  folder = folders();
  clock = new FakeClock(START);
  simulator = await startSimulator({ start: START });
  desk = new AccountService(
    new AccountStore(folder, clock),
    { platform: platformAt(simulator.url), userAgent: "test" },
    { list: async () => [...health.values()], remove: async (name) => void health.delete(name) },
    clock,
  );
});
afterEach(() => simulator.close());

describe("the desk of accounts", () => {
  it("keeps pasted cookies and never gives them back", async () => {
    const saved = await desk.save("phone", SECRET);
    expect(saved).toMatchObject({ name: "phone", login: "unknown", savedAt: START, expiresAt: START + 3_600_000, lapsed: false });
    expect(JSON.stringify([saved, await desk.list(), await desk.check("phone", signal)])).not.toContain("TOPSECRET");
    await expect(desk.save("phone", "ttwid=TOPSECRET")).rejects.toMatchObject({ message: expect.not.stringContaining("TOPSECRET") });
  });

  it("says that a login has lapsed, by its date or by what the platform says", async () => {
    await desk.save("phone", SECRET);
    await desk.save("tablet", "sessionid=another");
    await clock.advance(3_600_000);
    expect((await desk.list()).map(({ name, lapsed, health }) => [name, lapsed, health])).toEqual([
      ["phone", true, HEALTH],
      ["tablet", false, null],
    ]);
    simulator.rooms.logout();
    expect(await desk.check("tablet", signal)).toMatchObject({ login: "guest", lapsed: true, checkedAt: START + 3_600_000 });
  });

  it("forgets with an account what was seen of it: another one may be given its name", async () => {
    await desk.save("phone", SECRET);
    expect(await desk.remove("phone")).toBe(true);
    expect(await desk.save("phone", "sessionid=another")).toMatchObject({ health: null });
  });

  it("lists one whose file is damaged, with what to do", async () => {
    await desk.save("phone", SECRET);
    writeFileSync(join(folder, "phone.json"), "{TOPSECRET");
    const [facts] = await desk.list();
    expect(facts).toMatchObject({ name: "phone", savedAt: null, problem: expect.stringContaining("damaged") });
    expect(await desk.remove("phone")).toBe(true);
    expect(await desk.list()).toEqual([]);
  });
});
