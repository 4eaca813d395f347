import { expect, it } from "vitest";
import { killUnderLoad } from "../e2e/crash.js";
import { useDirectory } from "../store/directory.js";
import { killBusy } from "../store/kill.js";
import { measured } from "./measured.js";

const file = useDirectory();

it("kill -9 at random moments of a store that is appended to, counted, indexed, erased from and removed from, 100 times", async () => {
  const { events } = await killBusy(file("store.db"), 100);
  expect(events).toBeGreaterThan(10_000);
  measured(
    "kill -9 of everything that is done to a store, 100 times",
    `${events} events given a seq; after each kill the whole store checked: 0 findings`,
  );
});

it("kill -9 at random moments of a server under load, 100 times", async () => {
  const { stored, delivered } = await killUnderLoad({ load: 500, kills: 100, events: 150 });
  expect(stored).toBeGreaterThan(5_000);
  measured(
    "kill -9 of a server under load, 100 times",
    `${stored} events stored, ${delivered} delivered, 0 lost, 0 twice; dylive check: 0 findings`,
  );
});
