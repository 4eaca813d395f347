// Guards: a process beats regularly, publishes how its rooms are doing, and does a job only while no other process may have it.
import { describe, expect, it } from "vitest";
import { Heartbeat } from "../../src/cluster/heartbeat.js";
import type { Collector } from "../../src/collector/collector.js";
import { readReport } from "../../src/collector/report.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Assignment } from "../../src/store/cluster.js";
import { Waker } from "../../src/store/waker.js";
import { SettableClock } from "../clock.js";
import { FakeWantedRooms } from "./fake-wanted-rooms.js";

const NOTHING: Assignment = { leases: [], uncollected: new Map(), surplus: 0, lapsed: false, jobs: [] };

/** The heartbeat of a process, whose beats the test answers. */
async function beating(answer: () => Assignment = () => NOTHING) {
  const clock = new SettableClock();
  const wantedRooms = new FakeWantedRooms(clock);
  const start = clock.now();
  const beats: number[] = [];
  const log: string[] = [];
  const held = new Map<string, Collector>();
  const changes = new Waker();
  const beat = async () => {
    beats.push(clock.now() - start);
    return answer();
  };
  const heartbeat = new Heartbeat({
    ...{ membership: { id: 1, beat }, wantedRooms, clock },
    collectors: { now: { rooms: [], released: [] }, held, changes, follow: ({ surplus }) => void log.push(`follows ${surplus}`) },
    onError: (error, doing) => void log.push(`${doing}: ${String(error)}`),
  });
  heartbeat.start();
  await clock.advance(0);
  return { clock, wantedRooms, beats, log, held, changes, heartbeat };
}

describe("a heartbeat", () => {
  it("comes every 400 ms, sooner when woken, and never more often than every 100 ms", async () => {
    const { clock, beats, changes, wantedRooms, heartbeat } = await beating();
    await clock.advance(1000);
    expect(beats).toEqual([0, 100, 400, 800]); // the first wakes say that there may be something
    await wantedRooms.changed();
    await clock.advance(0);
    expect(beats.slice(4)).toEqual([1000]);
    for (let i = 0; i < 10; i++) {
      changes.notify();
      await clock.advance(10);
    }
    expect(beats.slice(4)).toEqual([1000, 1100]);
    const stopped = heartbeat.stop();
    await clock.advance(1000);
    await stopped;
    expect(beats).toHaveLength(6);
  });

  it("brings the assignment, and tells of the first failure after a success", async () => {
    const answers: (Assignment | Error)[] = [{ ...NOTHING, surplus: 1 }, new Error("away"), new Error("away"), NOTHING, new Error("again")];
    const { clock, log, heartbeat } = await beating(() => {
      const answer = answers.shift() ?? new DyliveError("stopping", "it has left");
      if (answer instanceof Error) throw answer;
      return answer;
    });
    await clock.advance(5000);
    expect(log).toEqual(["follows 1", "cluster membership: Error: away", "follows 0", "cluster membership: Error: again"]);
    await heartbeat.stop();
  });

  it("publishes the status of a room without news every half a minute, also after the database was away", async () => {
    const { clock, wantedRooms, held, log, heartbeat } = await beating();
    await wantedRooms.ask({ kind: "web_rid", value: "1" });
    const health = new RoomHealth(clock);
    health.to("waiting", "the account is not live");
    const collector = { room: 1, health, status: () => null } as unknown as Collector;
    held.set("web_rid:1", collector);
    const state = async () => readReport((await wantedRooms.all())[0]?.report ?? null)?.state ?? null;
    const reportedAt = async () => (await wantedRooms.all())[0]?.reportedAt;
    await clock.advance(1000);
    expect(await state()).toBe("waiting");
    const first = await reportedAt();
    await clock.advance(28_000);
    expect(await reportedAt()).toBe(first);
    wantedRooms.lose();
    wantedRooms.failure = new Error("away");
    await clock.advance(15_000);
    wantedRooms.failure = null;
    await clock.advance(1000);
    await heartbeat.stop();
    expect(await state()).toBe("waiting");
    expect(log.filter((line) => line.includes("away"))).toEqual(["states of rooms: Error: away"]);
  });
});

describe("a job", () => {
  async function holder() {
    const now = { has: false, away: false };
    const parts = await beating(() => {
      if (now.away) throw new DyliveError("store_unreachable", "it is away");
      return { ...NOTHING, jobs: now.has ? ["hooks"] : [] };
    });
    const { heartbeat, clock } = parts;
    const log: string[] = [];
    heartbeat.hold("hooks", async () => {
      log.push("begins");
      return async () => log.push("ends");
    });
    await clock.advance(400);
    return { clock, now, log, heartbeat };
  }

  it("is done while this process has it, and ends with the process", async () => {
    const { clock, now, log, heartbeat } = await holder();
    expect(log).toEqual([]);
    now.has = true;
    await clock.advance(4000);
    expect(log).toEqual(["begins"]);
    now.has = false;
    await clock.advance(400);
    expect(log).toEqual(["begins", "ends"]);
    now.has = true;
    await clock.advance(400);
    await heartbeat.rest();
    await clock.advance(1000);
    expect(log).toEqual(["begins", "ends", "begins", "ends"]);
    await heartbeat.stop();
  });

  it("goes on while the database is away, until another process may have it", async () => {
    const { clock, now, log, heartbeat } = await holder();
    now.has = true;
    await clock.advance(400);
    now.away = true;
    await clock.advance(8000);
    expect(log).toEqual(["begins"]);
    await clock.advance(1500);
    expect(log).toEqual(["begins", "ends"]);
    now.away = false;
    await clock.advance(400);
    expect(log).toEqual(["begins", "ends", "begins"]);
    await heartbeat.stop();
  });
});
