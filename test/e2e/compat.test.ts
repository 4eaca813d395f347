import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { grabConsumer } from "../compat/consumers.js";
import { refusal } from "../compat/refusal.js";
import { until } from "../until.js";
import { dylive, scratch } from "./command.js";

const dir = scratch();
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 5 });
});
afterAll(async () => {
  await simulator.close();
  dir.remove();
});

/** A server with DouyinBarrageGrab's stream on, and these settings. */
function serve(name: string, settings: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const env = { DYLIVE_PORT: "0", DYLIVE_DATA: `${dir.path}/${name}`, DYLIVE_UPSTREAM: simulator.url, DYLIVE_COMPAT_GRAB_PORT: "0" };
  return dylive(["serve", ...args], { ...env, ...settings });
}
const NAMED = /clients of DouyinBarrageGrab: (ws:\S+)/;

describe("dylive serve with a compat stream", () => {
  it("is what a client of DouyinBarrageGrab expects, on loopback without a token; its command to close closes nothing", async () => {
    const server = serve("open", {}, ["--watch", "100000002"]);
    const [, url = ""] = await server.printed(NAMED);
    const consumer = grabConsumer(url, '{"Cmd":1}');
    await until(() => consumer.units > 0 && consumer.chatIds.length > 2);
    expect(await refusal(url, { headers: { origin: "https://evil.example" } })).toEqual({ status: 403, code: "forbidden" });
    consumer.close();
    server.process.kill("SIGINT");
    expect(await server.ended).toBe(0);
  });

  it("asks for a token where it is told to, and where others can reach it", async () => {
    for (const [name, settings] of [
      ["told", { DYLIVE_COMPAT_TOKEN: "always" }],
      ["reached", { DYLIVE_HOST: "0.0.0.0" }],
    ] as const) {
      const server = serve(name, settings);
      const [, url = ""] = await server.printed(NAMED);
      expect([name, await refusal(url)]).toEqual([name, { status: 401, code: "no_token" }]);
      server.process.kill("SIGINT");
      expect(await server.ended).toBe(0);
    }
  });
});
