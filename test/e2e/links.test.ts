import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { corpus, type Simulator, startSimulator } from "../../simulator/index.js";
import { harOf } from "../sources/har-file.js";
import { dylive, ran, scratch } from "./command.js";

let simulator: Simulator;
const dir = scratch();
const gone = "http://127.0.0.1:1";
beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 3 });
  simulator.rooms.shortLink("EVIL", "http://127.0.0.1:1/100000001");
});
afterAll(async () => {
  await simulator.close();
  dir.remove();
});

describe("dylive resolve", () => {
  const resolve = (text: string, ...more: string[]) => ran(["resolve", text, "--upstream", simulator.url, ...more]);

  it("answers in words", async () => {
    const live = await resolve("8- 【小棉袄优选】正在直播 https://v.douyin.com/DEMO1/ 复制此链接");
    expect(live).toMatchObject({ code: 0, stderr: "" });
    expect(live.stdout).toMatch(/^小棉袄优选 is live: .*\nroom 100000001, /);
    expect(live.stdout).toContain("812 watching, 1.1万 so far");
    expect((await resolve("100000005")).stdout).toMatch(/not live: the last broadcast is over/);
    expect(await resolve("999999999")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^There is no such account.*404/) });
    expect(await resolve("https://v.douyin.com/EVIL/")).toMatchObject({ code: 1, stdout: expect.stringContaining("not followed") });
  });

  it("answers in JSON, whatever comes", async () => {
    const json = async (text: string, ...more: string[]) => {
      const { code, stdout } = await resolve(text, "--json", ...more);
      return { code, ...JSON.parse(stdout) };
    };
    expect(await json("demo.tv")).toMatchObject({ code: 0, answer: "live", step: "page", webRid: "100000006", online: "57" });
    expect(await json("https://v.douyin.com/NOPE/")).toMatchObject({ code: 0, answer: "no_account", step: "short_link", name: null });
    expect(await json("https://evil.com/1")).toMatchObject({ code: 2, answer: "bad_room", step: null });
    expect(await json("100000001", "--upstream", gone)).toMatchObject({ code: 1, answer: "unreachable", step: "page" });
  });

  it("says what is wrong in one sentence", async () => {
    expect(await resolve("https://evil.com/1")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("evil.com") });
    const down = await resolve("https://v.douyin.com/DEMO1/", "--upstream", gone);
    expect(down).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/short link failed.*ECONNREFUSED/) });
    expect(down.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("takes a hostile name for text", async () => {
    const { stdout } = await ran(["resolve", "\u001b[2J", "--json", "--upstream", simulator.url]);
    expect(stdout).not.toContain("\u001b");
  });
});

describe("dylive watch", () => {
  it("takes a share text", async () => {
    const run = dylive(["watch", "看 https://v.douyin.com/DEMO2/ 快", "--json", "--upstream", simulator.url]);
    await run.printed(/"type":"chat"/);
    run.process.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });

  it.each([
    ["https://evil.com/1", 2, /evil\.com/],
    ["https://v.douyin.com/NOPE/", 2, /no such short link/],
    ["https://v.douyin.com/EVIL/", 1, /not followed/],
  ])("%s ends with one clear sentence", async (text, code, sentence) => {
    const ended = await ran(["watch", text, "--upstream", simulator.url]);
    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(sentence) });
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
  });
});

describe("a HAR", () => {
  it("is imported once, decoded and replayed", async () => {
    const { frames } = corpus({ frames: 5 });
    const parts = {
      roomId: "7300000000000000001",
      webRid: "100000001",
      frames: frames.map((bytes, i) => ({ bytes, at: 1_790_000_000_000 + i })),
    };
    const file = join(dir.path, "room.har");
    writeFileSync(file, JSON.stringify(harOf([parts])));
    const env = { DYLIVE_DATA: join(dir.path, "har") };
    const first = await ran(["import", file], env);
    expect(first.code, first.stderr).toBe(0);
    const events = Number(/a har, \d+ messages, (\d+) events/.exec(first.stderr)?.[1]);
    expect(events).toBeGreaterThan(10);
    expect((await ran(["import", file], env)).stderr).toMatch(/, 0 events/);
    expect((await ran(["decode", file])).stdout.trim().split("\n")).toHaveLength(events);
    const replayed = await ran(["replay", file, "--speed", "0", "--json"]);
    expect(replayed).toMatchObject({ code: 0, stderr: expect.stringMatching(/\d+ events/) });
    expect(replayed.stdout).toContain(parts.roomId);
    writeFileSync(file, '{"log":');
    expect(await ran(["import", file], env)).toMatchObject({ code: 2, stderr: expect.stringContaining("cut off") });
  });
});

describe("dylive doctor", () => {
  it("ends with the broken layer, in words and as JSON", async () => {
    const env = { DYLIVE_DATA: join(dir.path, "doctor") };
    const well = await ran(["doctor", "--room", "https://v.douyin.com/DEMO1/", "--upstream", simulator.url], env);
    expect(well.code, well.stdout).toBe(0);
    expect(well.stdout).toMatch(/\nok {4}push server .*\n\nNothing is broken/);
    const down = await ran(["doctor", "--json", "--upstream", gone], env);
    expect(down.code).toBe(1);
    expect(JSON.parse(down.stdout)).toMatchObject({ ok: false, verdict: expect.stringContaining("start page") });
    expect(await ran(["doctor", "--room", "https://evil.com/1"], env)).toMatchObject({ code: 2, stdout: "" });
  });
});
