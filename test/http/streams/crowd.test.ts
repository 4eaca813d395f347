import { expect, it } from "vitest";
import { crowd } from "./crowd.js";

/** Nothing in it waits for a time: only what hangs takes so long. */
const HUNG_MS = 300_000;

it(
  "a crowd of 100 SSE and 100 WebSocket readers, cut off at random, is given every event exactly once",
  async () => {
    const { connections, deliveries } = await crowd({ readers: 100, events: 150, batch: 6, cuts: 4 });
    expect(connections).toBeGreaterThan(600);
    expect(deliveries).toBeGreaterThan(200 * 150);
  },
  HUNG_MS,
);
