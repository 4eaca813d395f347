import { expect, it } from "vitest";
import { floorOf, slopeOf } from "./samples.js";
import { soak } from "./soak.js";

it("what a server holds is looked at while it is read in every way, and readers and a webhook come to the head of each room", async () => {
  const { samples, readers, connections, events, delivered } = await soak({
    ...{ minutes: 1 / 3, rooms: 2, busy: 1, calmSeconds: 3 },
    ...{ everyMs: 2_000, cutMs: 4_000, restartMs: 12_000, stayMs: 3_000 },
  });
  expect(readers).toBe(6);
  expect(connections).toBeGreaterThanOrEqual(2 * readers);
  // Each room is read in three ways.
  const { stored = 0, heapMb, residentMb, handles, storeMb, received } = samples.at(-1) ?? {};
  expect([events > 2 * stored, delivered > 0, stored > 0]).toEqual([true, true, true]);
  for (const figure of [heapMb, residentMb, handles, storeMb, received]) expect(figure).toBeGreaterThan(0);
}, 300_000);

it("tells a slope from garbage that comes and goes, and from peaks", () => {
  const saw = (slope: number) =>
    Array.from({ length: 300 }, (_, i): [number, number] => [i / 300, 100 + (slope * i) / 300 + (i % 7) * 9 + (i % 97 === 0 ? 500 : 0)]);
  for (const slope of [0, 2, -5]) expect(Math.abs(slopeOf(floorOf(saw(slope))) - slope), `slope ${slope}`).toBeLessThan(0.5);
});
