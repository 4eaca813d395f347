// Guards: a gap covers everything that a connection missed and holds no stored event, and the state says why a room is refused.
import { afterAll, expect, it, onTestFinished } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { LiveEventOf } from "../../src/events/event.js";
import { directIdentities } from "../../src/platform/access/platform-identity.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { RoomStore } from "../../src/store/store.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { depsFor, type Running, running, SIGNAL } from "./running.js";

const clock = new Lockstep();
afterAll(() => clock.stop());

it("a broadcast whose first connection fails is not said to be missed since the one before", { tags: ["full"] }, async () => {
  const now = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, {}, clock);
  const { simulator, rooms, events } = now;
  void rooms.request(RID, 60_000, SIGNAL);
  const state = () => rooms.collected()[0]?.state;
  await clock.until(() => state() === "live", 60_000);
  await clock.go(5000);
  const [viewer] = simulator.truth(RID).connections;
  simulator.rooms.end(RID);
  await clock.until(() => state() === "waiting", 60_000);
  await clock.go(60_000);
  simulator.rooms.refuse(RID);
  const second = simulator.rooms.restart(RID);
  // The first state of a broadcast is given once to a visitor: from now on there is nothing of it before the connection.
  const query = `room_id=${second}&user_unique_id=${viewer?.userUniqueId}`;
  const first = await fetch(`${simulator.url}/webcast/im/fetch/?${query}`, { headers: { cookie: `ttwid=${viewer?.ttwid}` } });
  expect((await first.arrayBuffer()).byteLength).toBeGreaterThan(0);
  await clock.until(() => state() === "blocked", 60_000);
  simulator.rooms.refuse(RID, false);
  await clock.until(() => state() === "live", 60_000);
  await clock.go(5000);
  const stored = await events(rooms.collected()[0]?.room ?? 0);
  expect(stored.filter(({ sessionId }) => sessionId === second).length).toBeGreaterThan(10);
  expect(stored.filter(({ type }) => type === "gap")).toEqual([]);
});

it("a broadcast that was said to be over and goes on all the same is missed until it comes again", { tags: ["full"] }, async () => {
  const now = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, {}, clock);
  const { simulator, rooms, events, store } = now;
  void rooms.request(RID, 60_000, SIGNAL);
  const state = () => rooms.collected()[0]?.state;
  await clock.until(() => state() === "live", 60_000);
  await clock.go(5000);
  const sessionId = simulator.roomId(RID);
  const room = rooms.collected()[0]?.room ?? 0;
  const gaps = async () => (await events(room)).filter((event) => event.type === "gap");
  simulator.rooms.misread(RID, 2);
  simulator.rooms.refuse(RID); // who is refused asks the page
  simulator.rooms.cut(RID);
  await clock.until(() => state() === "waiting", 5 * 60_000);
  simulator.rooms.refuse(RID, false);
  const end = (await store.sessions.get(room, sessionId ?? ""))?.endedAt;
  expect(await gaps()).toMatchObject([{ sessionId, to: end }]);
  await clock.until(() => state() === "live", 60_000);
  await clock.go(5000);
  const [first, second, ...more] = await gaps();
  expect(more).toEqual([]);
  expect(second).toMatchObject({ sessionId, from: end, reason: first?.reason });
});

it("a silent room that cannot be connected to anew says why, and is not said to be open and silent", { tags: ["full"] }, async () => {
  const now = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, {}, clock);
  const { simulator, rooms } = now;
  void rooms.request(RID, 60_000, SIGNAL);
  const status = () => rooms.collected()[0];
  await clock.until(() => status()?.state === "live", 60_000);
  simulator.rooms.stall(RID);
  simulator.rooms.refuse(RID, true, 502);
  await clock.until(() => simulator.truth(RID).connections.at(-1)?.closedAt, 120_000);
  await clock.until(() => status()?.evidence.reason.includes("502"), 10_000);
  expect(status()?.state).toBe("connecting");
  simulator.rooms.captcha();
  await clock.until(() => status()?.evidence.reason.includes("captcha"), 120_000);
  expect(status()?.state).toBe("failed");
});

it("a room in which nothing happens writes nothing, though its heartbeats are answered", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 1000, clock });
  const writes: string[] = [];
  const counted =
    <A extends readonly unknown[], R>(name: string, call: (...given: A) => R) =>
    (...given: A): R => {
      writes.push(name);
      return call(...given);
    };
  const { rooms: kept, log, sessions } = store;
  const counting: typeof store = {
    ...store,
    rooms: { ...kept, setResume: counted("setResume", kept.setResume), saveStatus: counted("saveStatus", kept.saveStatus) },
    log: { ...log, append: counted("append", log.append) },
    sessions: { ...sessions, keepSeen: counted("keepSeen", sessions.keepSeen) },
  };
  const { rooms, simulator } = await running({ clock, rooms: [{ ...SCENARIO, everySeconds: {} }] }, { store: counting }, clock);
  void rooms.request(RID, 60_000, SIGNAL);
  const beats = () => simulator.truth(RID).connections[0]?.heartbeats.frame ?? 0;
  await clock.until(() => beats() > 0, 60_000);
  await clock.go(12_000);
  const begun = beats();
  writes.splice(0);
  await clock.go(40_000); // then its silence is asked about
  expect(beats() - begun).toBeGreaterThanOrEqual(3);
  expect(rooms.collected()[0]?.evidence.lastFrameAt).toBeGreaterThan(clock.now() - 11_000);
  expect(writes).toEqual([]);
});

it.each([
  ["busy", { stats: 5, chat: 1 }, 20_000],
  ["of a person now and then", { stats: 10, chat: 25 }, 200_000],
  ["where people are never heard", { stats: 10 }, 450_000],
] as const)("a room %s that is opened anew behind a socket that stays open is collected within 150 s", async (_, everySeconds, before) => {
  const { simulator, rooms, store } = await running({ clock, rooms: [{ ...SCENARIO, everySeconds }] }, {}, clock);
  void rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  const status = () => rooms.collected()[0];
  await clock.until(() => status()?.evidence.lastFrameAt, 60_000);
  await clock.go(before);
  const old = simulator.roomId(RID);
  const opened = simulator.rooms.restart(RID);
  await clock.until(() => status()?.sessionId === opened, 150_000);
  expect((await store.sessions.get(1, old ?? ""))?.endedAt).not.toBeNull();
});

const isOfPeople = (type: string) => type === "chat" || type === "join";

/** A store that a process can use until it is killed, which it is with the first append of what people do after it is armed. */
function mortalStore() {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  const state = { isArmed: false, isDead: false };
  const mortal =
    <A extends readonly unknown[], R>(write: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (state.isDead) throw new Error("killed");
      return write(...given);
    };
  const { log, rooms } = store;
  const append: typeof log.append = async (batches) => {
    const done = await log.append(batches);
    state.isDead ||= state.isArmed && batches.some(({ events }) => events.some(({ type }) => isOfPeople(type)));
    if (state.isDead) throw new Error("killed");
    return done;
  };
  const killed = {
    ...store,
    log: { ...log, append: mortal(append) },
    rooms: { ...rooms, setResume: mortal(rooms.setResume), saveStatus: mortal(rooms.saveStatus) },
  };
  return { store, killed, state };
}

const isUp = (rooms: Pick<RoomManager, "collected">) =>
  rooms.collected()[0]?.state === "live" && rooms.collected()[0]?.evidence.sessions.every(({ state }) => state === "connected");

/** Lets another process go on for a while with what one has left. @returns the gaps that are told by then */
async function goOn(first: Running, store: RoomStore): Promise<readonly LiveEventOf<"gap">[]> {
  await first.rooms.stop();
  await clock.go(5000);
  const next = RoomManager.alone(depsFor(first.simulator, store, clock));
  onTestFinished(() => next.stop());
  await next.start();
  await clock.until(() => isUp(next), 120_000);
  await clock.go(5000);
  return (await first.events(1)).flatMap((event) => (event.type === "gap" ? [event] : []));
}

it("a process that is killed as soon as it has stored what came after its connection was cut leaves what is left to tell", async () => {
  const { store, killed, state } = mortalStore();
  const first = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, { store: killed, setAside: () => {} }, clock);
  const { simulator } = first;
  void first.rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => isUp(first.rooms), 60_000);
  await clock.go(7000);
  const from = clock.now();
  simulator.rooms.refuse(RID, true, 502);
  simulator.rooms.cut(RID);
  await clock.go(9000);
  state.isArmed = true;
  const to = clock.now();
  simulator.rooms.refuse(RID, false);
  await clock.until(() => state.isDead, 120_000);
  const killedAt = clock.now();
  const gaps = await goOn(first, store);
  expect(gaps.map(({ reason }) => reason)).toEqual([expect.stringContaining("closed the connection"), "dylive was not collecting"]);
  const [told, untold] = gaps;
  expect(told?.from).toBeLessThanOrEqual(from);
  expect(told?.to).toBeGreaterThanOrEqual(to);
  expect(untold?.from).toBeGreaterThanOrEqual(told?.to ?? Number.POSITIVE_INFINITY);
  expect(untold?.from).toBeLessThanOrEqual(killedAt);
  expect(untold?.to).toBeGreaterThanOrEqual(killedAt + 5000);
  const within = (await first.events(1)).filter(
    ({ type, receivedAt }) => isOfPeople(type) && gaps.some((gap) => (gap.from ?? 0) < receivedAt && receivedAt < gap.to),
  );
  expect(within).toEqual([]);
});

it("a process whose connection opens long after im/fetch tells no gap over what that said", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  const first = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, { store }, clock);
  const { simulator } = first;
  void first.rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => isUp(first.rooms), 60_000);
  await clock.go(7000);
  await first.rooms.stop();
  const from = clock.now();
  const left = (await store.rooms.get(1))?.resume;
  await store.rooms.setResume(1, left ? { ...left, positions: {} } : null); // as of another session: im/fetch is asked
  await clock.go(5000);
  simulator.rooms.refuse(RID, true, 502);
  const next = RoomManager.alone(depsFor(simulator, store, clock));
  onTestFinished(() => next.stop());
  await next.start();
  await clock.go(9000);
  const to = clock.now();
  simulator.rooms.refuse(RID, false);
  await clock.until(() => isUp(next), 120_000);
  await clock.go(5000);
  const stored = await first.events(1);
  const gaps = stored.flatMap((event) => (event.type === "gap" ? [event] : []));
  const isWithin = ({ receivedAt, type }: { readonly receivedAt: number; readonly type: string }) =>
    isOfPeople(type) && gaps.some((gap) => (gap.from ?? 0) < receivedAt && receivedAt < gap.to);
  expect(stored.filter(isWithin)).toEqual([]);
  expect(stored.some(({ type, receivedAt }) => isOfPeople(type) && receivedAt > from && receivedAt < to)).toBe(true);
  expect(gaps).toHaveLength(2);
  expect(gaps[0]?.from).toBeLessThanOrEqual(from);
  expect(gaps[1]?.from).toBeGreaterThanOrEqual(gaps[0]?.to ?? Number.POSITIVE_INFINITY);
  expect((gaps[1]?.from ?? 0) - (gaps[0]?.to ?? 0)).toBeLessThan(100);
  expect(gaps[1]?.to).toBeGreaterThanOrEqual(to);
});

it("a damaged frame is a gap of its own, which does not lie over what came after it", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  const { log } = store;
  let holds: Promise<void> | null = null;
  let letGo = () => {};
  const append: typeof log.append = async (batches) => {
    await holds;
    return log.append(batches);
  };
  const rooms = [{ ...SCENARIO, everySeconds: { chat: 2 } }];
  const now = await running({ clock, rooms, rateFactor: 1 }, { store: { ...store, log: { ...log, append } } }, clock);
  const { simulator } = now;
  void now.rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => now.rooms.collected()[0]?.state === "live", 60_000);
  await clock.go(20_000);
  // What comes while the store takes nothing waits, and is taken together.
  holds = new Promise((resolve) => {
    letGo = resolve;
  });
  await clock.go(6000);
  const damagedAt = clock.now();
  simulator.rooms.damage(RID, "gzip");
  await clock.go(20_000);
  const heardAt = clock.now();
  holds = null;
  letGo();
  await clock.until(() => simulator.truth(RID).connections.length > 1, 60_000);
  await clock.go(20_000);
  const stored = await now.events(1);
  const gaps = stored.flatMap((event) => (event.type === "gap" ? [event] : []));
  const after = stored.filter(({ type, receivedAt }) => type === "chat" && receivedAt > damagedAt + 5000 && receivedAt < heardAt);
  expect(after.length).toBeGreaterThan(2);
  expect(
    stored.filter(({ type, receivedAt }) => type === "chat" && gaps.some(({ from, to }) => (from ?? 0) < receivedAt && receivedAt < to)),
  ).toEqual([]);
  expect(gaps.map(({ reason }) => reason)).toEqual(["a frame was damaged on its way", "a frame was damaged on its way"]);
});

it("a room that goes live while another program has locked the store goes on when it is let go", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  let isLocked = true;
  const open: typeof store.sessions.open = async (...asked) => {
    if (isLocked) throw new DyliveError("store_locked", "another program has it");
    return store.sessions.open(...asked);
  };
  const sessions = new Proxy(store.sessions, { get: (all, key) => (key === "open" ? open : Reflect.get(all, key)) });
  const locked = { ...store, sessions };
  const { rooms, events } = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, { store: locked, setAside: () => {} }, clock);
  void rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => rooms.collected()[0]?.evidence.reason.includes("lock") === true, 60_000);
  isLocked = false;
  await clock.until(() => isUp(rooms), 15_000);
  await clock.go(3000);
  expect((await events(1)).filter(({ type }) => type === "chat").length).toBeGreaterThan(0);
});

it("a process that is stopped while the store refuses what ends a gap leaves one gap to the next", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  const { log } = store;
  let refuses = false;
  const append: typeof log.append = async (batches) => {
    if (refuses) throw new DyliveError("disk_full", "full");
    return log.append(batches);
  };
  const refusing = { ...store, log: { ...log, append } };
  const first = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, { store: refusing, setAside: () => {} }, clock);
  const { simulator } = first;
  void first.rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => isUp(first.rooms), 60_000);
  await clock.go(7000);
  const from = clock.now();
  simulator.rooms.refuse(RID, true, 502);
  simulator.rooms.cut(RID);
  await clock.go(9000);
  refuses = true;
  simulator.rooms.refuse(RID, false);
  await clock.until(() => first.rooms.collected()[0]?.state === "stalled", 120_000);
  const gaps = await goOn(first, store);
  expect(gaps).toMatchObject([{ reason: "dylive was not collecting" }]);
  expect(gaps[0]?.from).toBeLessThanOrEqual(from);
  expect(gaps[0]?.to).toBeGreaterThanOrEqual(clock.now() - 15_000);
});

it("a process that is stopped while people are not heard stores that as a gap, which the next one's follows", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 100_000, clock });
  const first = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, { store }, clock);
  const { simulator } = first;
  void first.rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => isUp(first.rooms), 60_000);
  await clock.go(7000);
  const from = clock.now();
  simulator.rooms.stall(RID);
  await clock.until(() => simulator.truth(RID).connections.length > 1, 200_000);
  await clock.go(20_000);
  const stoppedAt = clock.now();
  simulator.rooms.stall(RID, false);
  const [silent, stopped, ...more] = await goOn(first, store);
  expect(more).toEqual([]);
  expect([silent?.reason, stopped?.reason]).toEqual([expect.stringContaining("open but silent"), "dylive was not collecting"]);
  expect(silent?.from).toBeLessThanOrEqual(from);
  expect(silent?.to).toBe(stoppedAt);
  expect(stopped?.from).toBeLessThanOrEqual(stoppedAt);
});

it("a visitor whose cookie the push server misses is replaced by a new one at once, and is not said to be blocked", async () => {
  const { simulator, rooms } = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, {}, clock);
  void rooms.request(RID, 60_000, SIGNAL);
  const states = new Set<string | undefined>();
  const viewers = () => new Set(simulator.truth(RID).connections.map(({ ttwid }) => ttwid));
  await clock.until(() => rooms.collected()[0]?.state === "live", 60_000);
  simulator.rooms.refuse(RID, true, "no_cookie", simulator.truth(RID).connections[0]?.viewer);
  simulator.rooms.cut(RID);
  await clock.until(() => states.add(rooms.collected()[0]?.state) && viewers().size === 2, 20_000);
  expect(states).not.toContain("blocked");
});

it.each([
  [1, "live", /coming in/],
  [2, "blocked", /handshake-msg auth failed\): the signature is not accepted$/],
])("after a refused signature another is asked for once: of %i bad ones the room is %s", async (bad, state, reason) => {
  let signed = 0;
  const signer = { sign: async (stub: string) => (signed++ < bad ? "0123456789abcdef" : simulator.sign(stub)) };
  const identities = directIdentities({ signer, userAgent: "Mozilla/5.0 (test)" });
  const { simulator, rooms } = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, { identities }, clock);
  rooms.request(RID, 60_000, SIGNAL).catch(() => {});
  await clock.until(() => rooms.collected()[0]?.state === state, 3000);
  expect(rooms.collected()[0]?.evidence.reason).toMatch(reason);
  expect([signed, simulator.refusals().length]).toEqual([2, bad]);
});

it("a frame that is pushed again, since its ack was late, is stored once", async () => {
  const { simulator, rooms, events } = await running({ clock, rooms: [SCENARIO], rateFactor: 2 }, {}, clock);
  void rooms.request(RID, 60_000, SIGNAL);
  const status = () => rooms.collected()[0];
  await clock.until(() => status()?.state === "live", 60_000);
  simulator.rooms.latency(3000);
  await clock.go(4000);
  simulator.rooms.latency(0);
  await clock.go(4000);
  // Each copy is acknowledged, too.
  expect(simulator.truth(RID).connections[0]?.acks.repeated).toBeGreaterThan(3);
  const ids = (await events(status()?.room ?? 0)).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
