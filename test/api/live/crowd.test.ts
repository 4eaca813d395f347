import { expect, it } from "vitest";
import { crowd } from "./crowd.js";

// A tenth of test/long/crowd.test.ts.
it("100 SSE and 100 WebSocket readers on one room, cut off at random, are each given every event exactly once", async () => {
  const result = await crowd({ readers: 100, events: 1_000, ms: 2_000, everyMs: 5, cuts: 3, patienceMs: 40_000 });
  expect(result.connections).toBeGreaterThan(500);
}, 60_000);
