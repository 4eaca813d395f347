// Guards: a process beats regularly, and does a job only while no other process may have it.
import { describe, expect, it } from "vitest";
import { Heartbeat, JobHolder } from "../../src/cluster/membership.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Changes } from "../../src/store/cluster.js";
import { FakeClock, SettableClock } from "../clock.js";

const NOTHING: Changes = { taken: [], changed: [], lost: [], surplus: [] };

/** Wakes by hand. */
function bell() {
  let ring = () => {};
  async function* wakes(signal: AbortSignal): AsyncGenerator<void> {
    signal.addEventListener("abort", () => ring(), { once: true });
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        ring = resolve;
      });
      if (!signal.aborted) yield;
    }
  }
  return { wakes, ring: () => ring() };
}

describe("a pulse", () => {
  it("beats every 400 ms, sooner when woken, and never more often than every 100 ms", async () => {
    const clock = new FakeClock();
    const { wakes, ring } = bell();
    const beats: number[] = [];
    const start = clock.now();
    const beat = async () => {
      beats.push(clock.now() - start);
      return NOTHING;
    };
    const heartbeat = new Heartbeat({ membership: { beat }, clock, wakes, onChanges: () => {}, onError: () => {} });
    heartbeat.start();
    await clock.advance(1000);
    expect(beats).toEqual([0, 400, 800]);
    ring();
    await clock.advance(0);
    expect(beats).toEqual([0, 400, 800, 1000]);
    for (let i = 0; i < 10; i++) {
      ring();
      await clock.advance(10);
    }
    expect(beats).toEqual([0, 400, 800, 1000, 1100]);
    const stopped = heartbeat.stop();
    await clock.advance(1000);
    await stopped;
    expect(beats).toHaveLength(5);
  });

  it("tells changes, and of the first failure after a success", async () => {
    const clock = new FakeClock();
    const answers: (Changes | Error)[] = [
      { ...NOTHING, lost: [{ key: "a", uncollected: null }] },
      new Error("away"),
      new Error("away"),
      NOTHING,
      new Error("again"),
    ];
    const told: unknown[] = [];
    const beat = async () => {
      const answer = answers.shift() ?? new DyliveError("stopping", "it has left");
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const heartbeat = new Heartbeat({
      ...{ membership: { beat }, clock, wakes: bell().wakes },
      onChanges: ({ lost }) => told.push(lost),
      onError: (error) => told.push(String(error)),
    });
    heartbeat.start();
    await clock.advance(5000);
    expect(told).toEqual([[{ key: "a", uncollected: null }], "Error: away", "Error: again"]);
    await heartbeat.stop();
  });
});

describe("a job", () => {
  async function holder() {
    const clock = new SettableClock();
    const now = { has: false, away: false };
    const log: string[] = [];
    const job = async () => {
      if (now.away) throw new DyliveError("store_unreachable", "it is away");
      return now.has;
    };
    const start = async () => {
      log.push("begins");
      return async () => log.push("ends");
    };
    const held = new JobHolder({ name: "hooks", start }, { membership: { job }, clock, onError: () => log.push("failed") });
    held.start();
    await clock.advance(0);
    return { clock, now, log, held };
  }

  it("is done while this process has it, and ends with the process", async () => {
    const { clock, now, log, held } = await holder();
    expect([log, held.has]).toEqual([[], false]);
    now.has = true;
    await clock.advance(4000);
    expect([log, held.has]).toEqual([["begins"], true]);
    now.has = false;
    await clock.advance(2000);
    expect(log).toEqual(["begins", "ends"]);
    now.has = true;
    await clock.advance(2000);
    await held.stop();
    expect([log, held.has]).toEqual([["begins", "ends", "begins", "ends"], false]);
  });

  it("goes on while the database is away, until another process may have it", async () => {
    const { clock, now, log, held } = await holder();
    now.has = true;
    await clock.advance(2000);
    now.away = true;
    await clock.advance(8000);
    expect(log).toEqual(["begins", "failed", "failed", "failed", "failed"]);
    await clock.advance(2000);
    expect(log.filter((what) => what !== "failed")).toEqual(["begins", "ends"]);
    now.away = false;
    await clock.advance(2000);
    expect(held.has).toBe(true);
    await held.stop();
  });
});
