// Guards: an export of three busy hours has the same events in every format, in bounded memory.
import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { childWriter, exportBusy } from "../exports/busy.js";
import { playBusyRoom } from "../statistics/busy-room.js";
import { useDirectory } from "../store/directory.js";
import { measured } from "./measured.js";

const HOURS = 3;
/** What a process may have that writes a file, however long: Node, the store's cache, pages, a group of rows, what waits to be collected. */
const MOST_MB = 400;
const file = useDirectory();

it("a busy room of three hours in every format: the same events when other programs read it, in bounded memory", async () => {
  const database = file("dylive.sqlite");
  const store = openSqliteStore({ path: database });
  const { room, truth } = await playBusyRoom(store, { hours: HOURS });
  const { head } = (await store.log.heads([room])).get(room) ?? { head: 0 };
  const made = await exportBusy(store, room, truth, childWriter(database, room), file, truth.end - (HOURS - 1) * 3_600_000);
  expect(made.filter(({ mostMb }) => mostMb > MOST_MB)).toEqual([]);
  const figures = made.map(
    ({ format, seconds, bytes, mostMb }) => `${format} ${seconds.toFixed(1)} s, ${Math.round(bytes / 1e6)} MB (${mostMb} MB of memory)`,
  );
  measured("export of a busy room of three hours", `${head} events, re-read by other programs: ${figures.join("; ")}`);
  await store.close();
});
