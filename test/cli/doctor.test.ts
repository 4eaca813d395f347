// Guards: `dylive doctor` names the broken layer in order, changes nothing and shows no secret.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { type Config, loadConfig, type Machine } from "../../src/app/config.js";
import { examine } from "../../src/cli/commands/doctor.js";
import { type Finding, linesOf, verdictOf } from "../../src/cli/doctor/finding.js";
import { runningServer, watchedAuthors } from "../../src/cli/doctor/machine.js";
import { dns } from "../../src/cli/doctor/platform.js";
import { platformAt } from "../../src/platform/access/platform.js";
import { ProxyServer } from "../../src/platform/access/proxy.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { AccountStore } from "../../src/platform/accounts/login-store.js";
import { systemClock } from "../../src/runtime/clock.js";
import { lockDataDir } from "../../src/store/lock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";

const NO_MACHINE: Machine = { browsers: [], display: false };
const signal = new AbortController().signal;
let simulator: Simulator;
let data: string;
beforeAll(async () => {
  simulator = await startSimulator();
  data = mkdtempSync(join(tmpdir(), "dylive-doctor-"));
});
afterAll(async () => {
  await simulator.close();
  rmSync(data, { recursive: true, force: true });
});
afterEach(() => {
  simulator.rooms.captcha(false);
  simulator.rooms.refuse("100000001", false);
});

/** Returns a finding as it is written down, in English. */
const written = (finding: Finding) => JSON.parse(JSON.stringify(finding)) as Finding;

async function findings(settings: Partial<Config> = {}, room: string | null = "100000001"): Promise<Finding[]> {
  const found: Finding[] = [];
  const config = loadConfig({ data, upstream: simulator.url, ...settings }, {});
  for await (const finding of examine(config, room, { clock: systemClock, machine: NO_MACHINE, signal })) found.push(written(finding));
  return found;
}
const stateOf = (found: readonly Finding[], layer: Finding["layer"]) => found.find((one) => one.layer === layer);
const states = (found: readonly Finding[]) => Object.fromEntries(found.map(({ layer, state }) => [layer, state]));

describe("doctor", () => {
  const ok = "ok" as const;
  const here = { runtime: ok, data: ok, store: ok, server: ok, authors: ok, speech: ok, browser: "warn" as const };
  const there = { dns: ok, home: ok, accounts: "warn" as const, room: ok, reflow: ok, fetch: ok, signer: ok, push: ok };

  it("looks at every layer once, in order, and changes nothing", async () => {
    const before = readdirSync(data);
    const found = await findings();
    // A layer that is new is looked at, too.
    const all = { ...here, ...there } satisfies Record<Finding["layer"], Finding["state"]>;
    expect([found.map(({ layer }) => layer), states(found)]).toEqual([Object.keys(all), all]);
    expect(readdirSync(data)).toEqual(before);
    expect(verdictOf(found, "en")).toMatch(/^Nothing is broken\. 2 warnings/);
    for (const one of found) {
      expect(one.todo === null).toBe(one.state === "ok" || one.state === "skipped");
      for (const line of linesOf(one, "en")) expect(line).not.toMatch(/[\n\u001b]/);
    }
  });
});

describe("a broken layer is named", () => {
  const broken = async (settings: Partial<Config> = {}, room = "100000001") => {
    const found = await findings(settings, room);
    return { found, verdict: verdictOf(found, "en"), first: found.find(({ state }) => state === "fail") };
  };

  it("a captcha", async () => {
    simulator.rooms.captcha();
    const { first, verdict, found } = await broken();
    expect(first).toMatchObject({ layer: "home", detail: expect.stringContaining("captcha") });
    expect(verdict).toMatch(/^The broken layer: start page\. .*log in/);
    expect(stateOf(found, "room")).toMatchObject({ state: "fail", detail: expect.stringContaining("unknown") });
  });

  it.each([
    ["blocked", /DEVICE_BLOCKED.*415/, /^Wait some hours/],
    [417, /417.*DEVICE_BLOCKED/, /^Wait some hours/],
    ["no_cookie", /417.*cookie is missing/, /^The platform gave this visitor no cookie/],
    ["auth_failed", /auth failed.*signature/, /^If the signer is your own, update it/],
    ["bare", /HTTP 200 instead of opening$/, /^The signature, the cookies or the address/],
  ] as const)("a refusal (%s), with what the platform said and what to do about that", async (form, detail, todo) => {
    simulator.rooms.refuse("100000001", true, form);
    const { first } = await broken();
    expect([first?.layer, String(first?.detail), String(first?.todo)]).toEqual([
      "push",
      expect.stringMatching(detail),
      expect.stringMatching(todo),
    ]);
  });

  it("a signer that is down, or answers nonsense; its address is not shown with a password", async () => {
    const nonsense = createServer((_request, response) => response.end("<html>")).listen(0, "127.0.0.1");
    await new Promise((resolve) => nonsense.once("listening", resolve));
    const { port } = nonsense.address() as AddressInfo;
    for (const signer of ["http://127.0.0.1:1/sign", `http://me:secret@127.0.0.1:${port}/`]) {
      const { first, found } = await broken({ signer });
      expect(first?.layer).toBe("signer");
      expect(stateOf(found, "push")?.state).toBe("skipped");
      expect(JSON.stringify(found)).not.toContain("secret");
    }
    nonsense.close();
  });

  it("a platform out of reach, behind which nothing is judged", async () => {
    const { first, found } = await broken({ upstream: "http://127.0.0.1:1" });
    expect(first).toMatchObject({
      layer: "home",
      detail: expect.stringContaining("ECONNREFUSED"),
      todo: expect.stringContaining("network"),
    });
    expect(found.filter(({ state }) => state === "fail")).toHaveLength(1);
    expect(stateOf(found, "push")?.state).toBe("skipped");
  });

  it("a data folder that is a file, or under one", async () => {
    const file = join(data, "file");
    writeFileSync(file, "");
    for (const folder of [file, join(file, "below")]) {
      const { found } = await broken({ data: folder });
      expect(stateOf(found, "data")).toMatchObject({ state: "fail", todo: expect.stringContaining("--data") });
    }
    rmSync(file);
    const missing = join(data, "not", "yet");
    expect(stateOf(await findings({ data: missing }), "data")).toMatchObject({
      state: "ok",
      detail: expect.stringContaining("will be made"),
    });
    expect(existsSync(missing)).toBe(false);
  });
});

it("the store is whole, or has a hole in its log", async () => {
  const folder = join(data, "hole");
  mkdirSync(folder);
  const path = join(folder, "dylive.sqlite");
  const store = openSqliteStore({ path });
  await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
  await store.close();
  const found = async () => stateOf(await findings({ data: folder }, null), "store");
  expect(await found()).toMatchObject({ state: "ok", detail: expect.stringContaining("every event in its place") });
  new Database(path).exec("UPDATE heads SET head = 5 WHERE room = 1").close();
  expect(await found()).toMatchObject({ state: "fail", detail: expect.stringContaining("rooms 1") });
});

describe("authors who are watched", () => {
  it("are told when the looks at one have failed for a day", async () => {
    const folder = join(data, "authors");
    const at = async (outcome: "captcha" | "wall", failedMs: number | null) => {
      mkdirSync(folder, { recursive: true });
      const store = openSqliteStore({ path: join(folder, "dylive.sqlite") });
      const now = Date.now();
      const { n } = (await store.authorWatches.add("MS4wLjABAAAAtest", now)).kept;
      await store.authorWatches.note(n, {
        ...{ author: null, look: { at: now, outcome, reason: "a captcha" }, nextAt: now },
        ...{ learnedAt: null, newest: null, known: [], published: 0 },
        failingSince: failedMs === null ? null : now - failedMs,
      });
      await store.close();
      return written(await watchedAuthors({ data: folder, databaseUrl: null }));
    };
    expect(await at("wall", null)).toMatchObject({ state: "ok", detail: expect.stringContaining("1 watched") });
    expect(await at("captcha", 90_000_000)).toMatchObject({
      ...{ layer: "authors", state: "warn", detail: expect.stringMatching(/1 of 1 fail .* MS4wLjABAAAAtest since .*: a captcha$/) },
      todo: expect.stringContaining("dylive author remove"),
    });
  });
});

describe("accounts and names", () => {
  it("says how each account stands, and never shows a cookie", async () => {
    const folder = join(data, "accounts-test");
    await AccountStore.inside(folder, systemClock).save("phone", parseCookies("sessionid=verysecret; ttwid=1", Date.now()));
    chmodSync(folder, 0o700);
    const found = await findings({ data: folder }, null);
    expect(stateOf(found, "accounts")).toMatchObject({ state: "ok", detail: expect.stringContaining("phone: logged in") });
    expect(JSON.stringify(found)).not.toContain("verysecret");
  });

  it("knows names without an address, private ones, and a proxy that looks them up", async () => {
    const real = platformAt(null);
    expect(await dns(real, async () => "1.1.1.1")).toMatchObject({ state: "ok" });
    for (const ip of ["198.18.0.5", "127.0.0.1", "10.1.1.1", "fd00::1", "::1", "::ffff:10.1.1.1"])
      expect(written(await dns(real, async () => ip))).toMatchObject({ state: "warn", detail: expect.stringContaining(ip) });
    const none = await dns(real, async (host) => {
      if (host !== "v.douyin.com") return "203.0.113.7";
      throw Object.assign(new Error("x"), { code: "ENOTFOUND" });
    });
    expect(written(none)).toMatchObject({ state: "fail", detail: "no address for v.douyin.com (ENOTFOUND)" });
    expect(await dns(platformAt(null, new ProxyServer("http://127.0.0.1:1")))).toMatchObject({ state: "skipped" });
  });
});

describe("a server that runs on the data folder", () => {
  it("is said to have been held for too long, to be well, or to have no turn at all", async () => {
    const folder = join(data, "served");
    mkdirSync(folder);
    expect(runningServer(folder)).toMatchObject({ layer: "server", state: "ok", detail: "none has this data folder", todo: null });
    const clock = new FakeClock();
    const lock = await lockDataDir(folder, { clock });
    const found = (now = clock.now()) => written(runningServer(folder, now));
    expect(found()).toMatchObject({ state: "ok", detail: `pid ${process.pid}: it is starting, or is another command` });
    lock.tell({ health: { heldMs: 38 } });
    expect(found()).toMatchObject({
      state: "ok",
      detail: `pid ${process.pid}: nothing has kept everything else waiting for more than 38 ms within ten minutes`,
    });
    lock.tell({ health: { heldMs: 1_260 } });
    expect(found()).toMatchObject({
      state: "warn",
      detail: expect.stringContaining("kept everything else waiting for 1260 ms within ten minutes"),
      todo: expect.stringContaining("the load of this machine"),
    });
    expect(found(clock.now() + 75_000)).toMatchObject({ state: "fail", detail: expect.stringContaining("no turn for 75 s") });
    lock.release();
    expect(found()).toMatchObject({ state: "ok", detail: "none has this data folder" });
  });
});
