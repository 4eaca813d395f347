// Guards: `dylive retention` says what is kept of a room and what is beyond its limits.
import { utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { retainedOf } from "../../src/cli/commands/retention.js";
import { rawFiles } from "../../src/sources/raw/files.js";
import { closeRecordings } from "../../src/sources/raw/pack.js";
import { RawRecorder } from "../../src/sources/raw/recorder.js";
import type { LimitsOf } from "../../src/store/sql/retention.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { chat } from "../contracts/events.js";
import { claimed } from "../contracts/harness.js";
import { indexAll } from "../contracts/search.js";
import { useDirectory } from "../store/directory.js";

const directory = useDirectory();
const DAY = 86_400_000;
const NOW = new Date("2026-11-25T10:00:00").getTime();
const limits = (maxAgeMs: number | null, maxBytes: number | null): LimitsOf => ({
  events: { maxAgeMs, maxBytes },
  statistics: { maxAgeMs, maxBytes: null },
  raw: { maxAgeMs, maxBytes },
});

it("what is kept of a room, and what of it is beyond its limits, is told of events and of raw recordings", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const folder = directory("raw");
  const { room, append } = await claimed(store);
  // As it is said in English.
  const look = async (wanted: LimitsOf) => JSON.parse(JSON.stringify(await retainedOf(store, folder, room, wanted, NOW)));
  const empty = { now: "nothing", beyond: "nothing" };
  expect(await look(limits(DAY, 1))).toEqual({ events: empty, raw: empty, statistics: { now: null, beyond: null } });

  const clock = new FakeClock(NOW - 3 * DAY);
  const raw = new RawRecorder({ folder, clock, byDefault: true, onError: (error) => expect(error).toBeNull() });
  for (const day of [3, 2, 1]) {
    const receivedAt = NOW - day * DAY;
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * n * day) % 251));
    raw.take(room, [{ receivedAt, raw: bytes, kind: "frame", response: null }], { sessionId: "1", webRid: "1", source: "websocket" });
    await append(chat(String(day), { receivedAt, text: "长".repeat(100_000) }));
  }
  await raw.close();
  await closeRecordings(folder, () => false, clock, new AbortController().signal);
  for (const { path, startedAt } of await rawFiles(folder)) utimesSync(path, startedAt / 1000, startedAt / 1000);
  await indexAll(store);
  const told = await look(limits(null, null));
  expect(told.events).toEqual({ now: expect.stringMatching(/^1\.8 MB since 2026-11-22 10:00:00 [+-]\d\d:\d\d$/), beyond: "nothing" });
  expect(told.raw).toEqual({
    now: expect.stringMatching(/^3 files, 0\.\d MB since 2026-11-22 10:00:00 [+-]\d\d:\d\d$/),
    beyond: "nothing",
  });
  const beyond = await look(limits(2.5 * DAY, 500_000));
  expect(beyond.events.beyond).toMatch(/^1\.3 MB and what came before 2026-11-22 22:00:00 [+-]\d\d:\d\d$/);
  expect(beyond.raw.beyond).toMatch(/^1 files, 0\.\d MB$/);
});
