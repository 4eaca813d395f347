import { expect } from "vitest";
import { FaultyLink } from "../chaos/faulty-link.js";
import { until } from "../until.js";
import { busyRooms, simulatorOf, watchAll } from "./busy-rooms.js";
import { clusterDatabase } from "./database.js";
import { type Judged, judge } from "./judge.js";
import { pause } from "./pause.js";
import { TestCluster } from "./processes.js";
import { readStream } from "./stream-reader.js";

/** What came of it. */
export interface CutDatabase extends Judged {
  /** Most bytes that waited in spools. */
  readonly spooled: number;
  /** Events that the reader was given. */
  readonly read: number;
}

/**
 * Two collectors and a server with a reader: the database crashes and starts again under load, then cannot be reached for a while. Then what is
 * stored is compared with what was sent, and what the reader was given with what is stored.
 * @param awayMs how long it cannot be reached
 */
export async function cutDatabase(rooms: number, awayMs: number): Promise<CutDatabase> {
  const scenarios = busyRooms(rooms);
  const webRids = scenarios.map(({ webRid }) => webRid);
  const database = await clusterDatabase();
  const link = await FaultyLink.to(database.url);
  const simulator = await simulatorOf(scenarios, 2);
  const env = { DYLIVE_REQUESTS_PER_S: "100" };
  const cluster = new TestCluster({ url: link.url, platform: simulator.url, env });
  const end = new AbortController();
  try {
    const keys = await watchAll(database.url, scenarios);
    const collectors = await Promise.all([cluster.start("one", "collect"), cluster.start("two", "collect")]);
    const server = await cluster.start("server", "serve");
    const token = await cluster.token();
    await until(() => webRids.every((webRid) => simulator.truth(webRid).connections.length > 0));
    const reading = readStream(() => server.base, token, keys, end.signal);

    let spooled = 0;
    const spoolOf = async (base: string) => {
      const response = await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      const text = await response.text();
      expect(response.status, text).toBe(200);
      return Number(/^dylive_spool_bytes (\S+)$/m.exec(text)?.[1]);
    };
    const spools = async () => {
      const all = await Promise.all(collectors.map(({ base }) => spoolOf(base)));
      spooled = Math.max(spooled, ...all);
      return all;
    };
    await pause(2000);
    await until(async () => (await spools()).every((bytes) => bytes === 0));
    if (database.server !== null) {
      await database.server.stop("SIGQUIT");
      await database.server.start();
    }
    await pause(5000);
    link.shut();
    const backAt = Date.now() + awayMs;
    while (Date.now() < backAt) {
      await spools();
      await pause(500);
    }
    link.open();
    await until(async () => {
      await pause(250);
      return (await spools()).every((bytes) => bytes === 0);
    });
    await pause(3000);

    for (const webRid of webRids) simulator.rooms.stall(webRid);
    await pause(2000);
    for (const process of collectors) {
      // What one hands over when it stops is the other's to store.
      await until(async () => (await database.rows("SELECT 1 FROM spooled")).length === 0);
      expect(await process.stop()).toBe(0);
    }
    const waiting = await database.rows("SELECT 1 FROM spooled");
    expect(waiting, "parts of spools that nobody took").toEqual([]);
    const judged = await judge(database.url, simulator, webRids);
    expect(judged.gaps, "gaps while only the database was away").toEqual([]);
    expect(judged.lost).toBe(0);
    const heads = await database.rows<{ room: string; head: string }>("SELECT room, head FROM heads WHERE room > 0");
    await until(() => heads.every(({ room, head }) => (reading.seqs.get(Number(room)) ?? 0) >= Number(head)));
    expect(reading.wrong, "what the reader was given out of order, twice or not at all").toEqual([]);
    expect(await server.stop()).toBe(0);
    return { ...judged, spooled, read: reading.count };
  } finally {
    end.abort();
    await cluster.close();
    await simulator.close();
    await link.close();
    await database.remove();
  }
}
