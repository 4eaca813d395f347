import { expect } from "vitest";
import type { Simulator } from "../../simulator/index.js";
import { until } from "../until.js";
import { busyRooms, simulatorOf, watchAll } from "./busy-rooms.js";
import { type ClusterDatabase, clusterDatabase } from "./database.js";
import { type Judged, judge } from "./judge.js";
import { pause } from "./pause.js";
import { type ClusterProcess, TestCluster } from "./processes.js";

/** Longer than a lease lasts (12 s). */
const STOPPED_MS = 15_000;
/** What is looked at is big. */
const LOOK_MS = 200;

/** What came of it. */
export interface LostCollectors extends Judged {
  readonly rooms: number;
  /** Of the collector that was killed: ms from the kill to a new connection, of each of its rooms, sorted. */
  readonly againMs: readonly number[];
  /** Lengths of the gaps in rooms that only moved, neither of the collector that was killed nor of the one that hung, in ms, sorted. */
  readonly movedMs: readonly number[];
}

/**
 * So many busy rooms on three collectors: one is killed, one hangs for longer than its lease and returns, a fourth joins and takes its share,
 * one leaves in order. Then what is stored is compared with what was sent.
 * @param calmMs between these
 * @param rateFactor how busy the rooms are: at 1 each sends about one message of people a second
 */
export async function loseCollectors(count: number, calmMs: number, rateFactor = 1): Promise<LostCollectors> {
  const scenarios = busyRooms(count);
  const webRids = scenarios.map(({ webRid }) => webRid);
  const database = await clusterDatabase();
  const simulator = await simulatorOf(scenarios, rateFactor);
  // Many rooms at once on one machine; a real platform is asked more slowly.
  const cluster = new TestCluster({ url: database.url, platform: simulator.url, env: { DYLIVE_REQUESTS_PER_S: "100" } });
  try {
    await watchAll(database.url, scenarios);
    const [killed, stopped, leaving] = await Promise.all([
      cluster.start("killed", "collect"),
      cluster.start("stopped", "collect"),
      cluster.start("leaving", "collect"),
    ]);
    await settled(database, simulator, webRids, [killed, stopped, leaving]);
    await pause(calmMs);

    // It hangs while we look at what it has: once it is gone, so is its lock in the database, and others take its rooms at their next beat.
    killed.signal("SIGSTOP");
    const struck = new Set(await roomsOf(database, killed));
    const its = [...struck];
    const killedAt = Date.now();
    killed.signal("SIGKILL");
    await settled(database, simulator, webRids, [stopped, leaving], killedAt, its);
    const againMs = its.map((webRid) => connectedAfter(simulator, webRid, killedAt) - killedAt).sort((a, b) => a - b);
    await pause(calmMs);

    stopped.signal("SIGSTOP");
    for (const webRid of await roomsOf(database, stopped)) struck.add(webRid);
    await pause(STOPPED_MS);
    await settled(database, simulator, webRids, [leaving]);
    stopped.signal("SIGCONT");
    const joined = await cluster.start("joined", "collect");
    await settled(database, simulator, webRids, [stopped, leaving, joined]);
    await pause(calmMs);

    const before = await roomsOf(database, leaving);
    expect(before.length, "the joined collectors took their share").toBeLessThan(webRids.length / 2);
    expect(await leaving.stop()).toBe(0);
    await settled(database, simulator, webRids, [stopped, joined]);
    await pause(calmMs);

    for (const webRid of webRids) simulator.rooms.stall(webRid);
    await pause(2000);
    for (const process of [stopped, joined]) expect(await process.stop()).toBe(0);
    const judged = await judge(database.url, simulator, webRids);
    expect(stopped.run.stderr(), "the rooms that it had before it hung").toMatch(/leases lapsed.*web_rid:/);
    const movedMs = judged.gaps.filter(({ webRid }) => !struck.has(webRid)).map(({ from, to }) => to - from);
    expect(await cluster.command("check")).toMatchObject({ code: 0 });
    return { ...judged, rooms: count, againMs, movedMs: movedMs.sort((a, b) => a - b) };
  } finally {
    await cluster.close();
    await simulator.close();
    await database.remove();
  }
}

/** The rooms that a process has, by their numbers on the platform. */
async function roomsOf(database: ClusterDatabase, { name }: ClusterProcess): Promise<readonly string[]> {
  const rows = await database.rows<{ value: string }>(
    `SELECT w.value FROM wanted w JOIN members m ON m.id = w.owner WHERE m.name = '${name}' ORDER BY w.value`,
  );
  return rows.map(({ value }) => value);
}

/** Waits until every room is owned by one of these processes, in fair shares, and is connected to; these rooms by a connection after a time. */
async function settled(
  database: ClusterDatabase,
  simulator: Simulator,
  webRids: readonly string[],
  processes: readonly ClusterProcess[],
  after = 0,
  these: readonly string[] = webRids,
): Promise<void> {
  const most = Math.ceil((webRids.length / processes.length) * 1.15) + 1;
  let seen: unknown;
  const shared = until(async () => {
    await pause(LOOK_MS);
    const rows = await database.rows<{ name: string; rooms: number }>(
      "SELECT m.name, count(*)::int AS rooms FROM wanted w JOIN members m ON m.id = w.owner GROUP BY m.name",
    );
    seen = rows;
    const names = processes.map(({ name }) => name);
    const owned = rows.filter(({ name }) => names.includes(name));
    return (
      owned.reduce((sum, { rooms }) => sum + rooms, 0) === webRids.length &&
      owned.length === processes.length &&
      owned.every(({ rooms }) => rooms <= most)
    );
  });
  await shared.catch((error: unknown) => {
    throw new Error(
      `the rooms are not shared among ${processes.map(({ name }) => name)}: ${JSON.stringify(seen)}; ${processes.map(({ run }) => run.stderr().slice(-700))}`,
      { cause: error },
    );
  });
  const isMissed = (webRid: string) =>
    !simulator.truth(webRid).connections.some(({ closedAt }) => closedAt === null) ||
    (these.includes(webRid) && !Number.isFinite(connectedAfter(simulator, webRid, after)));
  const connected = until(async () => {
    await pause(LOOK_MS);
    return !webRids.some(isMissed);
  });
  await connected.catch((error: unknown) => {
    const missed = webRids.filter(isMissed).map((webRid) => ({ webRid, connections: simulator.truth(webRid).connections }));
    throw new Error(`not connected since ${after}: ${JSON.stringify(missed)}`, { cause: error });
  });
}

/** When the first connection was opened after a time, ms UTC. */
function connectedAfter(simulator: Simulator, webRid: string, after: number): number {
  return Math.min(...simulator.truth(webRid).connections.flatMap(({ openedAt }) => (openedAt >= after ? [openedAt] : [])));
}
