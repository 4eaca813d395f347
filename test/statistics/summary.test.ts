// Guards: the share of witnessed diamonds is all only where all came, and nothing only where none did.
import { expect, it } from "vitest";
import { shownWitness } from "../../src/statistics/summary.js";

it.each([
  [0, 0, null],
  [0, 5_000, 0],
  [1, 5_000, 0.001],
  [2_500, 5_000, 0.5],
  [4_999, 5_000, 0.999],
  [5_000, 5_000, 1],
])("%i of %i diamonds are a share of %s: all only where all came, nothing only where nothing did", (received, witnessed, share) => {
  expect(shownWitness({ received, witnessed }).share).toBe(share);
});
