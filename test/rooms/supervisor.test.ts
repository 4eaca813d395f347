import { afterEach, describe, expect, it } from "vitest";
import { until } from "../until.js";
import { type Running, running, SIGNAL } from "./running.js";

let now: Running | undefined;
afterEach(async () => {
  await now?.stop();
  now = undefined;
});

describe("supervisor", () => {
  it("leads every name of a room to one collection", async () => {
    now = await running();
    const roomId = now.simulator.roomId("100000002") ?? "";
    const [a, b] = await Promise.all([now.rooms.request("100000002", 60_000, SIGNAL), now.rooms.request(roomId, 60_000, SIGNAL)]);
    expect(b).toMatchObject({ room: a.room, onlySession: roomId });
    expect(a.onlySession).toBeNull();
    expect((await now.rooms.request(roomId, 60_000, SIGNAL)).room).toBe(a.room);
    expect(now.rooms.collected()).toHaveLength(1);
    await until(() => now?.simulator.truth("100000002").connections.filter(({ closedAt }) => closedAt === null).length === 1);
  });

  it("takes no more rooms on demand than allowed; the watch list comes on top", async () => {
    now = await running({}, { maxOnDemandRooms: 1 });
    await now.rooms.watch("100000001", SIGNAL);
    await now.rooms.request("100000002", 60_000, SIGNAL);
    await expect(now.rooms.request("100000003", 60_000, SIGNAL)).rejects.toMatchObject({ code: "too_many_rooms" });
    await expect(now.rooms.request("100000001", 60_000, SIGNAL)).resolves.toMatchObject({
      status: { state: expect.stringMatching(/^(connecting|live)$/) },
    });
  });

  it("lets a room go when nobody has asked for a while, and not a watched one", async () => {
    now = await running({}, { onDemandIdleMs: 30_000 });
    await now.rooms.watch("100000001", SIGNAL);
    const watched = await now.rooms.request("100000001", 60_000, SIGNAL);
    const { room } = await now.rooms.request("100000002", 60_000, SIGNAL);
    await until(() => now?.rooms.status(room) === null);
    expect(now.rooms.status(watched.room)).not.toBeNull();
    await until(() => now?.simulator.truth("100000002").connections.every(({ closedAt }) => closedAt !== null));
    expect((await now.store.rooms.get(watched.room))?.watch).toBe("on");
    expect((await now.store.rooms.get(room))?.watch).toBe("off");
  });

  it("collects the watch list after a start", async () => {
    now = await running();
    const room = await now.store.rooms.ensure([{ kind: "web_rid", value: "100000002" }], { webRid: "100000002" });
    await now.store.rooms.setWatch(room, "on");
    await now.rooms.start();
    await until(() => now?.rooms.status(room)?.state === "live");
  });

  it("manages the watch list: add, pause, resume, remove", async () => {
    now = await running();
    const { row, aliases, status } = await now.rooms.add("100000002", {}, 60_000, SIGNAL);
    expect(row).toMatchObject({ watch: "on", webRid: "100000002" });
    expect(aliases).toContainEqual({ kind: "web_rid", value: "100000002" });
    expect(status?.state).toBe("live");
    const { room } = row;
    expect(await now.rooms.pause(room)).toMatchObject({ row: { watch: "paused" }, status: null });
    await until(() => now?.simulator.truth("100000002").connections.every(({ closedAt }) => closedAt !== null));
    await now.rooms.resume(room);
    await until(async () => (await now?.rooms.view(room))?.status?.state === "live");
    expect(await now.rooms.remove(room)).toMatchObject({ row: { watch: "off" }, status: null });
    expect((await now.rooms.list()).map((view) => view.row.room)).toEqual([room]);
    for (const call of [() => now?.rooms.pause(99), () => now?.rooms.view(0), () => now?.rooms.remove(99), () => now?.rooms.resume(99)])
      await expect(call()).rejects.toMatchObject({ code: "not_found" });
  });

  it("takes nothing more once stopped", async () => {
    now = await running();
    await now.rooms.request("100000002", 60_000, SIGNAL);
    await now.rooms.stop();
    await expect(now.rooms.request("100000001", 60_000, SIGNAL)).rejects.toMatchObject({ code: "stopping" });
    await until(() => now?.simulator.truth("100000002").connections.every(({ closedAt }) => closedAt !== null));
  });
});
