// Guards: whatever kills, cuts, silent sockets and set clocks do, all that was missed lies in a gap with the true reason, and no gap holds a stored event.
import { afterAll, expect, it } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { LiveEvent, LiveEventOf } from "../../src/events/event.js";
import { isInteractive } from "../../src/platform/wire/methods.js";
import type { Clock } from "../../src/runtime/clock.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { Chance } from "../fuzz/mutator.js";
import { runsOf } from "../whole.js";
import { depsFor, type Managed, running, SIGNAL } from "./running.js";

const NOT_COLLECTING = "dylive was not collecting";
/** A message's time is known to a second, and the simulator sends ten times a second. */
const SLACK_MS = 1200;
/** Time by which a gap after a restart may begin early, ms. */
const EARLY_MS = 10_000;

const time = new Lockstep();
afterAll(() => time.stop());

/** The wall clock that a test sets; timers and the monotonic clock go on with the true time. */
class WallClock implements Clock {
  /** By how much the clock was ahead of the true time, and since when, newest last. */
  readonly set: { readonly since: number; readonly byMs: number }[] = [{ since: 0, byMs: 0 }];

  now(): number {
    return time.now() + (this.set.at(-1)?.byMs ?? 0);
  }

  uptimeMs(): number {
    return time.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return time.sleep(ms, signal);
  }

  every(ms: number, call: () => void): () => void {
    return time.every(ms, call);
  }

  /** Returns the true time at which the clock showed this. */
  trueTime(at: number): number {
    const found = this.set.findLast(({ since, byMs }, n) => {
      const until = this.set[n + 1]?.since ?? time.now();
      return at - byMs >= since && at - byMs <= until;
    });
    if (found === undefined) throw new Error(`the clock never showed ${at}`);
    return at - found.byMs;
  }
}

/** A store that one process uses until it is killed. */
function mortal(store: RoomStore, life: { isOver: boolean }): RoomStore {
  const until = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return async (...asked: unknown[]) => {
          if (life.isOver) throw new Error("killed");
          return value.apply(target, asked);
        };
      },
    });
  return { ...store, log: until(store.log), rooms: until(store.rooms), sessions: until(store.sessions) };
}

/** Strikes a room with what chance chooses, then compares what was sent with what is stored. */
async function strike(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const clock = new WallClock();
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  let life = { isOver: false };
  const now = await running(
    { clock: time, rooms: [SCENARIO], rateFactor: 10 },
    { store: mortal(store, life), setAside: () => {}, clock },
    time,
  );
  const { simulator } = now;
  let rooms: Managed = now.rooms;
  const sessions = ["guest", "guest:2", "guest:3"].slice(0, 1 + chance.below(3));
  void rooms.add(RID, { sessions }, 60_000, SIGNAL).catch(() => {});
  const isUp = () => {
    const status = rooms.collected()[0];
    return status?.state === "live" && status.evidence.sessions.every(({ state }) => state === "connected");
  };
  await time.until(isUp, 60_000);
  await time.go(7000);
  /** True times between which dylive did not run, and between which no connection could stand. */
  const down: { readonly from: number; readonly to: number }[] = [];
  const out: { readonly from: number; readonly to: number }[] = [];
  const did: string[] = [];
  const viewers = () => simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null);
  const restart = async (how: "kill" | "stop") => {
    life.isOver = how === "kill";
    const from = time.now();
    await rooms.stop();
    life = { isOver: false };
    await time.go(500 + chance.below(30_000));
    const to = time.now();
    rooms = RoomManager.alone({ ...depsFor(simulator, mortal(store, life), clock), setAside: () => {} });
    await rooms.start();
    down.push({ from, to });
  };
  const unreachable = async (meanwhile: () => Promise<void>) => {
    const from = time.now();
    simulator.rooms.refuse(RID, true, 502);
    simulator.rooms.cut(RID);
    await meanwhile();
    simulator.rooms.refuse(RID, false);
    out.push({ from, to: time.now() });
  };
  const strikes: Readonly<Record<string, () => Promise<unknown> | unknown>> = {
    kill: () => restart("kill"),
    stop: () => restart("stop"),
    cut: () => simulator.rooms.cut(RID),
    cutOne: () => simulator.rooms.cut(RID, viewers()[chance.below(sessions.length)]?.viewer),
    unreachable: () => unreachable(() => time.go(chance.below(20_000))),
    restartUnreachable: () =>
      unreachable(async () => {
        await time.go(chance.below(20_000));
        await restart(chance.below(2) === 0 ? "kill" : "stop");
        await time.go(chance.below(20_000));
      }),
    silent: () => {
      simulator.rooms.freeze(RID);
      simulator.rooms.freeze(RID, false); // new connections bring everything
    },
    setClock: async () => {
      await time.go(45_000); // a socket that is silent is found out by then: together they are two rare faults
      await time.until(isUp, 120_000);
      await time.go(200);
      clock.set.push({
        since: time.now(),
        byMs: (clock.set.at(-1)?.byMs ?? 0) + (chance.below(2) === 0 ? -1 : 1) * (3_600_000 + chance.below(3_600_000)),
      });
      await time.go(7000);
    },
  };
  const names = Object.keys(strikes);
  for (let n = 0; n < 6; n++) {
    const name = names[chance.below(names.length)] ?? "cut";
    did.push(`${time.now()} ${name}`);
    await strikes[name]?.();
    await time.go(chance.below(3) === 0 ? chance.below(2000) : 5000 + chance.below(15_000));
  }
  await time.until(isUp, 200_000);
  await time.go(40_000);
  simulator.rooms.stall(RID);
  await time.go(2000);
  const { events }: { readonly events: readonly LiveEvent[] } = await readAll(store.log, 1);
  await rooms.stop();

  const about = JSON.stringify({ seed, sessions: sessions.length, did, down, out, set: clock.set });
  // A silence ends when people are heard again: the platform's figures come meanwhile.
  const stored = events.filter(({ method }) => isInteractive(method));
  const gaps = events.flatMap((event) => (event.type === "gap" ? [gapOf(event)] : []));
  function gapOf({ from, to, reason }: LiveEventOf<"gap">) {
    const [begin, end] = [from === null ? Number.NEGATIVE_INFINITY : to - from, clock.trueTime(to)];
    return { from: end - begin, to: end, reason };
  }
  const ids = new Set(events.map(({ id }) => id));
  expect(ids.size, about).toBe(events.length);
  const lost = simulator.truth(RID).sent.interactive.filter((fact) => fact.kind !== "gift" && !ids.has(idOf(fact)));
  const outside = lost.filter(({ msgId }) => {
    const at = Number(BigInt(msgId) >> 32n) * 1000;
    return !gaps.some(({ from, to }) => at >= from - SLACK_MS && at <= to + SLACK_MS);
  });
  expect(outside, `${about} ${JSON.stringify(gaps)}`).toEqual([]);
  const received = stored.map(({ receivedAt }) => clock.trueTime(receivedAt));
  const within = gaps.flatMap((gap) => {
    const begin = gap.reason === NOT_COLLECTING ? gap.from + EARLY_MS : gap.from;
    return received.filter((at) => at > begin && at < gap.to).map((at) => ({ at, gap }));
  });
  expect(within, `${about} ${JSON.stringify(gaps)}`).toEqual([]);
  const restarts = gaps.filter(({ reason }) => reason === NOT_COLLECTING);
  for (const { from, to } of [...down, ...out]) {
    const until = gaps
      .toSorted((one, other) => one.from - other.from)
      .reduce((at, gap) => (gap.from <= at ? Math.max(at, gap.to) : at), from);
    expect(until, `${about} ${JSON.stringify(gaps)}`).toBeGreaterThanOrEqual(to);
  }
  for (const { from, to } of down)
    expect(
      restarts.some((gap) => gap.from <= from && gap.to >= to),
      `${about} ${JSON.stringify(gaps)}`,
    ).toBe(true);
  expect(
    restarts.filter((gap) => !down.some(({ from, to }) => gap.from <= to && gap.to >= from)),
    about,
  ).toEqual([]);
}

const CASES = runsOf(40);
it.each(Array.from({ length: CASES }, (_, n) => n))("a room meets the strikes of seed %i", { timeout: 60_000 }, strike);
