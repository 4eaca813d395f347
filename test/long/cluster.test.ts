import { expect, it } from "vitest";
import { cutDatabase } from "../processes/cut-database.js";
import { hop } from "../processes/hop.js";
import { loseCollectors } from "../processes/lose-collectors.js";
import { measured } from "./measured.js";

it("600 rooms on three collectors: one is killed, one hangs and returns, one joins, one leaves", async () => {
  const { rooms, againMs, sent, lost, gaps, stored } = await loseCollectors(600, 10_000, 0.5); // the platform needs a core of its own for more
  expect(againMs.length).toBeGreaterThan(150);
  const at = (share: number) => ((againMs[Math.min(againMs.length - 1, Math.floor(againMs.length * share))] ?? 0) / 1000).toFixed(2);
  const gapSeconds = Math.round(gaps.reduce((sum, { from, to }) => sum + to - from, 0) / 1000);
  measured(
    `${rooms} rooms on three collectors; one killed, one stopped for 15 s (SIGSTOP), one joins, one leaves`,
    `the ${againMs.length} rooms of the killed one were connected to again after ${at(0.5)} s (median), ${at(1)} s (longest); ` +
      `${sent} messages sent, ${stored} events stored, ${lost} lost, all in ${gaps.length} recorded gaps (${gapSeconds} s in all), 0 twice, no gap in rooms that only moved`,
  );
});

it("the database crashes under load, and is cut off for 60 s", async () => {
  const { sent, stored, lost, spooled, read } = await cutDatabase(100, 60_000);
  measured(
    "PostgreSQL killed and started under load, then cut off for 60 s; 100 rooms, two collectors, a server with a reader",
    `${sent} messages sent, ${stored} events stored, ${lost} lost, 0 twice, no gap; up to ${(spooled / 1e6).toFixed(1)} MB in a spool; the reader was given ${read} events once, in order`,
  );
});

it("readers hop between two servers", async () => {
  const { stored, connections, read, calls } = await hop(10, 10, 60_000);
  measured(
    "readers that hop between two servers at random: 10 streams, 10 by cursor, 10 by the token's position",
    `${stored} events, ${read} deliveries over ${connections} connections and ${calls} calls: each event once, in order`,
  );
});
