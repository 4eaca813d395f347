// Guards: a collector stores what a live room sends, once and in order, and its state says what the room is.
import { describe, expect, it, onTestFinished } from "vitest";
import { RoomManager } from "../../src/cluster/room-manager.js";
import type { NewEventOf } from "../../src/events/event.js";
import { check } from "../../src/store/check.js";
import { idOf } from "../fact-id.js";
import { Lockstep } from "../faults/lockstep.js";
import { until } from "../until.js";
import { depsFor, type Running, running, SIGNAL } from "./running.js";

const states = async (r: Running, room: number) =>
  (await r.events(room)).filter((event) => event.type === "state").map((event) => (event as NewEventOf<"state">).to);

describe("a live room", () => {
  it("is collected: what the platform sent is what the log has, once, in gapless order", { tags: ["full"] }, async () => {
    const now = await running();
    const { room, status } = await now.rooms.request("100000002", 60_000, SIGNAL);
    expect(status.state).toBe("live");
    await until(async () => (await now.events(room)).some(({ type }) => type === "gift"));
    await now.clock.sleep(20_000);
    now.simulator.rooms.stall("100000002");
    await now.clock.sleep(2000);
    const events = await now.events(room);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    const { sent, roomId, connections } = now.simulator.truth("100000002");
    const chats = sent.interactive.filter(({ kind }) => kind === "chat");
    expect(chats.length).toBeGreaterThan(3);
    expect(
      events
        .filter(({ type }) => type === "chat")
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...new Set(chats.map(idOf))].sort());
    expect(new Set(events.filter(({ source }) => source === "websocket").map(({ sessionId }) => sessionId))).toEqual(new Set([roomId]));
    const units = (events.filter(({ type }) => type === "gift") as NewEventOf<"gift">[]).reduce((sum, { delta }) => sum + delta, 0);
    expect(units).toBe(sent.combos.reduce((sum, { total }) => sum + total, 0));
    expect(await check(now.store.log)).toEqual([]);
    expect(connections[0]?.acks).toMatchObject({ wrong: 0, unknown: 0 });
    expect(connections[0]?.acks.good).toBeGreaterThan(0);
    expect(connections[0]?.damaged).toBe(0);
  });

  it("comes back after a cut, and records the gap", async () => {
    const now = await running();
    const { room } = await now.rooms.request("100000002", 60_000, SIGNAL);
    now.simulator.rooms.cut("100000002");
    await until(() => now.simulator.truth("100000002").connections.length > 1);
    const gap = await until(async () => (await now.events(room)).find(({ type }) => type === "gap"));
    const { from, to, id } = gap as NewEventOf<"gap">;
    expect(id).toBe(`gap:${from}:${to}`);
    expect(from).not.toBeNull();
    expect(to).toBeGreaterThan(from ?? to);
    expect(now.rooms.status(room)?.evidence.reconnects).toBe(1);
    await until(() => now.rooms.status(room)?.state === "live");
  });

  it("ends when the platform says so and its page confirms it, and the next broadcast is a session of its own", async () => {
    const now = await running();
    const { room } = await now.rooms.request("100000002", 60_000, SIGNAL);
    const first = now.simulator.roomId("100000002");
    now.simulator.rooms.end("100000002");
    await until(() => now.rooms.status(room)?.state === "waiting");
    expect(await now.store.sessions.list(room, 10)).toMatchObject([{ sessionId: first, endReason: "announced" }]);
    expect(await states(now, room)).toEqual(["live", "ended", "waiting"]);
    const told = (await now.events(room)).filter(({ type }) => type === "state");
    expect(told.map(({ sessionId }) => sessionId)).toEqual([first, first, null]); // a room that waits has no broadcast
    const second = now.simulator.rooms.restart("100000002");
    await until(() => now.rooms.status(room)?.sessionId === second && now.rooms.status(room)?.state === "live");
    expect(await now.store.sessions.list(room, 10)).toMatchObject([
      { sessionId: second, endedAt: null },
      { sessionId: first, endReason: "announced" },
    ]);
    const events = await now.events(room);
    expect(new Set(events.filter(({ source }) => source === "websocket").map(({ sessionId }) => sessionId))).toEqual(
      new Set([first, second]),
    );
  });

  it("settles a combo that was open when the broadcast ended", { tags: ["full"] }, async () => {
    const now = await running();
    const { room } = await now.rooms.request("100000003", 60_000, SIGNAL);
    const sender = { id: "42", nickname: "客" };
    const gift = { id: "685", name: "粉丝团灯牌", diamond_count: 1, combo: true };
    now.simulator.rooms.send("100000003", "WebcastGiftMessage", {
      ...{ gift_id: "685", repeat_count: "3", combo_count: "3", group_count: "1", group_id: "77", user: sender, gift },
    });
    const open = await until(async () => (await now.events(room)).find((event) => event.type === "gift" && event.user?.id === "42"));
    now.simulator.rooms.end("100000003");
    await until(() => now.rooms.status(room)?.state === "waiting");
    const { comboId } = open as NewEventOf<"gift">;
    const settled = await until(async () => (await now.events(room)).find(({ id }) => id === `settle:${comboId}`));
    expect(settled).toMatchObject({ delta: 0, comboTotal: 3, settled: true });
  });

  it("whose end nobody saw, since dylive was restarted while nothing is live, tells what was missed of it", {
    tags: ["full"],
  }, async () => {
    // By this name it is not taken for what it was.
    const [webRid, customId] = ["100000006", "demo.tv"];
    const now = await running();
    const { room } = await now.rooms.request(customId, 60_000, SIGNAL);
    const first = now.simulator.roomId(webRid);
    await until(async () => (await now.events(room)).some(({ type }) => type === "chat"));
    await now.rooms.stop();
    const left = now.clock.now();
    const last = Math.max(...(await now.events(room)).filter(({ type }) => type === "chat").map(({ receivedAt }) => receivedAt));
    now.simulator.rooms.end(webRid);
    const gapsOf = async () => (await now.events(room)).filter((event) => event.type === "gap");
    const again = async () => {
      const rooms = RoomManager.alone(depsFor(now.simulator, now.store, now.clock));
      onTestFinished(() => rooms.stop());
      await rooms.start();
      await rooms.request(customId, 60_000, SIGNAL);
      return rooms;
    };
    let rooms = await again();
    await until(() => rooms.status(room)?.state === "waiting");
    // Who comes after this process will not know that it is missing.
    expect(await gapsOf()).toHaveLength(1);
    await rooms.stop();
    rooms = await again();
    await until(() => rooms.status(room)?.state === "waiting");
    now.simulator.rooms.restart(webRid);
    await until(() => rooms.status(room)?.state === "live");
    const gaps = await gapsOf();
    const session = await now.store.sessions.get(room, first ?? "");
    expect(gaps).toMatchObject([{ sessionId: first, reason: "dylive was not collecting", to: session?.endedAt }]);
    expect(gaps[0]?.from).toBeLessThanOrEqual(left);
    expect(gaps[0]?.from).toBeGreaterThanOrEqual(last);
  });

  it("that falls silent while its socket stays open is stalled, is connected to anew, and the gap is told", async () => {
    const clock = new Lockstep();
    onTestFinished(() => clock.stop());
    const now = await running({ clock }, {}, clock);
    void now.rooms.request("100000002", 60_000, SIGNAL);
    const status = () => now.rooms.collected()[0];
    await clock.until(() => status()?.state === "live", 60_000);
    await clock.go(10_000);
    now.simulator.rooms.stall("100000002");
    await clock.until(() => status()?.state === "stalled", 300_000);
    expect(status()?.evidence.reason).toMatch(/no interactive message (came|comes)/);
    await clock.until(() => now.simulator.truth("100000002").connections.length > 1, 300_000);
    // What the platform replays at the start of a connection is no sign of life: it stays stalled, and is not connected to again and again.
    await clock.go(45_000);
    expect(status()?.state).toBe("stalled");
    expect(now.simulator.truth("100000002").connections).toHaveLength(2);
    now.simulator.rooms.stall("100000002", false);
    await clock.until(() => status()?.state === "live", 60_000);
    const gaps = (await now.events(status()?.room ?? 0)).filter(({ type }) => type === "gap");
    expect(gaps).toMatchObject([{ reason: expect.stringContaining("silent") }]);
    expect(status()?.evidence.gaps.count).toBe(1);
    expect(await check(now.store.log)).toEqual([]);
  });

  it("that is refused is blocked, with what the platform answered, until it is let in", { tags: ["full"] }, async () => {
    const now = await running();
    now.simulator.rooms.refuse("100000002");
    await expect(now.rooms.request("100000002", 60_000, SIGNAL)).rejects.toMatchObject({
      code: "blocked",
      detail: expect.stringMatching(/HTTP 200.*DEVICE_BLOCKED.*415/),
    });
    now.simulator.rooms.refuse("100000002", false);
    const room = await until(() => now.store.rooms.find({ kind: "web_rid", value: "100000002" }));
    await until(() => now.rooms.status(room)?.state === "live");
  });
});

describe("a room that is not live", () => {
  it("waits, and is live when the broadcast begins", async () => {
    const now = await running();
    now.simulator.rooms.end("100000001");
    const { room, status } = await now.rooms.request("100000001", 60_000, SIGNAL);
    expect(status.state).toBe("waiting");
    now.simulator.rooms.restart("100000001");
    await until(() => now.rooms.status(room)?.state === "live");
  });

  it("is looked at by a shorter time than the one that a wait began with", async () => {
    let pollMs = 86_400_000;
    let isWaiting = false;
    const now = await running(
      {},
      {
        pollMs: () => {
          isWaiting = true;
          return pollMs;
        },
      },
    );
    now.simulator.rooms.end("100000001");
    const { room } = await now.rooms.request("100000001", 60_000, SIGNAL);
    await until(() => isWaiting);
    pollMs = 1000;
    now.simulator.rooms.restart("100000001");
    await until(() => now.rooms.status(room)?.state === "live");
  });

  it("is unknown behind a captcha, never not found", async () => {
    const now = await running();
    now.simulator.rooms.captcha();
    await expect(now.rooms.request("100000002", 60_000, SIGNAL)).rejects.toMatchObject({ code: "room_unknown" });
    now.simulator.rooms.captcha(false);
    const found = await until(() => now.store.rooms.find({ kind: "web_rid", value: "100000002" }));
    await until(() => now.rooms.status(found)?.state === "live");
  });

  it("is no account when the platform says so, and is not asked for again at once", async () => {
    const now = await running();
    for (let i = 0; i < 3; i++) await expect(now.rooms.request("999999999", 60_000, SIGNAL)).rejects.toMatchObject({ code: "no_account" });
  });

  it("is unreachable when nobody answers", async () => {
    const now = await running();
    await now.simulator.close();
    await expect(now.rooms.request("100000002", 60_000, SIGNAL)).rejects.toMatchObject({ code: "unreachable" });
  });
});
