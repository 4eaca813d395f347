// Guards: a room is recorded only if its settings say so, and its recording gives the same events again.
import { expect, it } from "vitest";
import { redecode } from "../../src/ingest/redecode.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { fastClock } from "../clock.js";
import { running, SIGNAL } from "../collector/running.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";

const directory = useDirectory();

it("a room that is to be recorded is, and one that is not is not; what was recorded gives the same events again", {
  tags: ["full"],
}, async () => {
  const folder = directory("raw");
  const clock = fastClock(20);
  const problems: unknown[] = [];
  const raw = new RawRecorder({ folder, clock, byDefault: false, onError: (error) => problems.push(error) });
  const store = openSqliteStore({ path: ":memory:", clock });
  const now = await running({}, { raw, store }, clock);
  const { row } = await now.rooms.add("100000002", { record: true }, 60_000, SIGNAL);
  const other = await now.rooms.request("100000003", 60_000, SIGNAL);
  for (const key of [row.room, other.room])
    await until(async () => (await now.events(key)).filter(({ source }) => source === "websocket").length !== 0);
  await now.clock.sleep(10_000);
  await now.rooms.change(row.room, { record: false });
  await until(async () => (await rawFiles(folder, row.room)).some(({ open }) => !open));
  await now.rooms.stop();
  await raw.close();
  const files = await rawFiles(folder);
  expect(files.map(({ room, sessionId }) => [room, sessionId])).toEqual([[row.room, now.simulator.roomId("100000002")]]);
  const before = await now.events(row.room);
  const again = await redecode({
    store,
    room: row.room,
    files,
    clock,
    drift: new Drift(),
    erased: async () => null,
    signal: SIGNAL,
    setAside: () => {},
  });
  expect(again.messages).toBeGreaterThan(10);
  expect(again).toMatchObject({ replaced: 0, regifted: 0, appended: 0, lostBytes: 0 });
  expect((await now.events(row.room)).slice(0, before.length)).toEqual(before);
  expect(problems).toEqual([]);
});
