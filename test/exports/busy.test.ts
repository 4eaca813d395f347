import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { playBusyRoom } from "../statistics/busy-room.js";
import { useDirectory } from "../store/directory.js";
import { exportBusy, writer } from "./busy.js";

const file = useDirectory();
const HOURS = 0.01;

it("a busy room in every format is the same events when other programs read it; in full in test/long", async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  const { room, truth } = await playBusyRoom(store, { hours: HOURS });
  const made = await exportBusy(store, room, truth, writer(store, room), file);
  expect(made.every(({ bytes }) => bytes > 50_000)).toBe(true);
  await store.close();
});
