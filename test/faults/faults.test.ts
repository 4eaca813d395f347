// Guards: each fault of a connection, the platform or a broadcast shows in time, and loses nothing outside recorded gaps; docs/faults.md says so.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAULTS } from "./cases.js";
import { document } from "./document.js";
import { type Outcome, struck } from "./struck.js";

const outcomes = new Map<string, Outcome>();

describe.each(Object.entries(FAULTS))("%s", (_kind, faults) => {
  it.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (name, fault) => {
    const outcome = await struck(fault);
    outcomes.set(name, outcome);
    expect(outcome.noticedMs).toBeLessThanOrEqual(fault.within);
    expect(outcome.recoveredMs).toBeLessThanOrEqual(fault.recovers);
    if (fault.gap === null) expect(outcome.gaps).toEqual([]);
    else expect(outcome.gaps.map(({ reason }) => reason)).toEqual(expect.arrayContaining([expect.stringMatching(fault.gap)]));
    expect(outcome).toMatchObject({ unexplained: 0, twice: 0 });
    if (fault.loses) expect(outcome.lost).toBeGreaterThan(0);
    else expect(outcome).toMatchObject({ lost: 0, unitsLost: 0 });
    expect(outcome.stored).toBeGreaterThan(5);
  });
});

it("docs/faults.md says what was seen; -u writes it anew", async () => {
  const kinds = Object.entries(FAULTS).map(([kind, faults]) => {
    const rows = faults.flatMap(({ name }) => {
      const outcome = outcomes.get(name);
      return outcome === undefined ? [] : [[name, outcome] as const];
    });
    expect(rows.length, `all faults of "${kind}" have been run`).toBe(faults.length);
    return [kind, rows] as const;
  });
  await expect(document(kinds)).toMatchFileSnapshot(fileURLToPath(new URL("../../docs/faults.md", import.meta.url)));
});
