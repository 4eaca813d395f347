import { afterEach, expect, it } from "vitest";
import { Lockstep } from "../faults/lockstep.js";
import { RID, SCENARIO } from "../faults/struck.js";
import { type Running, running, SIGNAL } from "./running.js";

let now: Running | undefined;
const clock = new Lockstep();
afterEach(async () => {
  await now?.stop();
  clock.stop();
});

it("a broadcast whose first connection fails is not said to be missed since the one before", async () => {
  now = await running({ clock, rooms: [SCENARIO], rateFactor: 20 }, {}, clock);
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
