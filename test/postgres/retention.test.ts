// Guards: PostgreSQL removes old events by whole days where it may, and never the newest day.

import { describe, expect, it, onTestFinished, vi } from "vitest";
import { RetentionScheduler, type RetentionSchedulerDeps } from "../../src/retention/scheduler.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import type { ServerLimits } from "../../src/store/server-limits.js";
import type { LimitsOf } from "../../src/store/sql/retention.js";
import { FakeClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { plainWords } from "../statistics/plain-words.js";
import { until } from "../until.js";
import { dropDatabase, newDatabase } from "./database.js";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 9, 20, 12);
const NONE = { maxAgeMs: null, maxBytes: null };
const FOREVER: LimitsOf = { events: NONE, statistics: NONE, raw: NONE };
const days = (count: number): LimitsOf => ({ ...FOREVER, events: { maxAgeMs: count * DAY_MS, maxBytes: null } });

async function open(): Promise<PostgresStore> {
  const url = await newDatabase();
  const store = await openPostgresStore({ url });
  onTestFinished(() => store.close().then(() => dropDatabase(url)));
  return store;
}

/** Runs one round of the scheduler. @returns what it doubted, and the rooms of steps that removed rows */
async function round(
  store: PostgresStore,
  { limits = FOREVER, maxStoreBytes = null, ...parts }: Partial<Omit<RetentionSchedulerDeps, "limits"> & ServerLimits>,
) {
  const clock = new FakeClock(NOON);
  const doubts: string[] = [];
  let done = false;
  const remove = vi.spyOn(store.log, "remove");
  const stop = new AbortController();
  const scheduler = new RetentionScheduler({
    what: "all",
    store,
    clock,
    limits: async () => ({ limits, worksMaxAgeMs: null, maxStoreBytes }),
    // The end of a round.
    raw: {
      rooms: async () => {
        done = true;
        return [];
      },
      files: async () => [],
      remove: async () => {},
      seen: async () => {},
    },
    onRawRemoved: () => {},
    onDoubt: (sentence) => doubts.push(sentence),
    onError: (error) => {
      throw error;
    },
    monotonicMs: () => clock.now(),
    ...parts,
  });
  const running = scheduler.run(stop.signal);
  await until(async () => {
    await clock.advance(1000);
    return done;
  });
  stop.abort();
  await running;
  const removed = remove.mock.calls.map(([room]) => room);
  remove.mockRestore();
  return { doubts, removed };
}

/** Events of this many days ago, by their ids and their receipt; the last one has an id that tells no time. */
function aged(ago: number, count: number) {
  const at = NOON - ago * DAY_MS;
  const id = (n: number) => (n === count - 1 ? `h:${ago}-${n}` : String((BigInt(Math.floor(at / 1000)) << 32n) + BigInt(n)));
  return Array.from({ length: count }, (_, n) => chat(id(n), { time: at, receivedAt: at + n, text: "长".repeat(400) }));
}

const agesOf = async (store: PostgresStore, room: number) => {
  const { events } = await readAll(store.log, room);
  return [...new Set(events.map(({ receivedAt }) => Math.round((NOON - receivedAt) / DAY_MS)))];
};

describe("what is beyond its age", () => {
  it("goes by whole days where all rooms have a limit, and row by row only where a day cannot say it", async () => {
    const store = await open();
    const [one, two] = [await claimed(store, "1"), await claimed(store, "2")];
    for (const { append } of [one, two]) for (const ago of [40, 33, 31, 29, 3, 0]) await append(...aged(ago, 20));
    await catchUp(store, plainWords);
    await store.retention.setLimits(two.room, "events", days(30).events);
    await store.retention.setLimits(one.room, "events", days(10).events);
    const { removed } = await round(store, { limits: days(30) });
    // By rows: all that the shorter limit wants gone, and of the other room what has no day.
    expect(new Set(removed)).toEqual(new Set([one.room, two.room]));
    expect(removed.filter((room) => room === two.room)).toHaveLength(1);
    expect(await agesOf(store, one.room)).toEqual([3, 0]);
    expect(await agesOf(store, two.room)).toEqual([31, 29, 3, 0]);
    const { events } = await readAll(store.log, two.room);
    expect(events.filter(({ receivedAt }) => receivedAt < NOON - 30 * DAY_MS).map(({ id }) => id)).toEqual(["h:31-19"]);
    expect(await store.retention.horizon(two.room)).toBe(Date.UTC(2026, 8, 20) - 1);
    expect(await checkStore(store)).toEqual([]);
    const again = await two.append(...aged(40, 3), chat("new"));
    expect(again.slice(0, 2)).toEqual([null, null]);
  });
});

describe("a store that is too big", () => {
  it("loses its oldest days, and never all", async () => {
    const store = await open();
    const { room, append } = await claimed(store);
    for (const ago of [9, 8, 7, 0]) await append(...aged(ago, ago === 9 ? 1500 : 200));
    await catchUp(store, plainWords);
    const { used = 0 } = (await store.retention.storeSize()) ?? {};
    expect(used).toBeGreaterThan(1_000_000);
    expect(await round(store, { maxStoreBytes: used - 500_000 })).toMatchObject({ doubts: [], removed: [] });
    expect((await agesOf(store, room)).includes(0)).toBe(true);
    expect(await store.retention.days()).toHaveLength(3);
    expect((await store.retention.storeSize())?.used).toBeLessThanOrEqual(used - 500_000);
    const { doubts } = await round(store, { maxStoreBytes: 1000 });
    expect(doubts).toEqual([expect.stringContaining("1 days are kept")]);
    expect((await agesOf(store, room)).includes(0)).toBe(true);
    expect(await checkStore(store)).toEqual([]);
  });
});
