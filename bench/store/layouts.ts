import { Child } from "../child.js";
import { claim } from "../claims.js";
import { median, shuffled } from "../rounds.js";
import type { Cost, Fill, LayoutName } from "./layout.js";

const ROOMS = [20, 200, 2000];
/** Events of a commit: what comes in 20 ms of 10,000 a second. */
const TOGETHER = 200;
/** Events of a room before anything is measured: with few, pages of many rooms' places are one in the index. */
const FILLED = 400;
const NAMES: readonly LayoutName[] = ["dylive", "by room"];

/** Measures what an event costs in few and in many rooms, by dylive's store and where the rows of a room lie together. */
export async function compareLayouts(folder: string, quick: boolean): Promise<void> {
  const [events, rounds] = quick ? [4_000, 2] : [40_000, 7];
  for (const rooms of ROOMS) {
    const open = (name: LayoutName) =>
      new Child(new URL("layout.js", import.meta.url), [name, `${folder}/${name.replace(" ", "-")}-${rooms}.db`, String(rooms)], null);
    const sides: Record<LayoutName, Child> = { dylive: open("dylive"), "by room": open("by room") };
    const costs: Record<LayoutName, Cost[]> = { dylive: [], "by room": [] };
    // The first rounds fill the files, and the engine optimises what it will.
    const first = quick ? 1 : Math.max(2, (FILLED * rooms) / events);
    for (let round = 0; round < first + rounds; round++)
      for (const name of shuffled(NAMES)) {
        const cost = await sides[name].ask<Cost>({ events, together: TOGETHER } satisfies Fill);
        if (round >= first) costs[name].push(cost);
      }
    for (const side of Object.values(sides)) side.end();
    claim({
      what: `an event appended in ${rooms} rooms, ${TOGETHER} a commit`,
      figure: told(costs.dylive),
      rival: `rows by room, pages of 8 KB: ${told(costs["by room"])}`,
      asked: null,
    });
  }
}

function told(costs: readonly Cost[]): string {
  const micros = costs.map(({ cpuMicros }) => cpuMicros);
  const kilobytes = median(costs.map(({ bytes }) => bytes / 1000)).toFixed(1);
  return `${median(micros).toFixed(1)} µs of the CPU (${Math.min(...micros).toFixed(1)}-${Math.max(...micros).toFixed(1)}), ${kilobytes} kB written`;
}
