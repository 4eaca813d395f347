// Guards: All that a room asks the platform leaves by the proxy that the settings name.
import { expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../../simulator/index.js";
import { loadConfig } from "../../../src/app/config.js";
import { reachOf } from "../../../src/app/platform.js";
import { systemClock } from "../../../src/runtime/clock.js";
import { running, SIGNAL } from "../../collector/running.js";
import { until } from "../../until.js";
import { httpProxy } from "./proxies.js";

it("a room is collected by the proxy that the settings name: its page, im/fetch and its socket", async () => {
  const [simulator, proxy] = [await startSimulator(), await httpProxy("me:secret")];
  onTestFinished(() => simulator.close());
  const config = loadConfig({ upstream: simulator.url, proxy: `http://me:secret@127.0.0.1:${proxy.port}` }, {});
  const now = await running({}, reachOf(config, { browsers: [], display: false }, systemClock));
  const { room } = await now.rooms.request("100000002", 60_000, SIGNAL);
  await until(() => now.rooms.status(room)?.state === "live");
  expect(proxy.asked.length).toBeGreaterThanOrEqual(3);
  await proxy.close();
  await until(() => now.rooms.status(room)?.state !== "live");
  expect(simulator.truth("100000002").connections.every(({ closedAt }) => closedAt !== null)).toBe(true);
});
