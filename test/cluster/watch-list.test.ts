// Guards: the store's watch list decides what is collected, also after a restart.
import { describe, expect, it } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import { Account } from "../../src/platform/accounts/login-store.js";
import type { Resume } from "../../src/store/rooms.js";
import { type Running, running, SIGNAL } from "../collector/running.js";
import { NO_ACCOUNTS, reachAt } from "../platform/access/reach.js";
import { until } from "../until.js";

const ROOM = "100000002";
/** Another server on the same store. */
const another = ({ store, clock, simulator }: Running, more: Partial<Parameters<typeof RoomManager.alone>[0]> = {}) =>
  RoomManager.alone({
    ...reachAt(simulator.url),
    store,
    clock,
    pollMs: 5000,
    maxOnDemandRooms: 50,
    onDemandIdleMs: 600_000,
    setAside: () => {},
    onError: () => {},
    ...more,
  });
const open = (r: Running, room = ROOM) => r.simulator.truth(room).connections.filter(({ closedAt }) => closedAt === null);

describe("any text that names a room", () => {
  it.each([
    ["a share text", "3- 看 https://v.douyin.com/DEMO2/ 快来"],
    ["a link", `https://live.douyin.com/${ROOM}?from=x`],
  ])("%s adds it, and leads to the collection of its number", async (_what, text) => {
    const now = await running();
    const { row } = await now.rooms.add(text, {}, 60_000, SIGNAL);
    expect(row).toMatchObject({ webRid: ROOM, watch: "on" });
    expect((await now.rooms.request(text, 60_000, SIGNAL)).room).toBe(row.room);
    expect((await now.rooms.request(ROOM, 60_000, SIGNAL)).room).toBe(row.room);
    expect(now.rooms.collected()).toHaveLength(1);
  });
});

describe("a paused room", () => {
  it("that is resumed twice before it is met has one collector, which is seen and stops", async () => {
    const now = await running();
    const { rooms, simulator } = now;
    const { row } = await rooms.add(ROOM, {}, 60_000, SIGNAL);
    await until(() => rooms.status(row.room)?.state === "live");
    await rooms.pause(row.room);
    await until(() => open(now as Running).length === 0);
    await Promise.all([rooms.resume(row.room), rooms.resume(row.room), rooms.request(ROOM, 60_000, SIGNAL)]);
    await rooms.resume(row.room);
    await until(() => rooms.status(row.room)?.state === "live" && open(now as Running).length === 1);
    expect(rooms.collected()).toHaveLength(1);
    await rooms.remove(row.room);
    await until(() => open(now as Running).length === 0);
    const count = simulator.truth(ROOM).connections.length;
    await now.clock.sleep(10_000);
    expect(simulator.truth(ROOM).connections).toHaveLength(count);
    expect(rooms.collected()).toEqual([]);
  });
});

describe("a room that is paused", () => {
  it("is let go though somebody asks for it, and stays so after a restart", async () => {
    const now = await running();
    const { room } = await now.rooms.request(ROOM, 60_000, SIGNAL);
    await until(() => now.rooms.status(room)?.state === "live");
    await now.rooms.pause(room);
    await until(() => open(now as Running).length === 0);
    await until(async () => (await now.events(room)).at(-1)?.type === "state");
    expect((await now.events(room)).at(-1)).toMatchObject({ type: "state", to: "paused" });
    await now.rooms.stop();
    const again = another(now);
    await again.start();
    expect(await again.watch(ROOM, SIGNAL)).toBe(false);
    expect(await again.request(ROOM, 60_000, SIGNAL)).toMatchObject({ room, status: { state: "paused" } });
    await now.clock.sleep(10_000);
    expect(again.collected()).toEqual([]);
    expect(open(now)).toEqual([]);
    await again.stop();
  });
});

describe("the store's watch list", () => {
  it("keeps what a room was added with", async () => {
    const account = new Account("work", 1, [
      { name: "sessionid", value: "s", domain: ".douyin.com", path: "/", expires: null, secure: true, httpOnly: true },
    ]);
    const accounts = { ...NO_ACCOUNTS, get: async (name: string) => (name === "work" ? account : NO_ACCOUNTS.get(name)) };
    const now = await running({}, { accounts });
    await expect(now.rooms.add(ROOM, { account: "gone" }, 60_000, SIGNAL)).rejects.toMatchObject({ code: "not_found" });
    await expect(now.rooms.add(ROOM, { proxy: "nonsense" }, 60_000, SIGNAL)).rejects.toMatchObject({ code: "bad_request" });
    const { row, status } = await now.rooms.add(ROOM, { account: "work" }, 60_000, SIGNAL);
    expect(row.settings).toEqual({ account: "work", proxy: null, source: null, record: null, sessions: null });
    expect(status?.evidence.login).toEqual({ account: "work", login: "logged_in" });
    expect(open(now)).toMatchObject([{ loggedIn: true }]);
    const changed = await now.rooms.change(row.room, { account: "guest" });
    expect(changed.row.settings.account).toBe("guest");
    await until(() => now !== undefined && open(now).length === 1 && open(now)[0]?.loggedIn === false);
    await until(() => now.rooms.status(row.room)?.evidence.login.login === "guest");
  });
});

describe("a start after a stop", () => {
  it("connects first and asks after: nothing is lost that the platform still has, though no page answers", async () => {
    const now = await running();
    const { row } = await now.rooms.add(ROOM, {}, 60_000, SIGNAL);
    await until(async () => (await now.store.rooms.get(row.room))?.resume?.positions["default"]?.visitor != null);
    const [before] = open(now);
    await now.rooms.stop();
    now.simulator.rooms.captcha();
    const again = another(now);
    await again.start();
    await until(() => again.status(row.room)?.state === "live");
    const [after] = open(now);
    expect(after?.userUniqueId).toBe(before?.userUniqueId);
    // Asked after, and told nothing: the connection stays, since messages come.
    await now.clock.sleep(10_000);
    expect(again.status(row.room)?.state).toBe("live");
    await again.stop();
  });

  it("of a broadcast that has been over since asks, and waits", { tags: ["full"] }, async () => {
    const now = await running();
    const { row } = await now.rooms.add(ROOM, {}, 60_000, SIGNAL);
    await until(async () => (await now.store.rooms.get(row.room))?.resume?.positions["default"]?.visitor != null);
    await now.rooms.stop();
    now.simulator.rooms.end(ROOM, "cut");
    const again = another(now);
    await again.start();
    await until(() => again.status(row.room)?.state === "waiting");
    expect((await now.store.sessions.list(row.room, 1))[0]?.endedAt).not.toBeNull();
    await again.stop();
  });

  it("of a broadcast that another has replaced is not shown as refused", async () => {
    const now = await running();
    const { row } = await now.rooms.add(ROOM, {}, 60_000, SIGNAL);
    await until(async () => (await now.store.rooms.get(row.room))?.resume?.positions["default"]?.visitor != null);
    await now.rooms.stop();
    const { roomId, ...resume } = (await now.store.rooms.get(row.room))?.resume ?? { roomId: "" };
    const stranger = "7999999999999999999"; // a platform that no longer knows the broadcast refuses
    await now.store.rooms.setResume(row.room, { ...(resume as Resume), roomId: stranger });
    await now.store.sessions.open(row.room, stranger, now.clock.now());
    const again = another(now);
    await again.start();
    const requested = await again.request(ROOM, 60_000, SIGNAL);
    expect(requested.status).toMatchObject({ state: "live", sessionId: roomId });
    expect((await now.events(row.room)).some((event) => event.type === "state" && event.to === "blocked")).toBe(false);
    await again.stop();
  });
});
