import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { dylive, ran } from "./command.js";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 3 });
});
afterAll(() => simulator.close());

const watch = (room: string, upstream = simulator.url) => ran(["watch", room, "--upstream", upstream]);

describe("dylive watch says in one sentence what is wrong, and what to do", () => {
  it.each([
    ["a link that is no room", "https://live.douyin.com/", 2, /leads to live\.douyin\.com itself.*Give a web_rid/],
    ["an account that does not exist", "999999999", 2, /no such account.*HTTP 404.*open it in a browser/],
  ])("%s", async (_what, room, code, sentence) => {
    const told = await watch(room);
    expect(told).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(sentence) });
    expect(told.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("no network", async () => {
    const told = await watch("100000001", "http://127.0.0.1:1");
    expect(told).toMatchObject({ code: 1, stdout: "" });
    expect(told.stderr).toMatch(
      /^dylive: The platform cannot be reached: .*ECONNREFUSED\. Check the network, the proxy and DYLIVE_UPSTREAM\.\n$/,
    );
  });

  it("a captcha instead of the room's page", async () => {
    simulator.rooms.captcha();
    const told = await watch("100000001").finally(() => simulator.rooms.captcha(false));
    expect(told).toMatchObject({ code: 1, stdout: "" });
    expect(told.stderr).toMatch(/^dylive: .*captcha.*Try again in a minute; log in or change the IP address if it stays\.\n$/);
  });

  it("a handshake that is refused", async () => {
    simulator.rooms.refuse("100000001");
    const told = await watch("100000001").finally(() => simulator.rooms.refuse("100000001", false));
    expect(told).toMatchObject({ code: 1, stdout: "" });
    expect(told.stderr).toMatch(/^dylive: .*HTTP 200.*DEVICE_BLOCKED.*Check the signer, the cookies and the IP address.*\n$/);
  });

  it("a room that is not live: it waits, and shows the next broadcast", async () => {
    const run = dylive(["watch", "100000005", "--upstream", simulator.url]);
    await run.printed(/waiting/);
    expect(run.stderr()).toMatch(
      /^100000005: waiting, the account is not live; its next broadcast is shown as soon as it begins \(Ctrl-C ends\)\n$/,
    );
    run.process.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });
});
