// Guards: PostgreSQL stores with late, cut and stalled connections answer as one log would.
import { expect, it, onTestFinished } from "vitest";
import { seededBy } from "../chaos/seed.js";
import { chaosOfStores } from "../chaos/stores.js";
import { dropDatabase, newDatabase } from "./database.js";

it("stores whose connections are late, cut and stalled, while rooms are taken over: the history of all calls has an explanation", async () => {
  const url = await newDatabase();
  onTestFinished(() => dropDatabase(url));
  const seed = seededBy();
  const faults = { lateMs: 60, slowest: 20_000, lifeMs: 1500, ends: ["reset", "finish", "stall"], stallMs: 700 } as const;
  const { stored, reads, met } = await chaosOfStores(url, seed, 2500, faults);
  expect(stored).toBeGreaterThan(20);
  expect(reads).toBeGreaterThan(20);
  expect(met.reset + met.finish).toBeGreaterThan(2);
});
