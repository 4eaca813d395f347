// Guards: programs lose nothing outside recorded gaps through half an hour of faults, and store nothing twice.
import { expect, it, onTestFinished } from "vitest";
import { ENDS, type Faults } from "../chaos/faulty-link.js";
import { chaosOfPrograms, type Trial, type Trialled } from "../chaos/programs.js";
import { seededBy } from "../chaos/seed.js";
import { clusterDatabase } from "../processes/database.js";
import { measured } from "./measured.js";

/** How long there are faults in each, ms; `CHAOS_MS` is another time. */
const FOR_MS = Number(process.env["CHAOS_MS"] ?? 30 * 60_000);
const MINUTES = `${+(FOR_MS / 60_000).toFixed(1)} minutes`;
/** All ends, also half-open connections. */
const FAULTS: Faults = { lateMs: 300, slowest: 20_000, lifeMs: 30_000, ends: ENDS };
/** A connection that is silent is left after 35 s, a process hangs for 20 s at most, and who has failed for long tries again within the minute. */
const LONGEST_MS = 120_000;
const TRIAL: Omit<Trial, "seed" | "database" | "processes" | "rooms" | "sessions"> = {
  ...{ forMs: FOR_MS, faults: FAULTS, longestMs: 20_000, everyMs: 4000, isToldAtTheEnd: false },
};

function told(
  seed: string,
  {
    sent,
    lost,
    units,
    unitsLost,
    gaps,
    rooms,
    ordered,
    stored,
    read,
    lostConnections,
    messages,
    again,
    liveMs,
    staleMs,
    strikes,
    met,
  }: Trialled,
): string {
  expect(liveMs, "from the last fault until every room was live").toBeLessThan(LONGEST_MS);
  expect(staleMs, "called live while nobody was heard").toBeLessThan(LONGEST_MS);
  const gapSeconds = Math.round(gaps.reduce((sum, { from, to }) => sum + to - from, 0) / 1000);
  const gapShare = Math.round((100 * gapSeconds) / (rooms * (FOR_MS / 1000)));
  const overtaking = "where sessions or processes overtake each other";
  const order =
    ordered === rooms
      ? "order kept"
      : ordered === 0
        ? `order not judged, ${overtaking}`
        : `order kept in ${ordered} rooms of ${rooms}, and not judged in others, ${overtaking}`;
  const { connections, ...ends } = met;
  const counted = (all: Readonly<Record<string, number>>) =>
    Object.entries(all)
      .map(([what, n]) => `${what} ${n}`)
      .join(", ");
  return (
    `seed ${seed}: ${sent} messages sent, ${stored} events stored, ${lost} lost, all in ${gaps.length} recorded gaps (${gapSeconds} s in all, ${gapShare} % of the time of the rooms), 0 twice, ${order}; ` +
    `${unitsLost} of ${units} units of gifts lost, all in them; ` +
    `readers were given ${read} events once, in order, over ${lostConnections} lost connections; ${messages} webhooks, ${again} of them again; ` +
    `every room live ${(liveMs / 1000).toFixed(1)} s after the last fault, and called live for ${(staleMs / 1000).toFixed(1)} s at most while nobody was heard. Strikes: ${counted(strikes)}. Of ${connections} connections: ${counted(ends)}`
  );
}

it("chaos on SQLite", async () => {
  const seed = seededBy();
  const sessions = () => null;
  const came = await chaosOfPrograms({ ...TRIAL, seed, database: null, processes: 1, rooms: 6, sessions });
  measured(`chaos for ${MINUTES}: one server on SQLite, 6 rooms, readers by WebSocket, SSE and polls, a webhook`, told(seed, came));
});

it("chaos on three processes with PostgreSQL", async () => {
  const seed = seededBy();
  const database = await clusterDatabase();
  onTestFinished(() => database.remove());
  const sessions = (n: number) => (n % 3 === 0 ? ["guest", "guest:2"] : null);
  const came = await chaosOfPrograms({ ...TRIAL, seed, database, processes: 3, rooms: 9, sessions });
  measured(`chaos for ${MINUTES}: three processes on PostgreSQL, which is restarted, 9 rooms`, told(seed, came));
});
