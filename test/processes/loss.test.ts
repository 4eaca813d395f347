import { expect, it } from "vitest";
import { loseCollectors } from "./lose-collectors.js";

it("a collector is killed, one hangs and returns, one joins, one leaves: nothing is lost outside recorded gaps, nothing twice", async () => {
  const { rooms, againMs, struck, stored, sent, lost } = await loseCollectors(20, 1000);
  expect(againMs.length).toBeGreaterThanOrEqual(5);
  expect(struck).toBeLessThan(rooms);
  expect(stored).toBeGreaterThan(sent - lost);
}, 300_000);
