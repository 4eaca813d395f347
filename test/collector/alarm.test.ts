// Guards: an alarm about gifts or a session is sent once, and its end once, whichever process has the room.
import { afterAll, expect, it, onTestFinished, vi } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { RoomContext } from "../../src/collector/context.js";
import { RoomAlarm } from "../../src/collector/room-alarm.js";
import type { NewEvent, NewEventOf } from "../../src/events/event.js";
import { RoomHealth } from "../../src/health/room-health.js";
import { SessionHealth } from "../../src/health/sessions.js";
import type { RoomStatus } from "../../src/health/state.js";
import type { Intake } from "../../src/ingest/intake.js";
import { Account } from "../../src/platform/accounts/login-store.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import type { AccountSeen } from "../../src/store/sql/account-days.js";
import type { RoomStore } from "../../src/store/store.js";
import { FakeClock } from "../clock.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { gift, person, stats } from "../http/events.js";
import { depsFor, running, SIGNAL } from "./running.js";

const clock = new Lockstep();
afterAll(() => clock.stop());

const MINUTE = 60_000;
const COOKIE = { domain: ".douyin.com", path: "/", expires: null, secure: false, httpOnly: false };
/** A room in which gifts are given all the time. */
const GIVING = { ...SCENARIO, everySeconds: { ...SCENARIO.everySeconds, gift: 2, rank: 5, chat: 1 } };

async function watched(sessions: readonly string[] | null) {
  const now = await running({ clock, rooms: [GIVING] }, {}, clock);
  void now.rooms.add(RID, { sessions }, 60_000, SIGNAL).catch(() => {});
  const of = (rooms: { collected(): readonly RoomStatus[] }) => ({
    status: () => rooms.collected()[0],
    gifts: () => Object.fromEntries((rooms.collected()[0]?.evidence.sessions ?? []).map(({ session, gifts }) => [session, gifts])),
  });
  const { status, gifts } = of(now.rooms);
  const areUp = () => (status()?.evidence.sessions ?? []).every(({ state }) => state === "connected");
  await clock.until(() => status()?.state === "live" && areUp(), MINUTE);
  const told = async (room: number) => (await now.events(room)).flatMap((event) => (event.type === "system" ? [event] : []));
  const viewers = () => now.simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null);
  return { ...now, of, status, gifts, told, viewers, room: status()?.room ?? 0 };
}

const kindsOf = (events: readonly NewEventOf<"system">[]) => events.map(({ kind, session }) => [kind, session]);

it("the alarm names the room as everywhere else, and is not told again by the next process, whose evidence says it at once", {
  tags: ["full"],
}, async () => {
  const { simulator, rooms, store, told, status, room, of } = await watched(null);
  await clock.until(() => status()?.evidence.gifts === "flowing", MINUTE);
  simulator.rooms.gifts("nobody");
  await clock.until(() => status()?.evidence.gifts !== "flowing", 2 * MINUTE);
  await clock.until(async () => (await told(room)).length > 0, 2000);
  const [alarm] = await told(room);
  expect(alarm).toMatchObject({
    ...{ kind: "gifts.suppressed", webRid: RID, sessionId: simulator.roomId(RID), session: null },
    text: expect.stringMatching(
      /^room 100000002: the platform keeps gifts from us since .*\(as a guest\): its ranks rose by \d+ diamonds.*DYLIVE_CDP/,
    ),
    evidence: { state: expect.stringMatching(/suppressed|partial/), since: status()?.evidence.giftsSeen.since, account: null },
  });
  await clock.until(() => (status()?.evidence.giftsSeen.diamondsMissing ?? 0) > Number(alarm?.evidence?.["diamondsMissing"]), MINUTE);
  const before = status()?.evidence;
  await rooms.stop();
  const next = RoomManager.alone(depsFor(simulator, store, clock));
  onTestFinished(() => next.stop());
  await next.start();
  const now = of(next);
  await clock.until(() => now.status() !== undefined, MINUTE);
  expect(now.status()?.evidence).toMatchObject({ gifts: before?.gifts, giftsSeen: { since: before?.giftsSeen.since } });
  expect(now.status()?.evidence.giftsSeen.diamondsMissing).toBeGreaterThanOrEqual(before?.giftsSeen.diamondsMissing ?? Infinity);
  await clock.go(45_000);
  expect(now.status()?.evidence.giftsSeen.diamondsMissing).toBeGreaterThan(before?.giftsSeen.diamondsMissing ?? 0);
  for (const log of [room, 0]) expect(kindsOf(await told(log))).toEqual([["gifts.suppressed", null]]);
});

/** A process that has a room with these sessions, on a store to which it may append so often before it is killed. */
function processOn(store: RoomStore, room: number, sessions: readonly string[], appends = Number.POSITIVE_INFINITY) {
  const time = new FakeClock();
  let left = appends;
  const append: RoomStore["log"]["append"] = async (batches) => {
    if (left-- <= 0) throw new Error("killed");
    return store.log.append(batches);
  };
  const health = new RoomHealth(time);
  health.watchedBy(sessions.map((name) => new SessionHealth(name, time)));
  for (const session of health.sessions) session.to("connected");
  const context = { store: { ...store, log: { ...store.log, append } }, clock: time, health, signal: SIGNAL };
  const alarm = new RoomAlarm(context as unknown as RoomContext);
  const own = async (event: NewEvent) => void (await append([{ room, epoch: 0, events: [event] }]));
  const claimed = { room, intake: { own } as unknown as Intake };
  const go = async (ms: number) => {
    await time.advance(ms);
    health.look();
    await alarm.look(claimed).catch(() => {});
    await store.rooms.saveStatus(room, JSON.stringify(health.status(room)), time.now()); // as the status keeper does
  };
  const scored = (score: number) =>
    health.stored([stats({ ranks: [{ rank: 1, user: person({ id: "1" }), score, scoreText: null }] })], time.now());
  return { time, health, alarm, go, scored };
}

/** Returns what a store's logs were told: the system's, and the room's. */
async function alarmsIn(store: RoomStore, room: number) {
  const of = async (log: number) =>
    (await store.log.readRoom(log, 0, 1000)).events.flatMap((event) => (event.type === "system" ? [event] : []));
  return [await of(0), await of(room)] as const;
}

async function storeWithRoom() {
  const store = openMemoryStore({ maxEventsPerRoom: 1000 });
  return { store, room: await store.rooms.ensure([{ kind: "web_rid", value: RID }], { webRid: RID }) };
}

it.each([
  ["before it told anybody", 0],
  ["between the system's log and the room's", 1],
  ["when it had told both", 2],
])("a process that is killed %s leaves an alarm that is told once, and over once", async (_, appends) => {
  const { store, room } = await storeWithRoom();
  const first = processOn(store, room, ["default"], appends);
  for (const score of [0, 10]) first.scored(score);
  await first.go(30_000);
  expect(first.health.gifts.state).toBe("suppressed");
  const second = processOn(store, room, ["default"]);
  await second.alarm.recall(room);
  expect(second.health.gifts.state).toBe("suppressed");
  for (const score of [10, 20]) second.scored(score);
  await second.go(30_000);
  const kinds = async () => (await alarmsIn(store, room)).map((log) => log.map(({ kind }) => kind));
  expect(await kinds()).toEqual([["gifts.suppressed"], ["gifts.suppressed"]]);
  for (const score of [30, 40, 50]) {
    await second.go(100_000);
    second.health.stored([gift(10, { user: person({ id: "1" }), diamonds: 10 })], second.time.now());
    second.scored(score);
  }
  await second.go(1000);
  expect(second.health.gifts.state).toBe("flowing");
  expect(await kinds()).toEqual(Array(2).fill(["gifts.suppressed", "gifts.flowing"]));
});

it.each([[["default"]], [["guest", "guest:2"]]])(
  "what is known to be missing of a broadcast stays so when its room is left and watched anew (%j)",
  async (sessions) => {
    const { store, room } = await storeWithRoom();
    const first = processOn(store, room, sessions);
    first.health.broadcast("b1");
    for (const score of [0, 67, 5000]) {
      const ranks = stats({ ranks: [{ rank: 1, user: person({ id: "1" }), score, scoreText: null }] });
      first.health.stored([ranks], first.time.now());
      first.health.brought([], [ranks]);
      for (let n = 0; n < 6; n++) {
        await first.go(10_000);
        for (const by of sessions.keys())
          first.health.brought([{ id: `${score}/${n}`, type: "chat", by, isOld: false, at: first.time.now() }], []);
      }
    }
    const seenOf = ({ evidence }: RoomStatus) => [evidence.giftsSeen, ...evidence.sessions.map(({ giftsSeen }) => giftsSeen)];
    const before = seenOf(first.health.status(room));
    for (const seen of before) expect(seen).toMatchObject({ diamondsWitnessed: 5000, diamondsMissing: 5000 });
    const next = async (broadcast: string) => {
      const { health, alarm } = processOn(store, room, sessions);
      await alarm.recall(room);
      health.broadcast(broadcast);
      return seenOf(health.status(room));
    };
    expect(await next("b1")).toEqual(before);
    expect(await next("b2")).toEqual(before.map((seen) => ({ ...seen, diamondsWitnessed: 0, diamondsMissing: 0 })));
  },
);

it("what was told of one of several sessions is so at once in the next process, and is not told again", async () => {
  const { store, room } = await storeWithRoom();
  const sessions = ["guest", "guest:2"];
  const bring = ({ health, time }: ReturnType<typeof processOn>, n: number, isChatBrought = false) => {
    const event = gift(1, { id: `g${n}`, user: person({ id: "1" }), diamonds: 1, comboId: `c${n}`, comboTotal: 1 });
    for (const session of health.sessions) session.received(time.now(), 1); // figures of the viewers
    health.stored([event], time.now());
    health.brought([{ id: event.id, type: "gift", by: 0, isOld: false, at: time.now(), gift: event }], [event]);
    // Only of a session that is sent what people say is it known that gifts are kept from it.
    if (isChatBrought) health.brought([{ id: `chat${n}`, type: "chat", by: 1, isOld: false, at: time.now() }], []);
  };
  const first = processOn(store, room, sessions);
  for (let n = 0; n < 45; n++) {
    bring(first, n, n < 15);
    await first.go(5000);
  }
  const stateOf = ({ health }: ReturnType<typeof processOn>) =>
    health.status(room).evidence.sessions.map(({ session, state, gifts }) => [session, state, gifts]);
  expect(stateOf(first)).toEqual([
    ["guest", "connected", "flowing"],
    ["guest:2", "silent", "suppressed"],
  ]);
  const heard = async () =>
    (await alarmsIn(store, room)).map((log) =>
      log.map(({ kind, session, text }) => [kind, session, text.includes("DYLIVE_CDP")]).toSorted(),
    );
  const all = [
    ["gifts.suppressed", "guest:2", true],
    ["session.silent", "guest:2", true],
  ];
  expect(await heard()).toEqual([all, all]);
  const second = processOn(store, room, sessions);
  await second.alarm.recall(room);
  expect(stateOf(second)).toEqual([
    ["guest", "connected", "unknown"],
    ["guest:2", "connected", "suppressed"],
  ]);
  for (let n = 45; n < 75; n++) {
    bring(second, n);
    await second.go(5000);
  }
  expect(await heard()).toEqual([all, all]);
});

it("one of several sessions that loses its connection for 90 seconds, or its account, is told at once and over once, also by the next process", async () => {
  const { store, room } = await storeWithRoom();
  const sessions = ["guest", "account:main"];
  const first = processOn(store, room, sessions);
  const [guest, main] = first.health.sessions;
  const kinds = async () => (await alarmsIn(store, room)).map((log) => log.map(({ kind, session }) => [kind, session]));
  main?.to("refused", "the platform refused the connection", first.time.now());
  const since = first.time.now();
  for (let n = 0; n < 8; n++) {
    await first.go(10_000);
    main?.to("connecting");
    main?.to("refused", "the platform refused the connection", first.time.now());
    for (const session of first.health.sessions) session.received(first.time.now(), 1);
  }
  expect([await kinds(), main?.evidence.lost]).toEqual([[[], []], null]);
  await first.go(10_000);
  const lost = ["session.lost", "account:main"];
  expect(await kinds()).toEqual([[lost], [lost]]);
  expect(main?.evidence.lost).toEqual({ since, reason: "the platform refused the connection" });
  const [event] = (await alarmsIn(store, room))[1];
  expect(event?.text).toMatch(
    /^room \S+: session account:main is lost since \S+: the platform refused the connection\. The room goes on by its others/,
  );
  expect(event?.evidence).toMatchObject({ since, reason: "the platform refused the connection" });

  const second = processOn(store, room, sessions);
  await second.alarm.recall(room);
  const [own, other] = [second.health.sessions[1], second.health.sessions[0]];
  own?.withoutAccount("there is no account main any more");
  await second.go(1000);
  expect(await kinds()).toEqual([[lost], [lost]]);
  expect(own?.evidence.lost).toMatchObject({ reason: "there is no account main any more" });
  own?.withoutAccount(null);
  const hear = async (seconds: number) => {
    for (let n = 0; n < seconds; n += 10) {
      for (const session of second.health.sessions) session.received(second.time.now(), 1);
      await second.go(10_000);
    }
  };
  await hear(110);
  expect(await kinds()).toEqual([[lost], [lost]]);
  await hear(30);
  const over = ["session.receives", "account:main"];
  expect(await kinds()).toEqual(Array(2).fill([lost, over]));

  // Where none is connected, that is what the room's state says.
  own?.withoutAccount("the account main is no longer logged in, and it watches as a guest does");
  other?.to("lost", "cut");
  await second.go(1000);
  expect(await kinds()).toEqual(Array(2).fill([lost, over]));
  other?.to("connected");
  await second.go(1000);
  expect(await kinds()).toEqual(Array(2).fill([lost, over, lost]));
  expect(guest?.evidence.lost).toBeNull();
});

it("a session that is sent messages again for two minutes is told once, too, and one that is sent some now and then is not told each time", async () => {
  const time = new FakeClock();
  const session = new SessionHealth("guest", time);
  const kinds: string[] = [];
  const go = async (seconds: number, hears: boolean) => {
    for (let i = 0; i < seconds; i++) {
      await time.advance(1000);
      if (hears) session.received(time.now(), 1);
      session.people(hears);
      session.look();
      const { news } = session;
      if (news !== null) session.announced(news.kind);
      if (news !== null) kinds.push(news.kind);
    }
  };
  session.to("connected");
  await go(89, false);
  expect([kinds, session.evidence.state]).toEqual([[], "connected"]);
  await go(2, false);
  expect([kinds, session.evidence.state]).toEqual([["session.silent"], "silent"]);
  for (let i = 0; i < 3; i++) {
    await go(20, true);
    await go(100, false);
  }
  expect(kinds).toEqual(["session.silent"]);
  await go(130, true);
  expect([kinds, session.evidence.state]).toEqual([["session.silent", "session.receives"], "connected"]);
});

it("what was seen of an account is added to its days when the room is left, and of a guest nothing", async () => {
  const accountDays = { add: vi.fn(async () => {}), remove: async () => {}, list: async () => [] };
  const store = { ...openMemoryStore({ maxEventsPerRoom: 10_000 }), accountDays };
  const name = "main";
  const account = new Account(name, 1, [{ ...COOKIE, name: "sessionid", value: "0123456789abcdef0123456789abcdef" }]);
  const accounts = { get: async () => account, hasLapsed: () => false, noteReading: () => {} };
  const now = await running({ clock, rooms: [GIVING], rateFactor: 4 }, { store, accounts }, clock);
  void now.rooms.add(RID, { sessions: ["guest", `account:${name}`] }, 60_000, SIGNAL).catch(() => {});
  // What was witnessed begins anew when gifts begin to flow.
  const isSeen = () =>
    now.rooms.collected()[0]?.evidence.sessions.every(({ gifts, giftsSeen }) => gifts === "flowing" && giftsSeen.diamondsWitnessed > 0);
  await clock.until(isSeen, 2 * MINUTE);
  const viewer = account.cookies()[0]?.value ?? "";
  now.simulator.rooms.refuse(RID, true, "blocked", viewer);
  now.simulator.rooms.cut(RID, viewer);
  await clock.until(() => now.rooms.collected()[0]?.evidence.sessions.some(({ state }) => state === "refused"), MINUTE);
  await now.rooms.stop();
  expect(store.accountDays.add.mock.calls).toEqual([
    [name, account.savedAt, expect.any(Number), expect.objectContaining({ refusals: 1, diamondsMissing: 0 })],
  ]);
  const [, , , seen] = store.accountDays.add.mock.calls[0] as unknown as [string, number, number, AccountSeen];
  expect(seen.gifts).toBeGreaterThan(0);
  expect(seen.diamondsWitnessed).toBeGreaterThan(0);
});

it("what one login saw is not kept as another's of the same name", () => {
  const session = new SessionHealth("account:main", new FakeClock());
  const refused = () => {
    session.to("refused", "no");
    return session.login;
  };
  session.as("main", 1);
  expect(refused()).toBe(1);
  session.as("main"); // as a page says, which knows no login
  session.as("main", 1);
  expect(session.takeSeen().refusals).toBe(1);
  refused();
  session.as("main", 2);
  expect([session.login, session.takeSeen().refusals]).toEqual([2, 0]);
  refused();
  session.as("other");
  expect([session.login, session.takeSeen().refusals]).toEqual([null, 0]);
});

it("a room whose only session is sent nothing at all is stalled within two minutes, however quiet it is", async () => {
  const now = await running({ clock, rooms: [{ ...SCENARIO, everySeconds: { stats: 5, chat: 50 } }] }, {}, clock);
  void now.rooms.add(RID, {}, 60_000, SIGNAL).catch(() => {});
  const status = () => now.rooms.collected()[0];
  await clock.until(() => status()?.state === "live", 10 * MINUTE);
  await clock.until(() => (status()?.evidence.counts["WebcastChatMessage"] ?? 0) > 3, 20 * MINUTE);
  now.simulator.rooms.deafen(RID, "nothing");
  const took = await clock.until(() => status()?.state === "stalled", 5 * MINUTE);
  expect(took).toBeLessThan(2 * MINUTE);
  expect(status()?.evidence.sessions).toMatchObject([{ state: "silent" }]);
  expect(status()?.evidence.reason).toContain("not one message comes");
});
