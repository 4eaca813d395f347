// Guards: totals of three busy hours are the simulator's, also when they are counted again.
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { WorkerChannel } from "../../src/jobs/channel.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openVocabulary } from "../../src/statistics/words.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { chats } from "../contracts/events.js";
import { claimed, readAll, replaceOne } from "../contracts/harness.js";
import { playBusyRoom, SESSION } from "../statistics/busy-room.js";
import { expectTruth } from "../statistics/truth.js";
import { useDirectory } from "../store/directory.js";
import { until } from "../until.js";
import { measured } from "./measured.js";

const HOURS = 3;
const APPEND_EVERY_MS = 20;
const file = useDirectory();
const execArgv = ["--import", fileURLToPath(new URL("../store/child/register.mjs", import.meta.url))];

it("a busy room of three hours: every total is the simulator's, counted while it is played and again from the log", async () => {
  const path = file("dylive.sqlite");
  const store = openSqliteStore({ path });
  const desk = new WorkerChannel({ at: { engine: "sqlite", path }, clock: systemClock, execArgv });
  const vocabulary = openVocabulary();
  const stop = new AbortController();
  const failures: unknown[] = [];
  const onNews = (news: object) => "failed" in news && failures.push(news.failed);
  const counting = desk.jobs.loop.derived(onNews, stop.signal);
  const { room, truth } = await playBusyRoom(store, { hours: HOURS });
  const counted = async () => (await store.statistics.behind()) === 0;
  await until(counted);
  const events = await expectTruth(store, room, truth, vocabulary);
  expect(events).toBeGreaterThan(355_000);
  expect(truth.peak).toBeGreaterThanOrEqual(93);

  await replaceOne(store, room, SESSION);
  const other = await claimed(store, "other");
  const waits: number[] = [];
  const began = performance.now();
  for (let n = 0; !(await counted()); n++) {
    const asked = performance.now();
    await other.append(...chats(10, `${n}-`));
    waits.push(performance.now() - asked);
    // What is appended meanwhile is counted too: stop before that goes on for ever.
    if (n * APPEND_EVERY_MS > 600_000) throw new Error("it does not come to an end");
    await new Promise((resolve) => setTimeout(resolve, APPEND_EVERY_MS));
    if ((await store.statistics.sessions(room, [SESSION])).get(SESSION)?.behind === 0) break;
  }
  const seconds = (performance.now() - began) / 1000;
  await until(counted);
  expect(await expectTruth(store, room, truth, vocabulary)).toBe(events);
  expect((await readAll(store.log, other.room)).events).toHaveLength(waits.length * 10);
  const sorted = waits.sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  measured(
    "statistics of a busy room of three hours",
    `${events} events, up to ${truth.peak} messages in one second: every total as sent. Counted again by the worker in ${seconds.toFixed(1)} s, while ${waits.length} appends took ${at(0.5)} ms (median), ${at(0.99)} ms (99 in 100), ${at(1)} ms at most`,
  );
  stop.abort();
  await counting;
  expect(failures).toEqual([]);
  await desk.close();
  await store.close();
});
