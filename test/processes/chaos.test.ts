import { expect, it, onTestFinished } from "vitest";
import type { Faults } from "../chaos/faulty-link.js";
import { chaosOfPrograms, type Trial } from "../chaos/programs.js";
import { seededBy } from "../chaos/seed.js";
import { clusterDatabase } from "./database.js";

const FAULTS: Faults = { lateMs: 60, slowest: 20_000, lifeMs: 1500, ends: ["reset", "finish", "stall"], stallMs: 500 };
/** A room that two sessions watch is one of three. */
const TRIAL: Omit<Trial, "seed" | "database" | "processes"> = {
  ...{ forMs: 1500, rooms: 3, faults: FAULTS, longestMs: 500, everyMs: 700, isToldAtTheEnd: true },
  sessions: (n) => (n === 1 ? ["guest", "guest:2"] : null),
};

it("a server whose connections all meet faults, and which is killed and stopped, loses nothing beyond recorded gaps", async () => {
  const { sent, read, met, messages } = await chaosOfPrograms({ ...TRIAL, seed: seededBy(), database: null, processes: 1 });
  expect([sent, read, messages].every((n) => n > 0)).toBe(true);
  expect(met.reset + met.finish + met.stall).toBeGreaterThan(0);
}, 300_000);

it("nor do two on one database, whose server is restarted", async () => {
  const database = await clusterDatabase();
  onTestFinished(() => database.remove());
  const { sent, read, met, messages } = await chaosOfPrograms({ ...TRIAL, seed: seededBy(), database, processes: 2 });
  expect([sent, read, messages].every((n) => n > 0)).toBe(true);
  expect(met.reset + met.finish + met.stall).toBeGreaterThan(0);
}, 300_000);
