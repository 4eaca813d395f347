import { expect, it } from "vitest";
import { reconnect } from "./reconnects.js";

it("a busy room whose connection is cut 30 times loses nothing outside the recorded gaps, and stores nothing twice", async () => {
  const seen = await reconnect(30);
  expect(seen).toMatchObject({ connections: 31, gaps: 30 });
  expect(seen.sent).toBeGreaterThan(600);
  expect(seen.inGaps, "some were on their way when the connection was cut").toBeGreaterThan(0);
  expect(seen.unitsCounted).toBeLessThanOrEqual(seen.unitsGiven);
}, 120_000);
