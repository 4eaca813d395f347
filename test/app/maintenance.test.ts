// Guards: A loop goes on in the thread that follows one that has ended.
import { pino } from "pino";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/app/config.js";
import { keepDerived } from "../../src/app/maintenance.js";
import type { Jobs } from "../../src/jobs/jobs.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { msgOf } from "../../src/runtime/msg.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";
import { until } from "../until.js";

it("a loop goes on in the thread that comes after one that has ended, and ends when it is told to", async () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const logger = pino({ messageKey: "text" }, { write: (line: string) => void lines.push((JSON.parse(line) as { text: string }).text) });
  const runs: { readonly end: (error?: unknown) => void; readonly tell: (news: unknown) => void; readonly signal: AbortSignal }[] = [];
  const derived = (tell: (news: unknown) => void, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      runs.push({ end: (error) => (error === undefined ? resolve() : reject(error)), tell, signal });
    });
  const store = openSqliteStore({ path: ":memory:" });
  const jobs = { loop: { derived } } as unknown as Jobs;
  const stop = keepDerived({ config: loadConfig({}, {}), store, jobs, raw: { rotate: async () => {} }, clock, logger });
  runs[0]?.tell({ failed: { code: "store_unreachable", said: msgOf("away") } });
  runs[0]?.end(new DyliveError("internal", "the worker thread has ended"));
  await until(async () => {
    await clock.advance(500);
    return runs.length === 2;
  });
  const stopped = stop();
  expect(runs[1]?.signal.aborted).toBe(true);
  runs[1]?.end();
  await stopped;
  expect(runs).toHaveLength(2);
  expect(lines).toEqual(Array(2).fill("statistics and search index are not up to date; they are tried again"));
  await store.close();
});
