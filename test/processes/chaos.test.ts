// Guards: programs whose connections all meet faults and that are killed (kill -9) store everything once and in order, and lose nothing beyond recorded gaps; readers and webhooks are given the whole log.
import { expect, it, onTestFinished } from "vitest";
import type { Faults } from "../chaos/faulty-link.js";
import { chaosOfPrograms } from "../chaos/programs.js";
import { seededBy } from "../chaos/seed.js";
import { clusterDatabase } from "./database.js";

const FAULTS: Faults = { lateMs: 60, slowest: 20_000, lifeMs: 1500, ends: ["reset", "finish", "stall"], stallMs: 500 };

it.each([
  ["one server", 1, ["process killed"]],
  ["two processes on one database, whose server is restarted", 2, ["process killed", "database restarted"]],
])(
  "%s",
  async (_name, processes, first) => {
    const database = processes > 1 ? await clusterDatabase() : null;
    onTestFinished(() => database?.remove());
    const { sent, read, met, messages } = await chaosOfPrograms({
      ...{ seed: seededBy(), database, processes, first, faults: FAULTS },
      ...{ forMs: 1500, rooms: 3, longestMs: 500, everyMs: 700, isToldAtTheEnd: true },
      // A room that two sessions watch is one of three.
      sessions: (n) => (n === 1 ? ["guest", "guest:2"] : null),
    });
    expect([sent, read, messages].every((n) => n > 0)).toBe(true);
    expect(met.reset + met.finish + met.stall).toBeGreaterThan(0);
  },
  300_000,
);
