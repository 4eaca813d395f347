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
import { runningServer, runtime, speechFinding, watchedAuthors } from "../../src/cli/doctor/machine.js";
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
  it("looks at every layer once, in order, and changes nothing", async () => {
    const before = readdirSync(data);
    const found = await findings();
    expect(found.map(({ layer }) => layer)).toEqual([
      ...[
        "runtime",
        "data",
        "store",
        "server",
        "authors",
        "speech",
        "browser",
        "dns",
        "home",
        "accounts",
        "room",
        "reflow",
        "fetch",
        "signer",
        "push",
      ],
    ]);
    expect(states(found)).toEqual({
      ...{
        runtime: "ok",
        data: "ok",
        store: "ok",
        server: "ok",
        authors: "ok",
        speech: "ok",
        browser: "warn",
        dns: "ok",
        home: "ok",
        accounts: "warn",
      },
      ...{ room: "ok", reflow: "ok", fetch: "ok", signer: "ok", push: "ok" },
    } satisfies Record<Finding["layer"], Finding["state"]>); // a layer that is new is looked at, too
    expect(readdirSync(data)).toEqual(before);
    expect(verdictOf(found, "en")).toMatch(/^Nothing is broken\. 2 warnings/);
    for (const one of found) {
      expect(one.todo === null).toBe(one.state === "ok" || one.state === "skipped");
      for (const line of linesOf(one, "en")) expect(line).not.toMatch(/[\n\u001b]/);
    }
  });

  it("takes a link, and leaves out what needs a live room", async () => {
    expect(stateOf(await findings({}, "看 https://v.douyin.com/DEMO2/"), "push")?.state).toBe("ok");
    const offline = states(await findings({}, "100000004"));
    expect(offline).toMatchObject({ room: "ok", fetch: "skipped", signer: "ok", push: "skipped" });
    expect(states(await findings({}, null))).toMatchObject({ room: "skipped", reflow: "skipped", push: "skipped", signer: "ok" });
    await expect(findings({}, "https://evil.com/1")).rejects.toMatchObject({ code: "bad_room" });
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

  it("no account and no room", async () => {
    expect((await broken({}, "999999999")).first).toMatchObject({ layer: "room", detail: expect.stringContaining("no account") });
  });

  it("the share page's interface, which is no failure", async () => {
    simulator.rooms.breakHost("webcast.amemv.com", 403);
    const { found, first } = await broken();
    simulator.rooms.breakHost("webcast.amemv.com", null);
    expect(first).toBeUndefined();
    expect(stateOf(found, "reflow")).toMatchObject({ state: "warn", detail: expect.stringContaining("403") });
  });

  it("a proxy that is not there, named without its password", async () => {
    const { first, found } = await broken({ proxy: "http://me:secret@127.0.0.1:1" });
    expect(first).toMatchObject({ layer: "home", detail: expect.stringContaining("proxy http://127.0.0.1:1") });
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  it("nobody to sign: neither a browser nor a signer", async () => {
    const config = loadConfig({ data, upstream: null, proxy: "http://127.0.0.1:1" }, {});
    const found: Finding[] = [];
    for await (const one of examine(config, null, { clock: systemClock, machine: NO_MACHINE, signal })) found.push(one);
    expect(stateOf(found, "browser")).toMatchObject({ state: "fail" });
  });

  it("an old Node.js", () => {
    expect(written(runtime({ databaseUrl: null }, "18.20.0"))).toMatchObject({ state: "fail", todo: expect.stringContaining("20.19") });
    expect(runtime({ databaseUrl: null }, "22.1.0").state).toBe("ok");
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

describe("the store", () => {
  const inFolder = async (name: string, make: (path: string) => Promise<void> | void) => {
    const folder = join(data, name);
    mkdirSync(folder);
    await make(join(folder, "dylive.sqlite"));
    const found = stateOf(await findings({ data: folder }, null), "store");
    return found;
  };
  const made = async (path: string) => {
    const store = openSqliteStore({ path });
    const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
    expect(room).toBe(1);
    await store.close();
  };

  it("is whole", async () => {
    expect(await inFolder("whole", made)).toMatchObject({ state: "ok", detail: expect.stringContaining("every event in its place") });
  });

  it("is another program's, a newer dylive's, no database, or damaged", async () => {
    const foreign = await inFolder("foreign", (path) => void new Database(path).exec("CREATE TABLE x(y)").close());
    expect(foreign).toMatchObject({ state: "fail", detail: expect.stringContaining("not a database of dylive") });
    const newer = await inFolder("newer", async (path) => {
      await made(path);
      const database = new Database(path);
      database.pragma("user_version = 999");
      database.close();
    });
    expect(newer).toMatchObject({ state: "fail", detail: expect.stringContaining("999") });
    const text = await inFolder("text", (path) => writeFileSync(path, "hello ".repeat(1000)));
    expect(text).toMatchObject({ state: "fail", detail: expect.stringMatching(/database/) });
  });

  it("has a hole in its log", async () => {
    const hole = await inFolder("hole", async (path) => {
      await made(path);
      const database = new Database(path);
      database.exec("UPDATE heads SET head = 5 WHERE room = 1");
      database.close();
    });
    expect(hole).toMatchObject({ state: "fail", detail: expect.stringContaining("rooms 1") });
  });
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
        ...{
          author: null,
          look: { at: now, outcome, reason: "a captcha" },
          nextAt: now,
          learnedAt: null,
          newest: null,
          known: [],
          published: 0,
        },
        failingSince: failedMs === null ? null : now - failedMs,
      });
      await store.close();
      return written(await watchedAuthors({ data: folder, databaseUrl: null }));
    };
    expect(written(await watchedAuthors({ data: join(data, "nothing"), databaseUrl: null }))).toMatchObject({
      state: "ok",
      detail: "none are watched",
    });
    expect(await at("wall", null)).toMatchObject({ state: "ok", detail: expect.stringContaining("1 watched") });
    expect(await at("captcha", 3_600_000)).toMatchObject({ state: "ok" });
    expect(await at("captcha", 90_000_000)).toMatchObject({
      ...{ layer: "authors", state: "warn", detail: expect.stringMatching(/1 of 1 fail .* MS4wLjABAAAAtest since .*: a captcha$/) },
      todo: expect.stringContaining("dylive author remove"),
    });
  });
});

describe("the engine that speaks", () => {
  const look = (speech: string | null, programs: readonly string[], env = {}) =>
    speechFinding(loadConfig({ data, speech }, {}), { ...NO_MACHINE, speakers: { programs, env } });

  it("is tried with a word; without one the browser speaks, which is no fault", async () => {
    const engine = join(data, "espeak-ng");
    const write = (body: string) => writeFileSync(engine, `#!${process.execPath}\n${body}`, { mode: 0o700 });
    write(`const head = Buffer.alloc(44); head.write("RIFF", 0); head.writeUInt32LE(22050, 24); head.write("data", 36);
process.stdout.write(Buffer.concat([head, Buffer.alloc(100)]));`);
    expect(written(await look(null, [engine]))).toMatchObject({ state: "ok", detail: `espeak-ng speaks for overlays (${engine})` });
    write("process.exit(9);");
    expect(written(await look(null, [engine]))).toMatchObject({ state: "warn", detail: expect.stringContaining("ended with code 9") });
    expect(written(await look(null, []))).toMatchObject({ state: "ok", detail: expect.stringContaining("browser's voice") });
    expect(written(await look(join(data, "nothing"), []))).toMatchObject({
      state: "warn",
      detail: expect.stringContaining("is not a program"),
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
    simulator.rooms.captcha();
    expect(stateOf(await findings({ data: folder }, null), "accounts")).toMatchObject({
      state: "warn",
      detail: expect.stringContaining("did not say"),
    });
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
    lock.tell({ heldMs: 38 });
    expect(found()).toMatchObject({
      state: "ok",
      detail: `pid ${process.pid}: nothing has kept everything else waiting for more than 38 ms within ten minutes`,
    });
    lock.tell({ heldMs: 1_260 });
    expect(found()).toMatchObject({
      state: "warn",
      detail: expect.stringContaining("kept everything else waiting for 1260 ms within ten minutes"),
      todo: expect.stringContaining("the load of this machine"),
    });
    expect(linesOf(runningServer(folder, clock.now()), "zh").join("\n")).toMatch(
      /运行中的服务 +进程 \d+：.*占用了事件循环 1260 毫秒[\s\S]*请检查这台机器的负载/,
    );
    expect(found(clock.now() + 75_000)).toMatchObject({ state: "fail", detail: expect.stringContaining("no turn for 75 s") });
    lock.release();
    expect(found()).toMatchObject({ state: "ok", detail: "none has this data folder" });
  });
});
