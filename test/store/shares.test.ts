// Guards: processes share the wanted rooms evenly, up to their capacities.
import { describe, expect, it } from "vitest";
import { sharesOf, slackOf } from "../../src/store/postgres/leases.js";

const CASES: readonly [wanted: number, capacities: number[], shares: number[]][] = [
  [600, [1000, 1000, 1000], [200, 200, 200]],
  [7, [100, 100, 100], [3, 2, 2]],
  [7, [100, 1, 100], [3, 1, 3]],
  [600, [50, 1000, 1000], [50, 275, 275]],
  [10, [3, 4], [3, 4]],
  [0, [5, 5], [0, 0]],
  [9, [0, 5], [0, 5]],
  [9, [], []],
];

describe("shares of rooms", () => {
  it.each(CASES)("of %i wanted by collectors of %j are %j", (wanted, capacities, shares) => {
    expect(sharesOf(wanted, capacities)).toEqual(shares);
  });

  it("leave nothing that somebody could take, and differ by one at most", () => {
    for (let wanted = 0; wanted < 200; wanted++) {
      for (let n = 1; n < 12; n++) {
        const shares = sharesOf(wanted, Array(n).fill(1000));
        expect(shares.reduce((a, b) => a + b, 0)).toBe(wanted);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }
    }
  });

  it("have a slack of some percent where they are large", () => {
    expect([2, 15, 200, 1600, 0].map(slackOf)).toEqual([0, 0, 12, 100, 0]);
  });
});
