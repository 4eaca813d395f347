// Guards: the scheduler removes what is beyond the limits of age and size, and nothing while the clock is doubtful.

import { statSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { ClockDoubt, RetentionScheduler, type RetentionSchedulerDeps } from "../../src/retention/scheduler.js";
import { frontStep, retainStep } from "../../src/retention/step.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import { type KeepSettings, keepNow, type ServerLimits, serverLimits } from "../../src/store/server-limits.js";
import type { LimitsOf } from "../../src/store/sql/retention.js";
import { openDatabase } from "../../src/store/sqlite/driver.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed, readAll } from "../contracts/harness.js";
import { plainWords } from "../statistics/plain-words.js";
import { useDirectory } from "../store/directory.js";
import { commentOf, runOf } from "../works/comment.js";
import { downloadOf } from "../works/kept-download.js";
import { listRunOf, workOf } from "../works/work.js";

const file = useDirectory();
const DAY = 86_400_000;
const NONE = { maxAgeMs: null, maxBytes: null };
const FOREVER: LimitsOf = { events: NONE, statistics: NONE, raw: NONE };

function opened() {
  const path = file("kept.db");
  const store = openSqliteStore({ path });
  onTestFinished(() => store.close());
  return { path, store };
}

function kept(
  store: Store,
  clock: FakeClock,
  {
    limits = FOREVER,
    worksMaxAgeMs = null,
    maxStoreBytes = null,
    ...parts
  }: Partial<Omit<RetentionSchedulerDeps, "limits"> & ServerLimits> = {},
  serverNow: RetentionSchedulerDeps["limits"] = async () => ({ limits, worksMaxAgeMs, maxStoreBytes }),
) {
  const doubts: string[] = [];
  const scheduler = new RetentionScheduler({
    what: "all",
    store,
    clock,
    limits: serverNow,
    raw: { rooms: async () => [], files: async () => [], remove: async () => {}, seen: async () => {} },
    onRawRemoved: () => {},
    onDoubt: (sentence) => doubts.push(sentence),
    onError: (error) => {
      throw error;
    },
    monotonicMs: () => clock.now(),
    ...parts,
  });
  const stop = new AbortController();
  const done = scheduler.run(stop.signal);
  onTestFinished(() => {
    stop.abort();
    return done;
  });
  return doubts;
}

/** Goes on until the scheduler has done what there was. */
async function settle(clock: FakeClock, ms = 30_000) {
  for (let done = 0; done < ms; done += 1000) {
    await clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const day = (clock: FakeClock, room: number, days: number, count: number) =>
  Array.from({ length: count }, (_, n) =>
    chat(`${room}-${days}-${n}`, { receivedAt: clock.now() - days * DAY + n, text: "长".repeat(200) }),
  );

describe("a setting that is changed while the server runs", () => {
  it("counts from the next round on, and not where the server was started with another", async () => {
    const { store } = opened();
    const clock = new FakeClock();
    const { room, append } = await claimed(store);
    await append(...day(clock, room, 40, 5), ...day(clock, room, 20, 5), ...day(clock, room, 0, 5));
    await catchUp(store, plainWords);
    const none = { ...{ keepEventsDays: null, keepEventsMb: null, keepStatisticsDays: null }, keepRawDays: null, keepRawMb: null };
    const started: KeepSettings = { ...none, keepWorksDays: null, keepStoreMb: null };
    const events = async () => (await readAll(store.log, room)).events.length;
    const now = async (given = started) => serverLimits(keepNow(given, await store.settings.changed()));
    kept(store, clock, {}, now);
    await settle(clock, 5_000);
    expect(await events()).toBe(15);
    await store.settings.change(new Map([["keepEventsDays", { value: 30, by: "web", at: 5 }]]));
    await clock.advance(600_000);
    await settle(clock, 20_000);
    expect(await events()).toBe(10);
    await store.settings.change(new Map([["keepEventsDays", { value: 10, by: "web", at: 6 }]]));
    expect([...(await store.settings.changed())]).toEqual([["keepEventsDays", { value: 10, by: "web", at: 6 }]]);
    // What it was started with wins.
    expect((await now({ ...started, keepEventsDays: 25 })).limits.events.maxAgeMs).toBe(25 * DAY);
    await clock.advance(600_000);
    await settle(clock, 20_000);
    expect(await events()).toBe(5);
    await store.settings.change(new Map([["keepEventsDays", { value: null, by: "web", at: 7 }]]));
    expect((await now()).limits.events.maxAgeMs).toBeNull();
  });
});

describe("what was deleted", () => {
  it("goes on being removed by the next process, with its recordings, and those of others stay", async () => {
    const { store } = opened();
    const clock = new FakeClock();
    const { room, append } = await claimed(store);
    await append(...Array.from({ length: 1200 }, (_, n) => chat(`${n}`)));
    await catchUp(store, plainWords);
    const other = await claimed(store, "98766");
    await other.append(chat("stays"));
    await store.sessions.open(other.room, "7400000000000000001", 1);
    await store.deletions.ofSession(other.room, "7400000000000000001");
    await store.deletions.ofRoom(room);
    const at = (of: number, sessionId: string, change = {}) => {
      const times = { startedAt: 5, endedAt: 6, writtenAt: 6 };
      return { path: `${of}/${sessionId}`, room: of, sessionId, ...times, bytes: 10, open: false, ...change };
    };
    const later = { startedAt: Date.now() + DAY };
    const files = [
      at(room, "7400000000000000001"),
      at(other.room, "7400000000000000001"),
      at(other.room, "7400000000000000001", { path: "later", ...later }),
      at(other.room, "7400000000000000001", { path: "open", open: true }),
      at(other.room, "7400000000000000002"),
    ];
    const gone: string[] = [];
    const raw = {
      rooms: async () => [room, other.room],
      files: async (of: number) => files.filter((one) => one.room === of && !gone.includes(one.path)),
      remove: async ({ path }: { readonly path: string }) => void gone.push(path),
      seen: async () => {},
    };
    kept(store, clock, { raw });
    await settle(clock, 5_000);
    expect([(await readAll(store.log, room)).events, await store.deletions.open()]).toEqual([[], []]);
    expect((await readAll(store.log, other.room)).events).toEqual([]);
    expect(gone).toEqual([`${room}/7400000000000000001`, `${other.room}/7400000000000000001`]);
    expect(await checkStore(store)).toEqual([]);
  });
});

describe("what is beyond its limits", () => {
  it.each([null, 30])("goes of works and comments that were not read for long, and only by a limit: %s days", async (days) => {
    const { store } = opened();
    const clock = new FakeClock();
    const [long, short] = [clock.now() - 31 * DAY, clock.now() - 29 * DAY];
    await store.works.keep(workOf("1", { receivedAt: long }), "reply");
    await store.works.keep(workOf("2", { receivedAt: short }), null);
    for (const [n, receivedAt] of [long, short].entries())
      await store.comments.put(
        1,
        Array.from({ length: 700 }, (_, id) => commentOf(`${n}`, `${id}`, { receivedAt })),
      );
    await store.commentRuns.begin(runOf("1", { startedAt: long, endedAt: long }));
    await store.commentRuns.begin(runOf("2", { startedAt: short }));
    // Of a process that was killed: it has no end.
    await store.commentRuns.begin(runOf("3", { startedAt: long }));
    for (const [secUid, startedAt] of [
      ["1", long],
      ["2", short],
    ] as const)
      await store.listRuns.begin(listRunOf(secUid, { startedAt }));
    for (const [id, createdAt] of [
      ["old", long],
      ["young", short],
    ] as const)
      await store.downloads.begin(downloadOf(id, "1", { createdAt, endedAt: createdAt }), "disk");
    kept(store, clock, { worksMaxAgeMs: days === null ? null : days * DAY });
    await settle(clock);
    expect((await store.works.walk("", 9)).map(({ work }) => work.id)).toEqual(days === null ? ["1", "2"] : ["2"]);
    expect((await store.comments.count("0")).comments).toBe(days === null ? 700 : 0);
    expect((await store.comments.count("1")).comments).toBe(700);
    for (const work of ["1", "3"]) expect(await store.commentRuns.last(work)).toEqual(days === null ? expect.anything() : null);
    expect(await store.commentRuns.last("2")).not.toBeNull();
    expect((await store.listRuns.walk(0, 9)).map(({ run }) => run.secUid)).toEqual(days === null ? ["1", "2"] : ["2"]);
    expect((await store.downloads.walk(0, 9)).map(({ download }) => download.id)).toEqual(days === null ? ["old", "young"] : ["young"]);
    expect(await store.downloads.removedIn("disk")).toMatchObject(days === null ? [] : [{ workId: "1", shared: true }]);
  });

  it("goes by itself, room by room by its own limits, and the disk gets its room back", async () => {
    const { path, store } = opened();
    const clock = new FakeClock();
    const [one, two, three] = [await claimed(store, "1"), await claimed(store, "2"), await claimed(store, "3")];
    for (const { append, room } of [one, two, three])
      await append(...day(clock, room, 40, 400), ...day(clock, room, 10, 400), ...day(clock, room, 0, 10));
    await catchUp(store, plainWords);
    await store.retention.setLimits(two.room, "events", { maxAgeMs: 5 * DAY, maxBytes: null });
    await store.retention.setLimits(three.room, "events", NONE);
    const before = (await store.retention.storeSize())?.used ?? 0;
    kept(store, clock, { limits: { ...FOREVER, events: { maxAgeMs: 30 * DAY, maxBytes: null } } });
    await settle(clock);
    const counts = await Promise.all([one, two, three].map(async ({ room }) => (await readAll(store.log, room)).events.length));
    expect(counts).toEqual([410, 10, 810]);
    const after = await store.retention.storeSize();
    expect(after?.used).toBeLessThan(before * 0.6);
    expect(after?.free).toBe(0);
    expect(await checkStore(store)).toEqual([]);
    await store.close();
    expect(statSync(path).size).toBe(after?.used);
  });

  it("goes when the store as a whole is too big: the oldest of all rooms first", async () => {
    const { store } = opened();
    const clock = new FakeClock();
    const [one, two] = [await claimed(store, "1"), await claimed(store, "2")];
    await one.append(...day(clock, 1, 9, 1200));
    await two.append(...day(clock, 2, 1, 1200));
    await catchUp(store, plainWords);
    const { used = 0 } = (await store.retention.storeSize()) ?? {};
    kept(store, clock, { maxStoreBytes: Math.round(used * 0.7) });
    await settle(clock);
    expect((await store.retention.storeSize())?.used).toBeLessThanOrEqual(used * 0.7);
    expect((await readAll(store.log, two.room)).events).toHaveLength(1200);
    expect((await readAll(store.log, one.room)).events.length).toBeGreaterThan(100);
  });

  it("goes of other rooms where an event of one cannot be read", async () => {
    const { path, store } = opened();
    const clock = new FakeClock();
    const [one, two] = [await claimed(store, "1"), await claimed(store, "2")];
    for (let n = 0; n < 3; n++)
      for (const { append, room } of [one, two]) await append(chat(`${n}`, { receivedAt: clock.now() - 40 * DAY, room }));
    await two.append(chat("young", { receivedAt: clock.now() }));
    await catchUp(store, plainWords);
    const database = openDatabase(path);
    database.prepare("UPDATE events SET body = substr(body, 1, 20) WHERE room = ? AND seq = 2").run(one.room);
    database.close();
    const errors: unknown[] = [];
    kept(store, clock, { limits: { ...FOREVER, events: { maxAgeMs: 30 * DAY, maxBytes: null } }, onError: (error) => errors.push(error) });
    await settle(clock, 5_000);
    expect((await readAll(store.log, two.room)).events).toMatchObject([{ id: "young" }]);
    expect((await store.log.heads([one.room])).get(one.room)).toEqual({ oldest: 1, head: 3 });
    expect(errors).toMatchObject([{ code: "store_damaged", room: one.room, seq: 2 }]);
  });

  it("waits while the clock of the machine cannot be believed", async () => {
    const { store } = opened();
    const clock = new FakeClock();
    const { room, append } = await claimed(store);
    await append(...day(clock, room, 0, 20));
    await catchUp(store, plainWords);
    let steady = 0;
    let ahead = 0;
    const wild = { now: () => clock.now() + ahead, sleep: clock.sleep.bind(clock), every: clock.every.bind(clock) };
    const doubts = kept(store, clock, {
      clock: wild,
      monotonicMs: () => steady,
      limits: { ...FOREVER, events: { maxAgeMs: 30 * DAY, maxBytes: null } },
    });
    const pass = async (ms: number) => {
      steady += ms;
      await clock.advance(ms);
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await pass(600_000);
    expect(doubts).toEqual([]);
    ahead = 1000 * DAY;
    await pass(600_000);
    await pass(600_000);
    expect(doubts[0]).toMatch(/jumped by 86400000 s: nothing is removed by age for a day/);
    expect((await readAll(store.log, room)).events).toHaveLength(20);
  });
});

describe("events whose time is yet to come", () => {
  const LIMITS = { ...FOREVER, events: { maxAgeMs: 30 * DAY, maxBytes: null } };
  const future = (clock: FakeClock, name: string, count: number) =>
    Array.from({ length: count }, (_, n) => {
      const at = clock.now() + 36_500 * DAY + n;
      return chat(`${name}-${n}`, { receivedAt: at, time: at });
    });

  it.each([
    [1, "of a room"],
    [1_200, "of a room"],
    [1, "at the front of the log"],
    [1_200, "at the front of the log"],
  ])("keep nothing that came after them: %d of them, %s", async (count, where) => {
    const { store } = opened();
    const clock = new FakeClock();
    const { room, append } = await claimed(store);
    await append(
      ...day(clock, room, 40, 3),
      ...future(clock, "wrong", count),
      ...day(clock, room, 35, Math.ceil(count / 5)),
      ...day(clock, room, 1, 4),
    );
    await catchUp(store, plainWords);
    if (where === "of a room") while (await retainStep(store, room, LIMITS, clock.now()));
    else for (let after: number | null = 0; after !== null; ) after = await frontStep(store, 30 * DAY, after, undefined, clock.now());
    const { events } = await readAll(store.log, room);
    expect(events.map(({ id }) => id)).toEqual(day(clock, room, 1, 4).map(({ id }) => id));
    // Else every message of the room would be too old.
    expect((await store.retention.horizon(room)) ?? 0).toBeLessThanOrEqual(clock.now() - 30 * DAY);
    expect(await checkStore(store)).toEqual([]);
  });
});

describe("doubt about the clock", () => {
  it("comes with a jump or a long silence, and goes with time", () => {
    const doubt = new ClockDoubt(0, 0);
    expect(doubt.look(1000, 1000, 900)).toBeNull();
    expect(doubt.look(90 * DAY, 2000, 90 * DAY)).toMatch(/jumped/);
    expect(doubt.look(90 * DAY + DAY - 1, 2000 + DAY - 1, 90 * DAY)).toMatch(/jumped/);
    expect(doubt.look(91 * DAY, 2000 + DAY, 91 * DAY)).toBeNull();
    expect(doubt.look(91 * DAY + 5, 2000 + DAY + 5, 50 * DAY)).toMatch(/newest event is 41 days old/);
    expect(doubt.look(91 * DAY + 6, 2000 + DAY + 6, 91 * DAY)).toBeNull();
    expect(doubt.look(91 * DAY - 2 * 3_600_000, 2000 + DAY + 7, 91 * DAY)).toMatch(/jumped by -72/);
  });
});
