import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/log/sqlite/store.js";
import { useDirectory } from "../log/directory.js";
import { exportBusy } from "../outputs/export/busy.js";
import { playBusyRoom } from "../outputs/stats/busy-room.js";
import { measured } from "./measured.js";

const HOURS = 3;
/** What a process may grow by while it writes a file, however long: pages, a group of rows, the collector's leisure. */
const GROWN_MAX_MB = 300;
const file = useDirectory();

it("a busy room of three hours in every format: the same events when other programs read it, in bounded memory", async () => {
  const store = openSqliteStore({ path: file("dylive.sqlite") });
  const { room, truth } = await playBusyRoom(store, { hours: HOURS });
  const { head } = (await store.log.heads([room])).get(room) ?? { head: 0 };
  const made = await exportBusy(store, room, truth, file, truth.end - (HOURS - 1) * 3_600_000);
  expect(made.filter(({ grownMb }) => grownMb > GROWN_MAX_MB)).toEqual([]);
  const figures = made.map(
    ({ format, seconds, bytes, grownMb }) => `${format} ${seconds.toFixed(1)} s, ${Math.round(bytes / 1e6)} MB (process +${grownMb} MB)`,
  );
  measured("export of a busy room of three hours", `${head} events, re-read by other programs: ${figures.join("; ")}`);
  await store.close();
});
