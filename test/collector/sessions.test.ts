// Guards: several sessions of one room make one log, and a gap covers only what all of them missed.
import { afterAll, expect, it, onTestFinished } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { assertPossible, keepProxies, shownSettings } from "../../src/cluster/settings.js";
import type { LiveEvent } from "../../src/events/event.js";
import { seenIn } from "../../src/health/sightings.js";
import { Account } from "../../src/platform/accounts/login-store.js";
import { readSession, sessionsOf } from "../../src/platform/platform-access.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { NO_SETTINGS } from "../../src/store/rooms.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { measured } from "../long/measured.js";
import { reachAt } from "../platform/access/reach.js";
import { casesOf, isWhole } from "../whole.js";
import { depsFor, running, SIGNAL } from "./running.js";

const COOKIE = { name: "sessionid", domain: ".douyin.com", path: "/", expires: null, secure: false, httpOnly: false };
const clock = new Lockstep();
afterAll(() => clock.stop());

/** A room that so many guests watch. */
async function watched(sessions: readonly string[], rateFactor = 4) {
  // A store that forgets nothing: hours of a room are more than the one in memory keeps.
  const now = await running({ clock, rooms: [SCENARIO], rateFactor }, { store: openSqliteStore({ path: ":memory:" }) }, clock);
  void now.rooms.add(RID, { sessions }, 60_000, SIGNAL).catch(() => {});
  const status = () => now.rooms.collected()[0];
  const evidence = () => status()?.evidence.sessions ?? [];
  await clock.until(() => status()?.state === "live" && evidence().every(({ state }) => state === "connected"), 60_000);
  const viewers = () => now.simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null);
  const stored = async () => {
    const events: LiveEvent[] = [];
    for (
      let page = await now.store.log.readRoom(status()?.room ?? 0, 0, 10_000);
      ;
      page = await now.store.log.readRoom(status()?.room ?? 0, page.scanned, 10_000)
    ) {
      events.push(...page.events);
      if (page.scanned >= page.head) return events;
    }
  };
  return { ...now, status, evidence, viewers, stored };
}

/**
 * Waits until a session that is refused tries again soon: so late that something is missed till then, and before the silence of all opens them anew.
 * How long it waits after each refusal is chance.
 */
async function untilSoonBack(evidence: () => readonly { readonly retryAt: number | null }[]): Promise<void> {
  const isSoon = (retryAt: number | null) => retryAt !== null && retryAt > clock.now() + 9000 && retryAt < clock.now() + 20_000;
  await clock.until(() => evidence().some(({ retryAt }) => isSoon(retryAt)), 3_600_000);
}

/** Sums what gifts of a log add up to, by combo. */
function unitsIn(events: readonly LiveEvent[]): readonly number[] {
  const totals = new Map<string, number>();
  for (const event of events) if (event.type === "gift") totals.set(event.comboId, (totals.get(event.comboId) ?? 0) + event.delta);
  return [...totals.values()].toSorted((a, b) => a - b);
}

const GUESTS = ["guest", "guest:2", "guest:3"];
const LENGTHS = casesOf(
  [{ count: 2, rate: 30, ms: 20_000 }],
  [
    { count: 2, rate: 8, ms: 3_600_000 },
    { count: 3, rate: 8, ms: 3_600_000 },
  ],
);
it.for(LENGTHS)(
  "$count sessions are as many visitors and one log: what several are given is stored once, what one lacks another brings ($ms ms)",
  { timeout: 3_600_000, tags: ["full"] },
  async ({ count, rate, ms }) => {
    const { simulator, viewers, stored, evidence, status, store } = await watched(GUESTS.slice(0, count), rate);
    expect(new Set(viewers().map(({ viewer }) => viewer)).size).toBe(count);
    simulator.rooms.sample(RID, { chat: 0.6, gift: 0.6, join: 0.6, like: 0.6, follow: 0.6 });
    await clock.go(ms);
    const seen = status()?.evidence.seen.chat;
    simulator.rooms.end(RID);
    await clock.until(() => status()?.state === "waiting", 120_000);
    const events = await stored();
    const { sent, roomId } = simulator.truth(RID);
    expect(sent.interactiveDropped + sent.combosDropped.count).toBe(0);
    const ids = events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(ids.filter((_id, i) => events[i]?.type === "chat"))).toEqual(
      new Set(sent.interactive.filter(({ kind }) => kind === "chat").map(({ msgId }) => msgId)),
    );
    const withheld = sent.withheld["WebcastChatMessage"] ?? 0;
    expect(withheld).toBeGreaterThan(3);
    expect(unitsIn(events)).toEqual(sent.combos.map(({ total }) => total).toSorted((a, b) => a - b));
    expect(sent.combos.length).toBeGreaterThan(20);
    expect(evidence().map(({ session }) => session)).toEqual(GUESTS.slice(0, count));
    const brought = Object.values(seen?.sessions ?? {});
    expect(brought.reduce((sum, { alone }) => sum + alone, 0)).toBe((seen?.received ?? 0) - (seen?.shared ?? 0));
    expect(seen?.shared).toBeGreaterThan(20);
    if (ms < 3_600_000) return;
    const kept = seenIn((await store.sessions.seen(status()?.room ?? 0, roomId)) ?? { sessions: [], counts: {} }).chat;
    const chats = sent.byMethod["WebcastChatMessage"] ?? 0;
    expect(kept.received).toBe(chats);
    measured(
      `${count} sessions that are given 60 % each, one hour of the clock`,
      `${events.length} events stored, 0 twice; ${sent.combos.length} combos with ${unitsIn(events).reduce((a, b) => a + b)} units, all as sent to any of them; ` +
        `${chats} of ${chats + withheld} chats came (${((chats / (chats + withheld)) * 100).toFixed(1)} %)`,
    );
  },
);

it("a session that is cut or refused is its own outage: no gap, and no state of the room", { tags: ["full"] }, async () => {
  const { simulator, viewers, stored, status, evidence } = await watched(["guest", "guest:2"]);
  const [first] = viewers();
  simulator.rooms.refuse(RID, true, "blocked", first?.viewer);
  simulator.rooms.cut(RID, first?.viewer);
  await clock.until(() => evidence().some(({ state }) => state === "refused"), 60_000);
  await clock.go(3000);
  expect(status()?.state).toBe("live");
  const [refused] = evidence().filter(({ state }) => state === "refused");
  expect(refused).toMatchObject({ reason: expect.stringContaining("DEVICE_BLOCKED"), outages: { count: 1 } });
  expect(refused?.retryAt).toBeGreaterThan(clock.now() - 1000);
  expect(refused?.outages.totalMs).toBeGreaterThan(3000);
  simulator.rooms.refuse(RID, false);
  await clock.until(() => evidence().every(({ state }) => state === "connected"), 900_000);
  expect(
    evidence()
      .map(({ outages }) => outages.count)
      .toSorted(),
  ).toEqual([0, 1]);
  expect((await stored()).filter(({ type }) => type === "gap")).toEqual([]);
  expect(status()?.evidence.reconnects).toBe(0);
});

it("a gap is told where all were away, and no longer than that", async () => {
  const { simulator, viewers, stored, evidence } = await watched(["guest", "guest:2", "guest:3"]);
  await clock.go(2000);
  const from = clock.now();
  for (const { viewer } of viewers()) {
    simulator.rooms.refuse(RID, true, 502);
    simulator.rooms.cut(RID, viewer);
  }
  await clock.go(3000);
  simulator.rooms.refuse(RID, false);
  await clock.until(() => evidence().some(({ state }) => state === "connected"), 300_000);
  const to = clock.now();
  await clock.until(() => evidence().every(({ state }) => state === "connected"), 300_000);
  await clock.go(5000);
  const gaps = (await stored()).flatMap((event) => (event.type === "gap" ? [event] : []));
  expect(gaps).toHaveLength(1);
  expect(gaps[0]?.from).toBeGreaterThan(from - 2000);
  expect(gaps[0]?.from).toBeLessThanOrEqual(from);
  expect(gaps[0]?.to).toBeLessThan(to + 3000);
});

it("sessions that are cut again and again double nothing, and miss nothing but where all were away", {
  timeout: 3_600_000,
  tags: ["full"],
}, async () => {
  const { simulator, viewers, stored, evidence } = await watched(["guest", "guest:2"]);
  const names = viewers().map(({ viewer }) => viewer);
  const cuts = isWhole() ? 300 : 10;
  const areUp = () => evidence().every(({ state }) => state === "connected");
  for (let i = 0; i < cuts; i++) {
    await clock.until(areUp, 120_000);
    simulator.rooms.cut(RID, names[i % 3 === 2 ? 1 : 0]);
    if (i % 10 === 9) for (const viewer of names) simulator.rooms.cut(RID, viewer);
    await clock.go(300);
  }
  await clock.until(areUp, 120_000);
  simulator.rooms.end(RID);
  await clock.go(3000);
  const events = await stored();
  const gaps = events.flatMap((event) => (event.type === "gap" ? [event] : []));
  const stood = simulator.truth(RID).connections.map(({ openedAt, closedAt }) => [openedAt, closedAt ?? clock.now()] as const);
  // A gap is from the last frame to the first message after: at no time between did a connection stand and bring anything for long.
  for (const { from, to } of gaps) {
    const covered = stood.filter(([opened, closed]) => opened <= (from ?? 0) && closed >= to);
    expect(covered, `${from} to ${to}`).toEqual([]);
  }
  const ids = events.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const { sent } = simulator.truth(RID);
  const chats = new Set(events.filter(({ type }) => type === "chat").map(({ id }) => id));
  const lost = sent.interactive.filter(({ kind, msgId }) => kind === "chat" && !chats.has(msgId));
  expect(chats.size).toBeGreaterThan(cuts);
  if (isWhole())
    measured(
      `two sessions of one room, cut ${cuts} times, both at once every tenth time`,
      `${events.length} events stored, 0 twice; ${lost.length} of ${chats.size + lost.length} chats lost, in ${gaps.length} gaps, in none of which a session stood`,
    );
  expect(lost.length).toBeLessThanOrEqual(gaps.length); // on its way when the connection was cut
  expect(evidence().reduce((sum, { outages }) => sum + outages.count, 0)).toBeGreaterThanOrEqual(cuts);
});

it("one session of two that hears not even heartbeats is opened anew by itself", async () => {
  const { simulator, viewers, stored, evidence, status } = await watched(["guest", "guest:2"]);
  simulator.rooms.freeze(RID, true);
  simulator.rooms.freeze(RID, false);
  const before = viewers().length;
  expect(before).toBe(2);
  simulator.rooms.cut(RID, viewers()[0]?.viewer);
  await clock.until(() => evidence().some(({ outages }) => outages.totalMs > 0), 120_000);
  await clock.until(() => evidence().every(({ outages, state }) => outages.count === 1 && state === "connected"), 120_000);
  expect(status()?.state).toBe("live");
  const gaps = (await stored()).flatMap((event) => (event.type === "gap" ? [event] : []));
  expect(gaps.length).toBeLessThanOrEqual(1); // from the freeze to the first that came back
});

it("what one session of two missed while the other was open but silent is a gap, told when that is noticed", {
  tags: ["full"],
}, async () => {
  const { simulator, viewers, stored, evidence } = await watched(["guest", "guest:2"]);
  const [first] = viewers();
  await clock.go(12_000);
  simulator.rooms.refuse(RID, true, 502, first?.viewer);
  simulator.rooms.cut(RID, first?.viewer);
  await untilSoonBack(evidence);
  const frozenAt = clock.now();
  simulator.rooms.freeze(RID, true);
  simulator.rooms.freeze(RID, false);
  simulator.rooms.refuse(RID, false);
  await clock.until(() => evidence().some(({ outages, state }) => outages.count === 1 && state === "connected"), 30_000);
  const backAt = clock.now();
  await clock.until(() => evidence().every(({ outages, state }) => outages.count === 1 && state === "connected"), 120_000);
  await clock.go(12_000);
  const gaps = (await stored()).flatMap((event) => (event.type === "gap" ? [event] : []));
  expect(gaps).toHaveLength(1);
  expect(gaps[0]?.from).toBeGreaterThan(frozenAt - 2000);
  expect(gaps[0]?.from).toBeLessThanOrEqual(frozenAt);
  expect(gaps[0]?.to).toBeGreaterThan(backAt - 1000);
  expect(gaps[0]?.to).toBeLessThanOrEqual(backAt);
  expect(gaps[0]?.reason).toContain("silent");
});

it("a frame that comes to all sessions damaged is a gap, one that comes to one is none", async () => {
  const { simulator, stored, viewers } = await watched(["guest", "guest:2"]);
  await clock.go(2000);
  const damagedAt = clock.now();
  simulator.rooms.damage(RID, "gzip", 2);
  await clock.go(5000);
  const gaps = async () => (await stored()).flatMap((event) => (event.type === "gap" ? [event] : []));
  const told = await gaps();
  expect(told.length).toBeGreaterThan(0);
  for (const { from, to, reason } of told) {
    expect(from).toBeGreaterThan(damagedAt - 5000);
    expect(to - (from ?? 0)).toBeLessThan(5000);
    expect(reason).toContain("damaged");
  }
  simulator.rooms.damage(RID, "gzip", 1, viewers()[0]?.viewer);
  await clock.go(5000);
  expect(await gaps()).toEqual(told);
});

it("sessions of accounts of which only the login was pasted come back after a restart", async () => {
  const store = openMemoryStore({ maxEventsPerRoom: 10_000 });
  const accounts = {
    get: async (name: string) => new Account(name, 1, [{ ...COOKIE, value: `0123456789abcdef-${name}` }]),
    hasLapsed: () => false,
    noteReading: () => {},
  };
  const first = await running({ clock, rooms: [SCENARIO] }, { store, accounts }, clock);
  const sessions = ["account:main", "account:second"];
  const standing = (rooms: typeof first.rooms) => () =>
    rooms
      .collected()[0]
      ?.evidence.sessions.map(({ state }) => state)
      .join() === "connected,connected";
  void first.rooms.add(RID, { sessions }, 60_000, SIGNAL).catch(() => {});
  await clock.until(standing(first.rooms), 60_000);
  await clock.go(10_000);
  await first.rooms.stop();
  const next = RoomManager.alone({ ...depsFor(first.simulator, store, clock), accounts });
  onTestFinished(() => next.stop());
  await next.start();
  void next.add(RID, { sessions }, 60_000, SIGNAL).catch(() => {});
  await clock.until(standing(next), 60_000);
  expect(next.collected()[0]?.evidence.sessions.map(({ outages }) => outages.totalMs < 10_000)).toEqual([true, true]);
  expect(first.simulator.refusals()).toEqual([]);
});

it("all sessions go on where an earlier process left them", async () => {
  const now = await watched(["guest", "guest:2"]);
  await clock.go(6000);
  const row = await now.store.rooms.get(now.status()?.room ?? 0);
  const positions = row?.resume?.positions ?? {};
  expect(Object.keys(positions)).toEqual(["guest", "guest:2"]);
  expect(new Set(Object.values(positions).map(({ visitor }) => visitor?.userUniqueId))).toEqual(
    new Set(now.viewers().map(({ userUniqueId }) => userUniqueId)),
  );
});

it("sessions keep their proxies where they are named without, and show them without passwords", async () => {
  const kept = { ...NO_SETTINGS, sessions: ["guest,proxy=socks5://me:secret@127.0.0.1:9", "account:main"] };
  const shown = shownSettings(kept).sessions;
  expect(shown).toEqual(["guest,proxy=socks5://127.0.0.1:9", "account:main"]);
  for (const sessions of [shown, ["guest", "account:main"]]) expect(keepProxies({ sessions }, kept)).toEqual({ sessions: kept.sessions });
  expect(keepProxies({ sessions: ["guest,proxy=http://127.0.0.1:8"] }, kept)).toEqual({ sessions: ["guest,proxy=http://127.0.0.1:8"] });
  expect(keepProxies({ sessions: null, account: "a" }, kept)).toEqual({ sessions: null, account: "a" });
  expect(keepProxies({ sessions: ["guest,proxy=none", "guest:2,proxy=none"] }, kept)).toEqual({ sessions: ["guest", "guest:2"] });
  const losing = [["account:main"], ["guest,proxy=none"], ["guest,proxy=http://127.0.0.1:8"], null];
  for (const sessions of losing) expect(() => keepProxies({ sessions }, kept, false), String(sessions)).toThrow("only an admin token");
  for (const sessions of [shown, ["account:b", "guest"]]) expect(() => keepProxies({ sessions }, kept, false)).not.toThrow();
  const reach = reachAt("http://127.0.0.1:1");
  const twice = [
    ["guest", "guest@websocket"],
    ["guest:2@browser", "guest:2"],
    ["guest:01"],
    ["guest", "guest:1"],
    ["guest:0"],
    ["browser:1"],
  ];
  for (const sessions of [[], ["guest", "guest,proxy=http://127.0.0.1:8"], ["guest,proxy=nonsense"], ...twice])
    await expect(assertPossible({ sessions }, reach), String(sessions)).rejects.toMatchObject({ code: "bad_request" });
  await expect(assertPossible({ sessions: ["guest", "account:gone"] }, reach)).rejects.toMatchObject({ code: "not_found" });
  await assertPossible({ sessions: ["guest", "browser", "guest:10", "guest:2,proxy=http://127.0.0.1:8"] }, reach);
});

it("sessions are read as they are written, and told from one another", () => {
  expect(readSession("account:main@browser,proxy=socks5://a:b@127.0.0.1:1")).toEqual({
    name: "account:main@browser",
    account: "main",
    proxy: "socks5://a:b@127.0.0.1:1",
    source: "browser",
    apart: null,
    visitor: "account:main",
  });
  expect(readSession("browser")).toMatchObject({ account: "guest", source: "browser", apart: null });
  expect(readSession("guest:2")).toMatchObject({ account: "guest", source: null, apart: "guest:2" });
  expect(readSession("guest:2@websocket")).toMatchObject({ name: "guest:2@websocket", apart: "guest:2", visitor: "guest:2" });
  expect(readSession("guest,proxy=none")).toMatchObject({ name: "guest", proxy: null, visitor: "guest" });
  for (const wrong of [
    "",
    "account",
    "account:guest",
    "account:a b",
    "browser@websocket",
    "user:1",
    "user:1,proxi=http://me:secret@127.0.0.1:9",
  ])
    expect(() => readSession(wrong), wrong).toThrow(/: "(?!.*secret).*" is no session/);
  for (const wrong of ["guest,", "guest,proxy=", "guest,proxy=a,proxy=b", "guest,proxi=http://me:secret@127.0.0.1:9"])
    expect(() => readSession(wrong), wrong).toThrow(/after the comma of session guest stands (?!.*secret)/);
  const ways = { account: "main", proxy: "http://127.0.0.1:1", source: "browser" } as const;
  expect(sessionsOf({ ...ways, sessions: null })).toEqual([{ name: "default", ...ways, apart: null, visitor: "default" }]);
  expect(sessionsOf({ ...ways, sessions: ["guest@websocket"] })).toMatchObject([{ ...ways, account: "guest", source: "websocket" }]);
});

/** Accounts of this machine that a test saves and forgets. */
function phones() {
  const saved = new Map<string, Account>();
  const get = async (name: string) => saved.get(name) ?? reachAt("http://127.0.0.1:1").accounts.get(name);
  const save = (name: string) => saved.set(name, new Account(name, clock.now(), [{ ...COOKIE, value: name }]));
  const out = new Set<Account | undefined>();
  const logOut = (name: string) => out.add(saved.get(name));
  return {
    save,
    logOut,
    forget: (name: string) => saved.delete(name),
    accounts: { get, hasLapsed: (account: Account) => out.has(account), noteReading: () => {} },
  };
}

it("a room whose account is forgotten says so, and what to do, and goes on when it is there again", async () => {
  const { save, forget, accounts } = phones();
  save("tab");
  const store = openSqliteStore({ path: ":memory:" });
  const now = await running({ clock, rooms: [SCENARIO] }, { store, accounts }, clock);
  void now.rooms.add(RID, { sessions: ["account:tab"] }, 60_000, SIGNAL).catch(() => {});
  const first = () => now.rooms.collected()[0];
  await clock.until(() => first()?.state === "live", 60_000);
  const room = first()?.room ?? 0;
  const says = { state: "failed", evidence: { reason: expect.stringMatching(/no account tab any more.*log in again.*room set/) } };
  const told = async () => JSON.parse((await store.rooms.loadStatus(room))?.status ?? "null");
  const lastEvent = async () => (await store.log.readRoomBefore(room, 1e9, 1, { types: ["state"] })).events[0];
  const fails = async () => (await lastEvent())?.type === "state" && (await told())?.state === "failed";

  forget("tab");
  await clock.until(() => first()?.state === "failed", 60_000);
  expect(first()).toMatchObject(says);
  expect(first()?.evidence.login).toEqual({ account: null, login: "unknown" });
  expect(now.simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null)).toEqual([]);
  await clock.until(fails, 10_000);
  expect(await told()).toMatchObject(says);
  expect(await lastEvent()).toMatchObject({ to: "failed", evidence: says.evidence });

  save("tab");
  await clock.until(() => first()?.state === "live", 900_000);
  await clock.go(6000);
  await now.rooms.stop();
  forget("tab");
  for (const later of [0, 601_000]) {
    await clock.advance(later); // where the process before was connected, and where that says nothing any more
    const next = RoomManager.alone({ ...depsFor(now.simulator, store, clock), accounts });
    const begun = clock.now();
    await next.start();
    await clock.until(() => next.status(room)?.state === "failed", 60_000);
    expect((await next.view(room)).status).toMatchObject(says);
    await clock.until(async () => ((await lastEvent())?.time ?? 0) >= begun && (await fails()), 10_000);
    expect(await lastEvent()).toMatchObject({ to: "failed", evidence: says.evidence });
    expect((await next.request(RID, 1000, SIGNAL)).status).toMatchObject(says);
    await next.stop();
  }
});

it("a room goes on by its other sessions when the account of one is forgotten, and as a guest where it is the server's", async () => {
  const { save, logOut, forget, accounts } = phones();
  save("tab");
  save("default");
  const now = await running({ clock, rooms: [SCENARIO] }, { accounts }, clock);
  void now.rooms.add(RID, { sessions: ["account:tab", "guest"] }, 60_000, SIGNAL).catch(() => {});
  const status = () => now.rooms.collected()[0];
  const [tab, guest] = [0, 1].map((i) => () => status()?.evidence.sessions[i]);
  await clock.until(() => status()?.state === "live" && tab?.()?.state === "connected" && guest?.()?.state === "connected", 60_000);
  forget("tab");
  await clock.until(() => tab?.()?.reason?.includes("no account tab any more"), 60_000);
  expect(status()?.state).toBe("live");
  expect(guest?.()?.outages.count).toBe(0);
  expect(now.simulator.truth(RID).connections.filter(({ closedAt }) => closedAt === null)).toHaveLength(1);
  // Said at once, which session, why and what to do; where others go on the room's state does not say it.
  const news = async (room: number) => (await now.events(room)).flatMap((event) => (event.type === "system" ? [event] : []));
  await clock.until(async () => (await news(status()?.room ?? 0)).length > 0, 5000);
  for (const room of [0, status()?.room ?? 0])
    expect(await news(room)).toMatchObject([
      {
        kind: "session.lost",
        session: "account:tab",
        text: expect.stringMatching(/session account:tab is lost since .*account.*dylive room set/),
      },
    ]);
  expect(tab?.()?.lost).toMatchObject({ reason: expect.stringContaining("account") });
  // Kept by then, too, for who has the store alone; and what changes by counts alone is not kept each second.
  const kept = async () => JSON.parse((await now.store.rooms.loadStatus(status()?.room ?? 0))?.status ?? "null")?.evidence.sessions[0];
  await clock.until(async () => (await kept())?.lost != null, 2000);
  expect(await kept()).toMatchObject({ session: "account:tab", lost: tab?.()?.lost });
  save("tab");
  await clock.until(() => tab?.()?.state === "connected" && tab?.()?.lost === null, 900_000);
  logOut("tab");
  await clock.until(() => tab?.()?.lost?.reason === "the account tab is no longer logged in, and it watches as a guest does", 10_000);
  expect(tab?.()?.state).toBe("connected");
  await clock.go(1000);
  const before = now.simulator.truth(RID).connections.length;
  save("tab");
  await clock.until(() => tab?.()?.state === "connected" && tab?.()?.lost === null, 60_000);
  expect(now.simulator.truth(RID).connections).toHaveLength(before + 1);

  void now.rooms.change(status()?.room ?? 0, { sessions: null });
  await clock.until(() => status()?.evidence.login.account === "default" && status()?.state === "live", 60_000);
  forget("default");
  await clock.until(() => status()?.evidence.login.login === "guest" && status()?.state === "live", 60_000);
  expect(status()?.evidence.login.account).toBeNull();
});

it("an account watches a room once by each source", async () => {
  const reach = { ...reachAt("http://127.0.0.1:1"), accounts: null };
  const twice = ["account:a account:a@websocket", "account:a@browser account:a", "account:a@browser account:a@browser,proxy=none"];
  for (const sessions of twice)
    await expect(assertPossible({ sessions: sessions.split(" ") }, reach), sessions).rejects.toMatchObject({ code: "bad_request" });
  await assertPossible({ sessions: ["account:a@browser", "account:a@websocket", "account:b", "guest"] }, reach);
});
