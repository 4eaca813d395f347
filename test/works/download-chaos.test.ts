import { expect, it } from "vitest";
import { chaosOfDownloads } from "../chaos/downloads.js";
import { seededBy } from "../chaos/seed.js";
import { useFolders } from "../store/directory.js";

const folders = useFolders();

it("downloads over connections that are late, slow and cut are whole in the end, and nothing half has the name of a file", async () => {
  const faults = { lateMs: 20, slowest: 50_000, lifeMs: 60, ends: ["reset", "finish", "stall"], stallMs: 100 } as const;
  const { downloads, tries, met } = await chaosOfDownloads(seededBy(), 500, faults, folders);
  expect(tries).toBeGreaterThanOrEqual(downloads);
  expect(met.reset + met.finish + met.stall).toBeGreaterThan(0);
});
