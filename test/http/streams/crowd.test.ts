// Guards: readers that are cut off at random get every event exactly once, in order.
import { expect, it } from "vitest";
import { crowd } from "./crowd.js";

/** Nothing in it waits for a time: only what hangs takes so long. */
const HUNG_MS = 300_000;

it(
  "a crowd of 15 SSE and 15 WebSocket readers, cut off at random, is given every event exactly once",
  async () => {
    const { connections, deliveries } = await crowd({ readers: 15, events: 60, batch: 6, cuts: 4 });
    expect(connections).toBeGreaterThan(60);
    expect(deliveries).toBeGreaterThan(30 * 60);
  },
  HUNG_MS,
);
