import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { check } from "../../src/store/check.js";
import type { RoomKey } from "../../src/store/log.js";
import type { Store } from "../../src/store/store.js";
import { fastClock } from "../clock.js";
import { describeManager, type StartManager } from "../cluster/manager-suite.js";
import { type Managed, type Running, SIGNAL } from "../collector/running.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
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

/** How many times faster than life the manager's suite is: the database is not, and a room whose events are stored late is stalled. */
const SPEED = 8;
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

/** Chats of a room that were sent, and those that are stored, by id. */
async function chats(store: Store, name: string) {
  const room = (await store.rooms.find({ kind: "web_rid", value: name })) ?? 0;
  const { events } = await readAll(store.log, room);
  const { sent } = simulator.truth(name);
  return {
    room,
    events,
    stored: events.filter(({ type }) => type === "chat").map(({ id }) => id),
    sent: sent.interactive.flatMap((fact) => (fact.kind === "chat" ? [idOf(fact)] : [])),
  };
}

/** The messages stop; then every chat that was sent is stored, once. */
async function expectAllOnce(store: Store): Promise<void> {
  for (const name of ROOMS) simulator.rooms.stall(name);
  for (const name of ROOMS) {
    await until(async () => {
      const { stored, sent } = await chats(store, name);
      return new Set(sent).size === stored.length;
    }).catch(() => {});
    const { events, stored, sent } = await chats(store, name);
    expect([...stored].sort()).toEqual([...new Set(sent)].sort());
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  }
  expect(await check(store.log)).toEqual([]);
}

describe("rooms of a cluster", () => {
  it("move to a process that joins without a gap, and back when it stops", async () => {
    const [a, server] = await collected();
    const b = await start();
    await until(() => live(b).length === 1 && a.collectors.collected().length === 2);
    const moved = b.collectors.collected()[0]?.room ?? 0;
    expect(b.collectors.takeovers).toEqual({ free: 0, dead: 0, offered: 1 });
    expect((await readAll(server.store.log, moved)).events.filter(({ type }) => type === "gap")).toEqual([]);
    const seen = (await server.store.log.heads([moved])).get(moved)?.head ?? 0;
    await until(async () => ((await server.store.log.heads([moved])).get(moved)?.head ?? 0) > seen + 3);
    await b.collectors.stop();
    await until(() => live(a).length === 3);
    expect(a.collectors.takeovers.offered).toBe(1);
    await expectAllOnce(server.store);
    for (const name of ROOMS) {
      const { events } = await chats(server.store, name);
      expect(events.filter(({ type }) => type === "gap")).toEqual([]);
    }
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
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'dylive member ${a.membership.id}' AND datname = current_database()`,
    );
    await until(() => live(c).some((status) => status.room === room));
    expect(c.collectors.takeovers).toMatchObject({ dead: 1 });
    // It finds out by its first write, and stops.
    await until(() => a.collectors.collected().length === 0);
    await until(() => server.rooms.status(room)?.state === "live");
    await expectAllOnce(server.store);
  });

  it("wanted by two names have one collector, wherever they were taken", async () => {
    simulator = await startSimulator();
    const [a, b] = [await start(), await start()];
    const roomId = simulator.roomId("100000002") ?? "";
    const [x, y] = await Promise.all([a.rooms.request("100000002", 20_000, SIGNAL), b.rooms.request(roomId, 20_000, SIGNAL)]);
    expect(y).toMatchObject({ room: x.room, onlySession: roomId });
    await until(() => a.collectors.collected().length + b.collectors.collected().length === 1);
    await until(() => simulator.truth("100000002").connections.filter(({ closedAt }) => closedAt === null).length === 1);
    await until(() => a.rooms.status(x.room)?.state === "live" && b.rooms.status(x.room)?.state === "live");
  });

  it("that are paused by one process are not collected by another, whoever asks, also after a restart", async () => {
    simulator = await startSimulator();
    const [a, b] = [await start(), await start()];
    const { room } = await a.rooms.request("100000006", 20_000, SIGNAL);
    await until(() => a.rooms.status(room)?.state === "live");
    await b.rooms.pause(room);
    const open = () => simulator?.truth("100000006").connections.filter(({ closedAt }) => closedAt === null).length;
    await until(() => open() === 0);
    await until(async () => (await readAll(a.store.log, room)).events.some((event) => event.type === "state" && event.to === "paused"));
    await until(() => a.rooms.status(room) === null); // it has heard of it
    const paused = { room, status: { state: "paused" } };
    for (const { rooms } of [a, b, await start()])
      for (const name of ["100000006", simulator.roomId("100000006") ?? "", "demo.tv"])
        expect(await rooms.request(name, 20_000, SIGNAL)).toMatchObject(paused);
    expect([a, b].flatMap(({ collectors }) => collectors.collected())).toEqual([]);
    expect(open()).toBe(0);
    await a.rooms.resume(room);
    await until(async () => (await b.rooms.request("demo.tv", 20_000, SIGNAL)).status.state === "live");
  });
});

async function managed(options: Parameters<StartManager>[0]): Promise<Running<Managed>> {
  const clock = fastClock(SPEED);
  const simulator = await startSimulator({ clock });
  onTestFinished(() => simulator.close());
  const one = await ClusterProcess.start({ url, platform: simulator.url, clock, speed: SPEED, ...options });
  onTestFinished(() => one.stop());
  const { rooms, store } = one;
  return { clock, simulator, store, rooms, events: async (room: RoomKey) => (await readAll(store.log, room)).events };
}

describeManager("a process of a cluster on PostgreSQL", managed);
