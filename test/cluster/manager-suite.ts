import { describe, expect, it } from "vitest";
import { type Managed, type Running, SIGNAL } from "../collector/running.js";
import { until } from "../until.js";

/** Half a minute of ours: whatever is waited for comes sooner, also on a busy machine. */
const WAIT_MS = 600_000;

/** A simulator, and a manager of rooms on it. */
export type StartManager = (options?: {
  readonly maxOnDemandRooms?: number;
  readonly onDemandIdleMs?: number;
}) => Promise<Running<Managed>>;

/** Describes what a manager of rooms does, whether its process is alone or one of many. */
export function describeManager(what: string, start: StartManager): void {
  let now: Running<Managed> | undefined;
  const open = (webRid: string) => now?.simulator.truth(webRid).connections.filter(({ closedAt }) => closedAt === null) ?? [];

  describe(what, () => {
    it("leads every name of a room to one collection", async () => {
      now = await start();
      const roomId = now.simulator.roomId("100000002") ?? "";
      const [a, b] = await Promise.all([now.rooms.request("100000002", WAIT_MS, SIGNAL), now.rooms.request(roomId, WAIT_MS, SIGNAL)]);
      expect(b).toMatchObject({ room: a.room, onlySession: roomId });
      expect(a.onlySession).toBeNull();
      expect((await now.rooms.request(roomId, WAIT_MS, SIGNAL)).room).toBe(a.room);
      expect(now.rooms.collected()).toHaveLength(1);
      await until(() => open("100000002").length === 1);
    });

    it("takes no more rooms on demand than allowed; the watch list comes on top", async () => {
      now = await start({ maxOnDemandRooms: 1 });
      await now.rooms.watch("100000001", SIGNAL);
      await until(() => now?.rooms.collected().some(({ state }) => state === "live"));
      await until(async () => (await now?.rooms.list())?.some(({ row }) => row.watch === "on"));
      await now.rooms.request("100000002", WAIT_MS, SIGNAL);
      await expect(now.rooms.request("100000003", WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "too_many_rooms" });
      await expect(now.rooms.request("100000001", WAIT_MS, SIGNAL)).resolves.toMatchObject({
        status: { state: expect.stringMatching(/^(connecting|live)$/) },
      });
    });

    it("tells the log of a room that nobody is to collect any more", { tags: ["full"] }, async () => {
      now = await start({ onDemandIdleMs: 30_000 });
      const { rooms, store } = now;
      const told = async (room: number) => {
        const [event] = (await store.log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, 1, { types: ["state"] })).events;
        return event?.type === "state" ? event : null;
      };
      const { row } = await rooms.add("100000001", {}, WAIT_MS, SIGNAL);
      await until(async () => (await told(row.room))?.to === "live");
      await rooms.remove(row.room);
      await until(async () => (await told(row.room))?.to === "paused");
      const { room } = await rooms.request("100000002", WAIT_MS, SIGNAL);
      await until(async () => (await told(room))?.to === "live");
      await until(async () => (await told(room))?.to === "paused");
      for (const one of [row.room, room])
        expect(await told(one)).toMatchObject({ evidence: { reason: expect.stringContaining("no client asks for it any more") } });
      // What was missed meanwhile is told when it is collected again, and the room is live again.
      await rooms.request("100000002", WAIT_MS, SIGNAL);
      await until(async () => (await told(room))?.to === "live");
      const { events } = await store.log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, 100, { types: ["state", "gap"] });
      const kinds = events.map((event) => (event.type === "state" ? event.to : event.type));
      expect(kinds.slice(kinds.indexOf("paused"))).toEqual(["paused", "gap", "live"]);
    });

    it("lets a room go when nobody has asked for a while, and not a watched one", { tags: ["full"] }, async () => {
      now = await start({ onDemandIdleMs: 30_000 });
      await now.rooms.watch("100000001", SIGNAL);
      const watched = await now.rooms.request("100000001", WAIT_MS, SIGNAL);
      const { room } = await now.rooms.request("100000002", WAIT_MS, SIGNAL);
      await until(() => now?.rooms.status(room) === null);
      expect(now.rooms.status(watched.room)).not.toBeNull();
      await until(() => open("100000002").length === 0);
      expect((await now.store.rooms.get(watched.room))?.watch).toBe("on");
      expect((await now.store.rooms.get(room))?.watch).toBe("off");
    });

    it("keeps a room that somebody goes on asking for", { tags: ["full"] }, async () => {
      now = await start({ onDemandIdleMs: 30_000 });
      const { room } = await now.rooms.request("100000002", WAIT_MS, SIGNAL);
      for (let asked = 0; asked < 6; asked++) {
        await now.clock.sleep(6_000);
        await now.rooms.request("100000002", WAIT_MS, SIGNAL);
      }
      expect(now.rooms.status(room)).not.toBeNull();
      expect(now.simulator.truth("100000002").connections).toHaveLength(1);
    });

    it("manages the watch list: add, pause, resume, remove", async () => {
      now = await start();
      const { row, aliases, status } = await now.rooms.add("100000002", {}, WAIT_MS, SIGNAL);
      expect(row).toMatchObject({ watch: "on", webRid: "100000002" });
      expect(aliases).toContainEqual({ kind: "web_rid", value: "100000002" });
      expect(status).not.toBeNull();
      const { room } = row;
      await until(() => now?.rooms.status(room)?.state === "live");
      expect(await now.rooms.pause(room)).toMatchObject({ row: { watch: "paused" }, status: { state: "paused" } });
      await until(() => open("100000002").length === 0);
      await now.rooms.resume(room);
      await until(async () => (await now?.rooms.view(room))?.status?.state === "live");
      expect(await now.rooms.remove(room)).toMatchObject({ row: { watch: "off" }, status: null });
      const [listed, ...others] = await now.rooms.list();
      expect(others).toEqual([]);
      // Whoever collected it may be saying still where to go on.
      const { row: seen, ...rest } = await now.rooms.view(room);
      expect(listed).toEqual({ row: { ...seen, resume: listed?.row.resume }, ...rest });
      for (const call of [() => now?.rooms.pause(99), () => now?.rooms.view(0), () => now?.rooms.remove(99), () => now?.rooms.resume(99)])
        await expect(call()).rejects.toMatchObject({ code: "not_found" });
    });

    it("leaves a paused room alone, whoever asks for it and by whatever name, until it is resumed or added", {
      tags: ["full"],
    }, async () => {
      now = await start();
      const { rooms, store, simulator } = now;
      const { room } = (await rooms.add("100000006", {}, WAIT_MS, SIGNAL)).row;
      await until(() => rooms.status(room)?.state === "live");
      await rooms.pause(room);
      await until(() => open("100000006").length === 0);
      const told = async () => {
        const [event] = (await store.log.readRoomBefore(room, Number.MAX_SAFE_INTEGER, 1, { types: ["state"] })).events;
        return event?.type === "state" ? event.to : null;
      };
      await until(async () => (await told()) === "paused");
      const connected = simulator.truth("100000006").connections.length;
      // The platform says which room the custom id means: the store has not met it.
      for (const name of ["100000006", simulator.roomId("100000006") ?? "", "https://live.douyin.com/100000006", "demo.tv", "demo.tv"])
        expect(await rooms.request(name, WAIT_MS, SIGNAL)).toMatchObject({
          room,
          status: { room, state: "paused", evidence: { reason: expect.stringContaining("resume") } },
        });
      expect(await rooms.watch("100000006", SIGNAL)).toBe(false);
      expect((await rooms.list()).find(({ row }) => row.room === room)).toMatchObject({
        row: { watch: "paused" },
        status: { state: "paused" },
      });
      await now.clock.sleep(20_000);
      expect(rooms.collected()).toEqual([]);
      expect(simulator.truth("100000006").connections).toHaveLength(connected);
      await rooms.resume(room);
      await until(async () => (await rooms.request("demo.tv", WAIT_MS, SIGNAL)).status.state === "live");
      await rooms.pause(room);
      await until(() => open("100000006").length === 0);
      expect(await rooms.add("demo.tv", {}, WAIT_MS, SIGNAL)).toMatchObject({ row: { room, watch: "on" } });
      await until(() => rooms.status(room)?.state === "live");
    });

    it("collects a room anew whose settings have changed", async () => {
      now = await start();
      const { row } = await now.rooms.add("100000002", {}, WAIT_MS, SIGNAL);
      await until(() => now?.rooms.status(row.room)?.state === "live");
      await expect(now.rooms.change(row.room, { proxy: "nonsense" })).rejects.toMatchObject({ code: "bad_request" });
      await expect(now.rooms.change(99, {})).rejects.toMatchObject({ code: "not_found" });
      const changed = await now.rooms.change(row.room, { source: "browser" });
      expect(changed.row.settings.source).toBe("browser");
      await until(() => now?.rooms.status(row.room)?.evidence.reason.includes("browser"));
    });

    it("says what keeps a room from being met, and adds nothing then", { tags: ["full"] }, async () => {
      now = await start();
      await expect(now.rooms.add("https://evil.com/1", {}, WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "bad_room" });
      await expect(now.rooms.add("https://v.douyin.com/NOPE/", {}, WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "no_account" });
      await expect(now.rooms.add("999999999", {}, WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "no_account" });
      await expect(now.rooms.request("999999998", WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "no_account" });
      // It is known, and the platform is not asked again.
      await expect(now.rooms.request("999999998", WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "no_account" });
      now.simulator.rooms.captcha();
      await expect(now.rooms.add("100000002", {}, WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "room_unknown" });
      await now.clock.sleep(20_000); // whoever collects it has given it up
      now.simulator.rooms.captcha(false);
      await now.clock.sleep(20_000);
      expect(await now.store.rooms.list()).toEqual([]);
      expect(now.rooms.collected()).toEqual([]);
    });

    it("takes nothing more once stopped", async () => {
      now = await start();
      await now.rooms.request("100000002", WAIT_MS, SIGNAL);
      await now.rooms.stop();
      await expect(now.rooms.request("100000001", WAIT_MS, SIGNAL)).rejects.toMatchObject({ code: "stopping" });
    });
  });
}
