import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import { Receiver, verify } from "../webhooks/receiver.js";
import { KEYS, Services } from "../webhooks/services.js";
import { killWhileTelling } from "./alarms.js";
import { ran, scratch } from "./command.js";
import { killWhileDelivering } from "./hooks.js";

const dir = scratch();
afterAll(() => dir.remove());

it("kill -9 while webhooks are delivered: each event arrives, in order, and what is sent again is the same", async () => {
  const { stored, messages, again } = await killWhileDelivering({ load: 60, kills: 2, messages: 6 });
  expect(messages).toBeGreaterThan(6);
  expect(stored).toBeGreaterThan(messages);
  expect(again).toBeGreaterThan(0);
});

it("kill -9 while people are told: each alarm reaches each service, and comes again only where its answer was lost", () =>
  killWhileTelling(["dingtalk", "ntfy"]));

describe("dylive hook", () => {
  const env = { DYLIVE_DATA: dir.path };

  it("makes, tests, shows, pauses, replays, rotates and removes a hook", async () => {
    const receiver = await Receiver.start();
    const added = await ran(
      ["hook", "add", receiver.url, "--allow-private", "--name", "看板", "--types", "gift,room.live", "--filter", "delta > 0"],
      env,
    );
    expect([added.code, added.stdout]).toEqual([0, expect.stringMatching(/^whsec_[\w+/]{43}=\n$/)]);
    const id = /hook ([0-9a-f]{12}) \(看板\) is made/.exec(added.stderr)?.[1] ?? "";
    expect(await ran(["hook", "test", id], env)).toMatchObject({ code: 0, stdout: expect.stringMatching(/test: delivered, HTTP 204/) });
    const [arrival] = receiver.arrivals;
    if (arrival === undefined) throw new Error("nothing arrived");
    expect(verify(added.stdout.trim(), arrival)).toMatchObject({ hook: id, test: true });
    expect((await ran(["hook", "list"], env)).stdout).toBe(`${id}  active  backlog 0  ${receiver.url}  看板\n`);
    await ran(["hook", "pause", id], env);
    const { stdout: shown } = await ran(["hook", "show", id], env);
    expect(shown).toMatch(
      /paused \(asked\).*\ntypes gift,room.live\nrooms all\nfilter delta > 0\nmay reach private addresses\npaused since/,
    );
    expect(shown).toMatch(/test: delivered/);
    expect((await ran(["hook", "replay", id, "--room", "0", "--seq", "1"], env)).stderr).toContain("room 0 from 1 on, once it is resumed");
    expect((await ran(["hook", "rotate", id], env)).stdout).toMatch(/^whsec_/);
    receiver.manner = (response) => response.writeHead(500).end("\u001b[31m");
    const failed = await ran(["hook", "test", id], env);
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining("test: it answered HTTP 500")]);
    expect((await ran(["hook", "remove", id], env)).code).toBe(0);
    expect((await ran(["hook", "show", id], env)).code).toBe(2);
  });

  it.each([
    [["hook", "add", "http://127.0.0.1:9/"], /private address/],
    [["hook", "add", "http://a.example/", "--rooms", "nobody"], /no room is known/],
  ])("%j is refused in words", async (args, sentence) => {
    const { code, stderr, stdout } = await ran(args, env);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(sentence);
  });
});

it("dylive notify tells people through a service, says what it refused, and shows no secret", async () => {
  const env = { DYLIVE_DATA: dir.path };
  const services = await Services.start(systemClock);
  const url = services.addressOf("dingtalk");
  const options = ["--kind", "dingtalk", "--allow-private", "--gifts", "100", "--types", "room.live"];
  const added = await ran(["notify", "add", url, "--secret", KEYS.dingtalk, ...options], env);
  const id = added.stdout.trim();
  expect([added.code, id]).toEqual([0, expect.stringMatching(/^[0-9a-f]{12}$/)]);
  expect(await ran(["notify", "test", id], env)).toMatchObject({ code: 0 });
  expect(services.shown.map(({ text }) => text)).toEqual([expect.stringContaining("dylive 测试消息")]);
  const listed = await ran(["notify", "list"], env);
  expect(listed.stdout).toMatch(
    /dingtalk {2}http:\/\/127\.0\.0\.1:\d+\/dingtalk\/robot\/…\?… {2}room\.live,gift {2}!\(type in \["gift"\]\)/,
  );
  expect(listed.stdout + added.stderr).not.toMatch(/access_token|SECdingtalk/);
  const wrong = await ran(["notify", "add", url, "--secret", "SECother", ...options], env);
  const refused = await ran(["notify", "test", wrong.stdout.trim()], env);
  expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('errcode 310000, "sign not match"')]);
  const nowhere = await ran(["notify", "add", "https://somewhere.example/x"], env);
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringMatching(/--kind.*say one of dingtalk/s)]);
});
