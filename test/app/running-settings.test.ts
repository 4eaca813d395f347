// Guards: A running process follows changed settings, logs who changed them, and keeps what it was started with.
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/app/config.js";
import { RunningSettings } from "../../src/app/running-settings.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { FakeClock } from "../clock.js";

it("follows what is changed while a process runs, in whichever, but for what that was started with", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  onTestFinished(() => store.close());
  const clock = new FakeClock();
  const change = (name: string, value: number | string | null) =>
    store.settings.change(new Map([[name, { value, by: "web", at: clock.now() }]]));
  await change("pollMs", 7_000);
  const processes = [loadConfig({}, {}), loadConfig({}, { DYLIVE_LOG_LEVEL: "warn", DYLIVE_POLL_MS: "60000" })].map((config) => {
    const logger = pino({ level: config.logLevel }, { write: () => {} });
    return { logger, pace: new RunningSettings(config, { settings: store.settings, clock, logger }) };
  });
  const [first] = processes;
  for (const { pace } of processes) {
    await pace.start(true);
    onTestFinished(() => pace.stop());
  }
  const look = () => processes.map(({ pace, logger }) => [pace.now.pollMs, pace.rates.requestsPerS, logger.level]);
  expect(look()).toEqual([
    [7_000, 5, "info"],
    [60_000, 5, "warn"],
  ]);
  // A budget that is there already goes by it.
  const budget = new RateLimiter(clock, () => ({ perSecond: first?.pace.rates.requestsPerS ?? 0, burst: 1 }));
  await change("logLevel", "debug");
  await change("requestsPerS", 50);
  await clock.advance(30_000);
  expect(look()).toEqual([
    [7_000, 50, "debug"],
    [60_000, 50, "warn"],
  ]);
  budget.spend(11);
  await clock.advance(200);
  expect(budget.left()).toBe(0);
  for (const name of ["logLevel", "requestsPerS", "pollMs"]) await change(name, null);
  for (const { pace } of processes) await pace.look();
  expect(look()).toEqual([
    [30_000, 5, "info"],
    [60_000, 5, "warn"],
  ]);
});

it("logs who changed what as it takes it, whatever the level, and what does not count here", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  onTestFinished(() => store.close());
  const clock = new FakeClock();
  const lines: object[] = [];
  const config = loadConfig({}, { DYLIVE_KEEP_RAW_DAYS: "7" });
  const logger = pino({ level: config.logLevel }, { write: (line) => void lines.push(JSON.parse(line) as object) });
  const change = (name: string, value: number | string | null, by: string) =>
    store.settings.change(new Map([[name, { value, by, at: clock.now() }]]));
  await change("pollMs", 7_000, "web");
  const pace = new RunningSettings(config, { settings: store.settings, clock, logger });
  await pace.start(true);
  onTestFinished(() => pace.stop());
  const told = () => lines.splice(0);
  const changedAt = new Date(clock.now()).toISOString();
  const goes = { msg: "goes by a setting that was changed (null: its default)" };
  expect(told()).toMatchObject([{ ...goes, setting: "DYLIVE_POLL_MS", value: 7_000, by: "web", changedAt }]);
  await change("logLevel", "silent", "dylive settings");
  await change("keepRawDays", 3, "dylive settings");
  await clock.advance(20_000);
  expect(told()).toMatchObject([
    { setting: "DYLIVE_KEEP_RAW_DAYS", value: 3, msg: expect.stringContaining("does not count here") },
    { ...goes, setting: "DYLIVE_LOG_LEVEL", value: "silent", by: "dylive settings" },
  ]);
  await clock.advance(60_000);
  expect(told()).toEqual([]);
});

it("stays as it is while the store cannot say", async () => {
  const lines: string[] = [];
  const logger = pino({ level: "info" }, { write: (line) => void lines.push(line) });
  let isAway = false;
  const changed = async () => {
    if (isAway) throw new Error("it is away");
    return new Map([["pollMs", { value: 7_000, by: "web", at: 1 }]]);
  };
  const pace = new RunningSettings(loadConfig({}, {}), { settings: { changed }, clock: new FakeClock(), logger });
  await pace.look();
  isAway = true;
  await pace.look();
  expect([pace.now.pollMs, lines.filter((line) => line.includes("could not be read")).length]).toEqual([7_000, 1]);
});
