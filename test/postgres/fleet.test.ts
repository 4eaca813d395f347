// Guards: a room moves between processes and misses nothing outside a gap, and another process collects the rooms of a dead one.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { check } from "../../src/store/check.js";
import type { Store } from "../../src/store/store.js";
import { ALIKE, unlike } from "../cluster/truth.js";
import { SIGNAL } from "../collector/running.js";
import { until } from "../until.js";
import { dropDatabase, emptyDatabase, newDatabase, runSql } from "./database.js";
import { ClusterProcess, type ProcessOptions } from "./fleet.js";

let url: string;
let simulator: Simulator;
let processes: ClusterProcess[] = [];

beforeAll(async () => {
  url = await newDatabase();
});
beforeEach(async () => {
  await emptyDatabase(url);
});
afterEach(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  processes = [];
  await simulator?.close();
});
afterAll(() => dropDatabase(url));
const ROOMS = ["100000001", "100000002", "100000003"];

async function start(options: Partial<ProcessOptions> = {}): Promise<ClusterProcess> {
  const one = await ClusterProcess.start({ url, platform: simulator.url, ...options });
  processes.push(one);
  return one;
}

/** Three rooms that are collected by one process, and another one that collects none of them. */
async function collected(): Promise<readonly [ClusterProcess, ClusterProcess]> {
  simulator = await startSimulator({ rateFactor: 5 });
  const [a, server] = [await start(), await start({ role: "serve" })];
  for (const name of ROOMS) await server.rooms.request(name, 10_000, SIGNAL);
  await until(() => live(a).length === ROOMS.length);
  expect(server.collectors.collected()).toEqual([]);
  return [a, server];
}

const live = (one: ClusterProcess) => one.collectors.collected().filter(({ state }) => state === "live");

/** The messages stop; then every chat that was sent is stored once, or lies in a gap. */
async function expectAllOnce(store: Store): Promise<void> {
  for (const name of ROOMS) simulator.rooms.stall(name);
  for (const name of ROOMS) {
    const room = await store.rooms.find({ kind: "web_rid", value: name });
    const compared = async () => (await unlike(simulator, store, room, name))[0];
    await until(async () => JSON.stringify(await compared()) === JSON.stringify(ALIKE)).catch(() => {});
    expect(await compared()).toEqual(ALIKE);
  }
  expect(await check(store.log)).toEqual([]);
}

describe("rooms of a cluster", () => {
  it("move to a process that joins, and back when it stops; what is missed lies in a gap", async () => {
    const [a, server] = await collected();
    const b = await start();
    await until(() => live(b).length === 1 && a.collectors.collected().length === 2);
    const moved = b.collectors.collected()[0]?.room ?? 0;
    expect(b.collectors.takeovers).toEqual({ free: 1, dead: 0 });
    const seen = (await server.store.log.heads([moved])).get(moved)?.head ?? 0;
    await until(async () => ((await server.store.log.heads([moved])).get(moved)?.head ?? 0) > seen + 3);
    b.freeze(); // takes no more rooms
    await b.collectors.stop();
    await until(() => live(a).length === 3);
    expect(a.collectors.takeovers).toEqual({ free: 4, dead: 0 });
    await expectAllOnce(server.store);
  });

  it("of a process that is taken for dead are collected by another at once; what it does after is not stored", async () => {
    const [a, server] = await collected();
    const b = await start({ capacity: 1 });
    await until(() => live(b).length === 1 && a.collectors.collected().length === 2);
    const c = await start();
    await until(() => live(c).length === 1 && a.collectors.collected().length === 1);
    const room = a.collectors.collected()[0]?.room ?? 0;
    a.freeze();
    await runSql(
      url,
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN members m ON m.lock = l.classid::bigint << 32 | l.objid::bigint
         WHERE m.id = ${a.membership.id} AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await until(() => live(c).some((status) => status.room === room));
    expect(c.collectors.takeovers).toMatchObject({ dead: 1 });
    // It finds out by its first write, and stops.
    await until(() => a.collectors.collected().length === 0);
    await until(() => server.rooms.status(room)?.state === "live");
    await expectAllOnce(server.store);
  });
});
