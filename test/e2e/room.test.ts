import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { dylive, ran, scratch } from "./command.js";

let simulator: Simulator;
const dir = scratch();
beforeAll(async () => {
  simulator = await startSimulator({});
});
afterAll(async () => {
  await simulator.close();
  dir.remove();
});
const env = (data: string) => ({ DYLIVE_DATA: join(dir.path, data), DYLIVE_UPSTREAM: simulator.url, DYLIVE_PORT: "0" });

describe("dylive room", () => {
  it("adds by a share text, lists, shows, changes and removes", async () => {
    const own = env("alone");
    expect(await ran(["room", "list"], own)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("there is no store in"),
    });
    expect(existsSync(own.DYLIVE_DATA)).toBe(false);
    const added = await ran(["room", "add", "看 https://v.douyin.com/DEMO2/ 快"], own);
    expect(added).toMatchObject({ code: 0, stderr: expect.stringMatching(/^100000002 .* is watched/) });
    expect((await ran(["room", "list"], own)).stdout).toMatch(/^room:1 {2}on {6}- {11}100000002 /);
    const proxied = await ran(["room", "set", "100000002", "--proxy", "http://me:secret@127.0.0.1:9", "--source", "browser"], own);
    expect(proxied.code).toBe(0);
    const shown = await ran(["room", "show", "room:1", "--json"], own);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      watch: "on",
      settings: { proxy: "http://127.0.0.1:9", source: "browser", account: null },
      events: 0,
      aliases: expect.arrayContaining([{ kind: "web_rid", value: "100000002" }]),
    });
    expect((await ran(["room", "show", "100000002"], own)).stdout).not.toContain("secret");
    expect((await ran(["room", "set", "100000002", "--proxy", "none"], own)).code).toBe(0);
    expect((await ran(["room", "pause", "100000002"], own)).stderr).toContain("is paused");
    expect((await ran(["room", "remove", "100000002"], own)).stderr).toContain("no longer watched");
    expect((await ran(["room", "list", "--json"], own)).stdout).toMatch(/"watch":"off"/);
  });

  it("is followed by the server that runs, within seconds", async () => {
    const own = env("served");
    const server = dylive(["serve"], own);
    await server.printed(/listens on/);
    await ran(["room", "add", "100000002", "--session", "guest", "--session", "guest:2"], own);
    for (let tries = 0; tries < 60 && !/ live /.test((await ran(["room", "list"], own)).stdout); tries++);
    const { stdout } = await ran(["room", "show", "100000002"], own);
    expect(stdout).toMatch(
      /\nroom:1, watched; up to \d+ events in the log\nlive since \S+ \S+ \S+, as told at \S+ \S+ \S+: .*\nstored last: what was received at .*\nbroadcast \d{19} from \S+ \S+ \S+, going on\n/,
    );
    for (const name of ["guest", "guest:2"])
      expect(stdout).toMatch(new RegExp(`\\nsession ${name}: \\S+ since .* outages.*; gifts (unknown|flowing|partial|suppressed)`));
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  });

  it("says what is wrong in words, and changes nothing", async () => {
    const own = env("wrong");
    for (const [args, sentence] of [
      [["add", "https://evil.com/1"], /not an address of the platform/],
      [["add", "999999999"], /404/],
      [["add", "100000002", "--account", "nobody"], /dylive login --account nobody/],
      [["add", "100000002", "--proxy", "nonsense"], /a proxy is/],
      [["set", "100000002", "--source", "satellite"], /websocket, browser, none/],
      [["show", "404"], /no room is known as "404"/],
    ] as const) {
      const told = await ran(["room", ...args], own);
      expect([args, told.code, told.stdout]).toEqual([args, 2, ""]);
      expect(told.stderr).toMatch(sentence);
    }
    expect((await ran(["room", "list"], own)).stdout).toBe("");
  });

  it("watches a number although the platform does not answer now", async () => {
    const own = { ...env("down"), DYLIVE_UPSTREAM: "http://127.0.0.1:1" };
    expect(await ran(["room", "add", "100000002"], own)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/did not say.*ECONNREFUSED/),
    });
    expect((await ran(["room", "list"], own)).stdout).toMatch(/^room:1 {2}on /);
    expect((await ran(["room", "add", "https://v.douyin.com/DEMO2/"], own)).code).toBe(1);
  });
});

describe("dylive watch without a browser", () => {
  it("says so in one sentence, and what to do", async () => {
    const told = await ran(["watch", "100000002", "--signer", "browser"], { ...env("none"), DYLIVE_BROWSER: "/nonexistent/chrome" });
    expect(told).toMatchObject({ code: 2, stdout: "" });
    expect(told.stderr).toMatch(/^dylive: No browser was found: \/nonexistent\/chrome is not a program\. .*DYLIVE_BROWSER.*\n$/);
  });
});
