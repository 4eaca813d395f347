// Guards: a room that is deleted while it is collected gets no more events.
import { expect, it } from "vitest";
import { runDeletion } from "../../src/retention/deletion.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { running, SIGNAL } from "../collector/running.js";
import { until } from "../until.js";

const WAIT_MS = 600_000;

it("lets go a room that is deleted while it is collected, and stores nothing more in it; whoever adds it again has another", async () => {
  const refused: unknown[] = [];
  const store = openSqliteStore({ path: ":memory:" });
  const now = await running({}, { store, setAside: (event) => refused.push(event) });
  const { rooms } = now;
  const open = () => now.simulator.truth("100000002").connections.filter(({ closedAt }) => closedAt === null);
  const headOf = async (room: number) => (await store.log.heads([room])).get(room)?.head ?? 0;
  const { row } = await rooms.add("100000002", {}, WAIT_MS, SIGNAL);
  await until(async () => (await headOf(row.room)) > 5);
  // Whoever pauses it does not wait until its collector has stopped.
  await rooms.pause(row.room);
  const deletion = await store.deletions.ofRoom(row.room);
  expect([rooms.status(row.room), await rooms.list()]).toEqual([null, []]);
  await expect(rooms.view(row.room)).rejects.toMatchObject({ code: "not_found" });
  const { events } = await runDeletion(store, deletion, () => now.clock.now());
  expect(events).toBe(deletion.until);
  await until(() => open().length === 0);
  const again = await rooms.add("100000002", {}, WAIT_MS, SIGNAL);
  await until(async () => (await headOf(again.row.room)) > 5);
  expect([again.row.room === row.room, await headOf(row.room), refused]).toEqual([false, deletion.until, []]);
  expect((await rooms.list()).map(({ row: { room } }) => room)).toEqual([again.row.room]);
});
