import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { Collector } from "../../src/collector/collector.js";
import { CollectorRegistry } from "../../src/collector/registry.js";
import { ToldAlarms } from "../../src/collector/room-alarm.js";
import type { LiveEvent, NewEventOf } from "../../src/events/event.js";
import { Spool } from "../../src/ingest/spool.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { check } from "../../src/store/check.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { NO_SETTINGS } from "../../src/store/rooms.js";
import type { RoomStore } from "../../src/store/store.js";
import { readAll } from "../contracts/harness.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { MemorySpooled } from "../ingest/spooled-room.js";
import { reachAt } from "../platform/access/reach.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();

/** A room where nobody says anything. */
const QUIET = { ...SCENARIO, webRid: "100000009", everySeconds: { chat: 1e6 } };

let clock: Lockstep;
let simulator: Simulator;
let store: RoomStore;
/** Who has the room, and who makes ready to take it over. */
let lease: { owner: number; taker: number | null };
/** Whether who has the room tells the others how it is doing. */
let tells: boolean;
const collectors: Collector[] = [];

beforeEach(async () => {
  clock = new Lockstep();
  simulator = await startSimulator({ clock, rooms: [SCENARIO, QUIET], rateFactor: 20 });
  store = openMemoryStore({ maxEventsPerRoom: 100_000 });
  lease = { owner: 0, taker: null };
  tells = true;
});
afterEach(async () => {
  await Promise.all(collectors.splice(0).map((one) => one.stop()));
  clock.stop();
  await store.close();
  await simulator.close();
});

/** Another process begins to collect the room. */
async function begin(
  member: number,
  planned: boolean,
  reached: RoomStore = store,
  spool?: Spool,
  rid = RID,
  onClaimed = () => {},
  settings = NO_SETTINGS,
): Promise<Collector> {
  if (planned) lease.taker = member;
  else lease.owner = member;
  const claim = async (room: number) => {
    if (lease.owner !== member && lease.taker !== member) return null;
    lease = { owner: member, taker: null };
    const epoch = await store.rooms.claim(room);
    onClaimed();
    return epoch;
  };
  const ownerHeardAt = async () => (tells ? (collectors[lease.owner - 1]?.status()?.evidence.lastFrameAt ?? null) : null);
  const room = await store.rooms.find({ kind: "web_rid", value: rid });
  const row = room === null ? null : await store.rooms.get(room);
  const setAside = ({ type }: Pick<LiveEvent, "type">, error: unknown) => {
    if (type !== "state") throw error; // how it fared while nothing was stored is told by no one once the room is another's
  };
  const parts = { ...reachAt(simulator.url), store: reached, clock, pollMs: 5000, setAside, ...(spool && { spool }) };
  const budgets = {
    requests: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    connects: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
    held: { bytes: 0 },
    registry: new CollectorRegistry<Collector>(),
    told: new ToldAlarms(reached.log),
  };
  const collector = new Collector({ kind: "web_rid", value: rid }, parts, budgets, settings, row, { claim, planned, ownerHeardAt });
  collectors.push(collector);
  void collector.run();
  return collector;
}

async function events(rid = RID): Promise<readonly LiveEvent[]> {
  const room = await store.rooms.find({ kind: "web_rid", value: rid });
  return room === null ? [] : (await readAll(store.log, room)).events;
}

/** A store whose writes wait while it is stuck, as those of a process that was stopped by SIGSTOP: they are written when it goes on. */
function stuckStore() {
  let stuck = false;
  let goOn = () => {};
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  /** What was answered to appends that had waited. */
  const late: unknown[] = [];
  const slow = <T extends object>(part: T, writes: string): T =>
    new Proxy(part, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (key !== writes) return value.bind(target);
        return async (...asked: unknown[]) => {
          const wasStuck = stuck;
          if (stuck) await going;
          const answer = await value.apply(target, asked);
          if (wasStuck && writes === "append") late.push(...answer);
          return answer;
        };
      },
    });
  const stick = () => {
    stuck = true;
  };
  return { reached: { ...store, log: slow(store.log, "append"), rooms: slow(store.rooms, "setResume") }, stick, goOn, late };
}

/** A store that a process cannot reach while it is away. */
function awayStore() {
  const failing = { isAway: false };
  const part = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...asked: unknown[]) =>
          failing.isAway ? Promise.reject(new DyliveError("store_unreachable", "away")) : value.apply(target, asked);
      },
    });
  return { reached: { ...store, log: part(store.log), rooms: part(store.rooms), sessions: part(store.sessions) }, failing };
}

/** A store that is told no more where the room's connection is. */
function forgetful() {
  let forgets = false;
  const rooms = new Proxy(store.rooms, {
    get: (target, key) => {
      if (key === "setResume" && forgets) return async () => {};
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const forget = () => {
    forgets = true;
  };
  return { reached: { ...store, rooms }, forget };
}

/** What the platform sent is in the log once; unless something was handed over late, in the order in which it was sent. */
async function expectAll(inOrder = true): Promise<void> {
  simulator.rooms.stall(RID);
  await clock.go(3000);
  const stored = await events();
  const { sent } = simulator.truth(RID);
  const chats = sent.interactive.filter(({ kind }) => kind === "chat").map(idOf);
  expect(chats.length).toBeGreaterThan(50);
  const ids = stored.filter(({ type }) => type === "chat").map(({ id }) => id);
  expect(inOrder ? ids : ids.sort()).toEqual(inOrder ? [...new Set(chats)] : [...new Set(chats)].sort());
  const units = (stored.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
  expect(units).toBe(sent.combos.reduce((sum, { total }) => sum + total, 0));
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
  expect(await check(store.log)).toEqual([]);
}

const of = async <T extends LiveEvent["type"]>(type: T) =>
  (await events()).filter((event): event is Extract<LiveEvent, { type: T }> => event.type === type);

describe("a room that moves from process to process", () => {
  it("twenty times to and fro under load is collected without a gap, each message once and in order", async () => {
    let last = await begin(1, false);
    await clock.until(() => last.health.state === "live", 60_000);
    await clock.go(5000);
    for (let move = 0; move < 20; move++) {
      const next = await begin(2 + move, true);
      await clock.until(() => lease.owner === 2 + move, 30_000);
      await clock.until(() => last.lost, 10_000);
      await clock.until(() => next.health.state === "live", 10_000);
      await last.stop();
      last = next;
    }
    await expectAll();
    expect(await of("gap")).toEqual([]);
    // A move is no news for those who read the room.
    expect((await of("state")).map(({ to }) => to)).toEqual(["live"]);
    expect(simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null)).toHaveLength(1);
  });

  it("goes on where it is while the one that is to take it over cannot connect", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "live", 60_000);
    simulator.rooms.refuse(RID);
    const taker = await begin(2, true);
    await clock.until(() => taker.health.state === "blocked", 30_000);
    await clock.go(10_000);
    expect(lease).toEqual({ owner: 1, taker: 2 });
    expect(owner.health.state).toBe("live");
    await taker.stop();
    await expectAll();
    expect((await of("state")).map(({ to }) => to)).toEqual(["live"]);
    expect(await of("gap")).toEqual([]);
  });

  it("is taken over at once when it is not live", async () => {
    simulator.rooms.end(RID);
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "waiting", 60_000);
    await begin(2, true);
    await clock.until(() => lease.owner === 2, 30_000);
    simulator.rooms.restart(RID);
    await clock.until(() => owner.lost, 60_000);
    await clock.until(() => collectors[1]?.health.state === "live", 60_000);
    expect((await of("state")).map(({ to }) => to)).toEqual(["waiting", "live"]);
  });

  it("from one that is stuck is fenced: what that one stores late is stored by nobody twice, and the gap is told", async () => {
    const { reached, stick, goOn, late } = stuckStore();
    const owner = await begin(1, false, reached);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    stick();
    tells = false;
    const since = clock.now();
    await clock.go(45_000);
    const next = await begin(2, true);
    await clock.until(() => next.health.state === "live", 60_000);
    await clock.go(5000);
    goOn();
    await clock.until(() => owner.lost, 10_000);
    expect(late.length).toBeGreaterThan(0);
    for (const appended of late) expect(appended).toMatchObject({ fenced: true });
    const stored = await events();
    expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
    expect(await check(store.log)).toEqual([]);
    const [gap, ...more] = await of("gap");
    expect(more).toEqual([]);
    expect(gap?.from).toBeGreaterThanOrEqual(since - 10_000);
    expect(gap?.to).toBeGreaterThan(since + 40_000);
  });

  it("from one that is slow to store loses nothing: what that one had received is handed over", async () => {
    const { reached, stick, goOn } = stuckStore();
    const uploaded = new MemorySpooled();
    const failed: unknown[] = [];
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: (error) => failed.push(error) });
    const owner = await begin(1, false, reached, spool);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    stick();
    const unstored = (await events()).length;
    await clock.go(1000);
    const next = await begin(2, true);
    await clock.until(() => lease.owner === 2, 30_000);
    goOn();
    await clock.until(() => owner.lost, 10_000);
    await owner.stop();
    await spool.uploaded();
    await clock.go(1000);
    expect((await events()).length).toBeGreaterThan(unstored);
    const parts = await uploaded.take([next.room ?? 0], 10);
    expect(parts.length).toBeGreaterThan(0);
    for (const { bytes } of parts) expect(await next.absorb(bytes, new AbortController().signal)).toBe(true);
    await expectAll(false);
    expect(await of("gap")).toEqual([]);
    expect(failed).toEqual([]);
    await spool.close();
  });

  it("within a silence is told as one, by the process that hears people again", async () => {
    const { reached, stick, goOn } = stuckStore();
    const uploaded = new MemorySpooled();
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: () => {} });
    const owner = await begin(1, false, reached, spool);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    simulator.rooms.stall(RID);
    await clock.until(() => simulator.truth(RID).connections.length > 1, 120_000);
    await clock.go(9000);
    stick();
    await clock.go(1000);
    const next = await begin(2, true);
    await clock.until(() => lease.owner === 2, 60_000);
    goOn();
    await clock.until(() => owner.lost, 10_000);
    await owner.stop();
    await spool.uploaded();
    await clock.go(9000);
    const heardAt = clock.now();
    simulator.rooms.stall(RID, false);
    await clock.go(20_000);
    const parts = await uploaded.take([next.room ?? 0], 10);
    expect(parts.length).toBeGreaterThan(0);
    for (const { bytes } of parts) expect(await next.absorb(bytes, new AbortController().signal)).toBe(true);
    const gaps = await of("gap");
    expect(gaps).toMatchObject([{ reason: expect.stringContaining("open but silent") }]);
    expect(gaps[0]?.to).toBeGreaterThanOrEqual(heardAt);
    await spool.close();
  });

  it("from one whose connection is open but dead says since when nothing was received, however short that is", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    const since = clock.now();
    simulator.rooms.freeze(RID);
    simulator.rooms.freeze(RID, false); // whoever connects from now on is not behind it
    await clock.go(6000);
    await begin(2, true);
    await clock.until(() => lease.owner === 2, 30_000);
    expect(owner.health.state).toBe("live"); // that its heartbeats are not answered it has not found out
    await clock.go(3000);
    const [gap, ...more] = await of("gap");
    expect(more).toEqual([]);
    expect(gap?.from).toBeGreaterThanOrEqual(since - 2000);
    expect(gap?.from).toBeLessThanOrEqual(since);
    expect(gap?.to).toBeGreaterThanOrEqual(since + 6000);
  });

  it("is not said to be missed where nobody says anything", async () => {
    const rid = QUIET.webRid;
    const owner = await begin(1, false, store, undefined, rid);
    await clock.go(5000);
    simulator.rooms.send(rid, "WebcastChatMessage", { content: "第一个" });
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(45_000);
    const next = await begin(2, true, store, undefined, rid);
    await clock.until(() => lease.owner === 2 && owner.lost, 30_000);
    await clock.go(15_000);
    simulator.rooms.send(rid, "WebcastChatMessage", { content: "有人吗" });
    await clock.go(1000);
    expect(next.health.state).toBe("live");
    const stored = await events(rid);
    expect(stored.filter(({ type }) => type === "gap")).toEqual([]);
    expect(stored.filter(({ type }) => type === "chat")).toHaveLength(2);
  });

  it("is not said to be missed since the broadcast before, which is all that the store was told of", async () => {
    const { reached, forget } = forgetful();
    const owner = await begin(1, false, reached);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    simulator.rooms.end(RID);
    await clock.until(() => owner.health.state === "waiting", 60_000);
    forget();
    await clock.go(60_000);
    simulator.rooms.restart(RID);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    const next = await begin(2, true);
    await clock.until(() => next.health.state === "live" && owner.lost, 60_000);
    await clock.go(5000);
    expect(await of("gap")).toEqual([]);
  });

  it("from one that was killed after a gap was told is missed from then on, and that is told too", async () => {
    const { reached, stick, goOn } = stuckStore();
    const owner = await begin(1, false, reached);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    simulator.rooms.cut(RID);
    await clock.until(async () => (await of("gap")).length === 1, 60_000);
    await clock.go(100);
    stick();
    await clock.go(20_000);
    const next = await begin(2, false);
    await clock.until(() => next.health.state === "live", 60_000);
    const [first, second] = await of("gap");
    expect(second?.from).toBeGreaterThanOrEqual(first?.to ?? Number.POSITIVE_INFINITY);
    expect((second?.to ?? 0) - (second?.from ?? 0)).toBeGreaterThanOrEqual(20_000);
    goOn();
    await clock.until(() => owner.lost, 10_000);
  });

  it("from one that was killed is missed since then, also where what that one had spooled is stored before, and this one is killed too", async () => {
    const { reached, failing } = awayStore();
    const uploaded = new MemorySpooled();
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: () => {} });
    const owner = await begin(1, false, reached, spool);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    failing.isAway = true; // it spools
    await clock.go(10_000);
    await owner.stop();
    const since = clock.now();
    await spool.uploaded();
    const [part] = await uploaded.take([owner.room ?? 0], 1);
    const bytes = part?.bytes ?? new Uint8Array();
    await clock.go(10_000);
    simulator.rooms.refuse(RID);
    const next = await begin(2, false);
    let absorbed = false;
    while (!absorbed) {
      absorbed = await next.absorb(bytes, new AbortController().signal);
      await clock.go(100);
    }
    expect(next.health.sessionId).not.toBeNull();
    await next.stop();
    simulator.rooms.refuse(RID, false);
    const last = await begin(3, false);
    await clock.until(() => last.health.state === "live", 60_000);
    await clock.go(2000);
    const gaps = await of("gap");
    expect(gaps.length).toBeGreaterThan(0);
    expect(Math.min(...gaps.map(({ from }) => from ?? Number.NaN))).toBeLessThanOrEqual(since);
    expect(Math.max(...gaps.map(({ to }) => to))).toBeGreaterThanOrEqual(since + 10_000);
    await spool.close();
  });

  it.each([false, true])(
    "from one that was killed is missed since people were heard there last (its frames spooled meanwhile: %s)",
    async (isSpooled) => {
      const { reached, failing } = awayStore();
      const uploaded = new MemorySpooled();
      const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: () => {} });
      const owner = await begin(1, false, reached, spool);
      await clock.until(() => owner.health.state === "live", 60_000);
      await clock.go(20_000);
      simulator.rooms.stall(RID);
      const stalledAt = clock.now();
      await clock.go(5000);
      failing.isAway = isSpooled;
      const before = simulator.truth(RID).connections.length;
      await clock.until(() => simulator.truth(RID).connections.length > before, 200_000);
      await clock.go(20_000); // what no people cause goes on
      const back = clock.now();
      const newestStored = async () =>
        Math.max(...(await events()).filter(({ source }) => source === "websocket").map(({ receivedAt }) => receivedAt));
      failing.isAway = false;
      for (let n = 0; isSpooled && n < 400 && (await newestStored()) < back - 5000; n++) await clock.go(20);
      failing.isAway = true; // killed
      lease = { owner: 0, taker: null };
      await owner.stop();
      await spool.uploaded();
      await clock.go(5000);
      simulator.rooms.stall(RID, false);
      const next = await begin(2, false);
      await clock.until(() => next.health.state === "live", 60_000);
      for (const part of await uploaded.take([next.room ?? 0], 10)) await next.absorb(part.bytes, new AbortController().signal);
      await clock.go(5000);
      const gaps = await of("gap");
      await spool.close();
      expect(Math.min(...gaps.map(({ from }) => from ?? Number.NaN))).toBeLessThanOrEqual(stalledAt);
    },
  );

  it("from one that was killed is missed since then, also where what that one had spooled is stored while the platform cannot be asked", async () => {
    const { reached, failing } = awayStore();
    const uploaded = new MemorySpooled();
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: () => {} });
    const owner = await begin(1, false, reached, spool);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(20_000);
    simulator.rooms.stall(RID);
    await clock.go(5000);
    failing.isAway = true; // it spools until it is killed
    const since = clock.now();
    const before = simulator.truth(RID).connections.length;
    await clock.until(() => simulator.truth(RID).connections.length > before, 200_000);
    await clock.go(20_000);
    await owner.stop();
    await spool.uploaded();
    lease = { owner: 0, taker: null };
    simulator.rooms.unplug();
    const room = owner.room ?? 0;
    const left = (await store.rooms.get(room))?.resume ?? null;
    // No identity of before: as after ten minutes, or where the platform gave none.
    if (left !== null) await store.rooms.setResume(room, { ...left, positions: {} });
    const next = await begin(2, false);
    const parts = await uploaded.take([owner.room ?? 0], 10);
    let absorbed = 0;
    for (let n = 0; n < 300 && absorbed < parts.length; n++) {
      const part = parts[absorbed];
      if (part !== undefined && (await next.absorb(part.bytes, new AbortController().signal))) absorbed++;
      await clock.go(100);
    }
    simulator.rooms.unplug(false);
    simulator.rooms.stall(RID, false);
    await clock.until(() => next.health.state === "live", 120_000);
    for (; absorbed < parts.length; absorbed++) await next.absorb(parts[absorbed]?.bytes ?? new Uint8Array(), new AbortController().signal);
    await clock.go(5000);
    const gaps = await of("gap");
    await spool.close();
    expect(Math.min(...gaps.map(({ from }) => from ?? Number.NaN))).toBeLessThanOrEqual(since);
  });

  it("from one that was killed is missed since then by a third, where the second had no answer to its claim and was killed, too", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    await owner.stop();
    const since = clock.now();
    await clock.go(10_000);
    const { reached, failing } = awayStore();
    const append: typeof store.log.append = async (batches) => {
      const appended = await store.log.append(batches);
      const isReceived = batches.some(({ events: some }) => some.some(({ source }) => source === "websocket"));
      failing.isAway ||= isReceived; // killed by then
      if (failing.isAway) throw new DyliveError("store_unreachable", "away");
      return appended;
    };
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: new MemorySpooled(), onError: () => {} });
    let claims = 0;
    const log = new Proxy(reached.log, { get: (target, key) => (key === "append" ? append : Reflect.get(target, key)) });
    const next = await begin(2, false, { ...reached, log }, spool, RID, () => {
      if (++claims === 1) throw new DyliveError("store_unreachable", "no answer to the first claim");
    });
    await clock.until(() => failing.isAway, 60_000);
    await next.stop();
    const last = await begin(3, false);
    await clock.until(() => last.health.state === "live", 60_000);
    await clock.go(2000);
    expect(Math.min(...(await of("gap")).map(({ from }) => from ?? Number.NaN))).toBeLessThanOrEqual(since);
    await spool.close();
  });

  it("from one that loses it before it has told what was missed is missed all the same: who has it next is told", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    const since = clock.now();
    simulator.rooms.freeze(RID);
    simulator.rooms.freeze(RID, false); // whoever connects from now on is not behind it
    await clock.go(6000);
    const uploaded = new MemorySpooled();
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: () => {} });
    // The claim of a third comes before the second has its answer: of what it received, that one tells by its spool alone.
    let isLost = false;
    const second = await begin(2, true, store, spool, RID, () => {
      if (isLost) return;
      isLost = true;
      lease = { owner: 3, taker: null };
      void store.rooms.claim(owner.room ?? 0);
    });
    await clock.until(() => isLost && second.lost, 60_000);
    await second.stop();
    await spool.uploaded();
    const next = await begin(3, false);
    await clock.until(() => next.health.state === "live", 60_000);
    for (const part of await uploaded.take([owner.room ?? 0], 10))
      expect(await next.absorb(part.bytes, new AbortController().signal)).toBe(true);
    await clock.go(2000);
    const gaps = await of("gap");
    expect(Math.min(...gaps.map(({ from }) => from ?? Number.NaN))).toBeLessThanOrEqual(since);
    expect(gaps.some(({ reason }) => reason === "the process that had the room had stopped receiving")).toBe(true);
    await spool.close();
  });

  it("from one of whose sessions one fell while the other was silent is missed, where it is lost before that is known", async () => {
    const uploaded = new MemorySpooled();
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: uploaded, onError: () => {} });
    const settings = { ...NO_SETTINGS, sessions: ["guest", "guest:2"] };
    const owner = await begin(1, false, store, spool, RID, () => {}, settings);
    const isUp = () => owner.health.sessions.every(({ stands }) => stands) && owner.health.state === "live";
    await clock.until(isUp, 60_000);
    await clock.go(7000);
    const since = clock.now();
    for (const on of [true, false]) simulator.rooms.freeze(RID, on); // both are silent; whoever connects from now on is not
    await clock.go(20_000);
    const [viewer] = simulator.truth(RID).connections;
    simulator.rooms.cut(RID, viewer?.viewer);
    await clock.until(() => simulator.truth(RID).connections.length === 3, 60_000);
    const room = owner.room ?? 0;
    lease = { owner: 2, taker: null };
    await store.rooms.claim(room);
    await clock.until(() => owner.lost, 30_000);
    // The row says nothing: that process could not write it any more.
    const roomId = owner.health.sessionId ?? "";
    await store.rooms.setResume(room, { roomId, positions: {}, savedAt: clock.now(), ahead: {} });
    await owner.stop();
    await spool.uploaded();
    const next = await begin(2, false);
    await clock.until(() => next.health.state === "live", 60_000);
    for (const part of await uploaded.take([room], 10)) expect(await next.absorb(part.bytes, new AbortController().signal)).toBe(true);
    await clock.go(2000);
    const gaps = (await of("gap")).filter(({ reason }) => reason.includes("silent"));
    expect(gaps[0]?.from).toBeLessThanOrEqual(since);
    expect(gaps[0]?.to).toBeGreaterThanOrEqual(since + 20_000);
    await spool.close();
  });

  it("from one that was killed begins only when the store says what that one left, which would be missed in silence", async () => {
    const { reached, failing } = awayStore();
    const { reached: told, forget } = forgetful();
    forget();
    const owner = await begin(1, false, told);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    await owner.stop();
    const since = clock.now();
    await clock.go(5000);
    const spool = new Spool({ folder: file("spool"), clock, maxBytes: 1e9, spooled: new MemorySpooled(), onError: () => {} });
    let hasBegun = false;
    // As soon as the room is this one's.
    const next = await begin(2, false, reached, spool, RID, () => {
      failing.isAway = !hasBegun;
      hasBegun = true;
    });
    await clock.until(() => hasBegun, 60_000);
    await clock.go(20_000);
    failing.isAway = false;
    await clock.until(() => next.health.state === "live", 60_000);
    await clock.go(5000);
    const [gap, ...more] = await of("gap");
    expect(more).toEqual([]);
    expect(gap?.from).toBeLessThanOrEqual(since);
    expect(gap?.to).toBeGreaterThanOrEqual(since + 5000);
    await next.stop();
    await spool.close();
  });

  it("from one that has lost its connection says since when nothing was received", async () => {
    const owner = await begin(1, false);
    await clock.until(() => owner.health.state === "live", 60_000);
    await clock.go(5000);
    simulator.rooms.refuse(RID);
    const broken = clock.now();
    simulator.rooms.cut(RID);
    await clock.until(() => owner.health.state === "blocked", 30_000);
    await clock.go(4000);
    simulator.rooms.refuse(RID, false);
    const next = await begin(2, true);
    await clock.until(() => next.health.state === "live", 60_000);
    const [gap, ...more] = await of("gap");
    expect(more).toEqual([]);
    expect(gap?.from).toBeLessThanOrEqual(broken);
    expect(gap?.to).toBeGreaterThanOrEqual(broken + 4000);
    expect(gap?.reason).toMatch(/refused|closed|failed/);
  });
});
