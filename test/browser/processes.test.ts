import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dylive, type Run, ran, scratch } from "../e2e/command.js";
import { testBrowser } from "./chromium.js";

/** What the environment of a user has who lets the browser sign. */
const settings = () => ({ DYLIVE_BROWSER: testBrowser(), DYLIVE_SIGNER: "browser", DYLIVE_DATA: dir.path });
const ROOM = "100000002";
let dir: ReturnType<typeof scratch>;
let simulate: Run;
let upstream: string;
const running: Run[] = [];
beforeAll(async () => {
  dir = scratch();
  simulate = dylive(["simulate", "--port", "0", "--rate", "5"]);
  upstream = (await simulate.printed(/^http:\S+/m))[0];
});
afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill("SIGTERM");
    await ended;
  }
});
afterAll(async () => {
  simulate.process.kill("SIGTERM");
  await simulate.ended;
  dir.remove();
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const run = dylive(args, { ...settings(), ...env });
  running.push(run);
  return run;
}

describe("with a simulator in another process and the site's page to sign", () => {
  it("doctor finds every layer whole, up to the push server", async () => {
    const { stdout, code } = await ran(["doctor", "--upstream", upstream, "--room", ROOM, "--json"], settings());
    const { findings } = JSON.parse(stdout) as { findings: { layer: string; state: string; detail: string }[] };
    expect(findings.filter(({ state }) => state === "fail")).toEqual([]);
    expect(Object.fromEntries(findings.map(({ layer, state }) => [layer, state]))).toMatchObject({
      browser: "ok",
      signer: "ok",
      push: "ok",
    });
    expect(code).toBe(0);
  });

  it.each(["websocket", "browser"])("watch shows the room, read by the %s source", async (source) => {
    const run = start(["watch", ROOM, "--upstream", upstream, "--json"], { DYLIVE_SOURCE: source });
    expect((await run.printed(/^\{"seq".*\n\{"seq".*\n/m))[0]).toContain(`"source":"${source}"`);
  });

  it("serve collects it and gives it out", async () => {
    const run = start(["serve", "--upstream", upstream, "--watch", ROOM], { DYLIVE_PORT: "0", DYLIVE_SOURCE: "browser" });
    const [, base = ""] = await run.printed(/listens on (http:\S+)/);
    const { stdout } = await ran(["token", "create", "--name", "reader"], settings());
    const token = stdout.trim().split("\n").at(-1);
    const events = await fetch(`${base}/v1/rooms/${ROOM}/events?wait=60&types=chat`, { headers: { authorization: `Bearer ${token}` } });
    expect(await events.json()).toMatchObject({ events: expect.arrayContaining([expect.objectContaining({ source: "browser" })]) });
  });
});
