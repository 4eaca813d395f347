import { mkdirSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import type { NewEvent } from "../../src/events/event.js";
import { Appender, prepareBatch } from "../../src/store/sqlite/log.js";
import { makeSchema } from "../../src/store/sqlite/schema.js";
import { answer, cpuSeconds } from "../child.js";
import { interleave, median } from "../rounds.js";
import type { Msg } from "./after.js";

const TOGETHER = 240;
const CASES = ["as the store sets it", "without secure_delete", "without auto_vacuum", "pages of 8 KB"] as const;
type Case = (typeof CASES)[number];

/** What the settings of the database file cost an append: µs of the CPU for an event, the same events into each. */
answer<{ readonly folder: string; readonly from: string; readonly rounds: number }, Msg>(async ({ folder, from, rounds }) => {
  const kept = new Database(from, { readonly: true });
  const bodies = kept.prepare<[], string>("SELECT body FROM events LIMIT 40000").pluck().all();
  kept.close();
  const events = bodies.map((body) => JSON.parse(body) as NewEvent);
  mkdirSync(folder, { recursive: true });
  const rates = await interleave(CASES, rounds, async (name) => append(`${folder}/settings.db`, name, events));
  return {
    lines: CASES.map((name) => `append ${name}: ${median(rates[name]).toFixed(2)} µs of the CPU an event (median of ${rounds})`),
  };
});

function append(path: string, name: Case, events: readonly NewEvent[]): number {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  const large = name === CASES[3];
  const database = new Database(path);
  database.pragma(`page_size = ${large ? 8192 : 4096}`);
  if (name !== CASES[2]) database.pragma("auto_vacuum = INCREMENTAL");
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  if (name !== CASES[1]) database.pragma("secure_delete = ON");
  makeSchema(database, 0);
  database.exec("INSERT INTO rooms(room, created_at) VALUES (1, 0); INSERT INTO heads(room) VALUES (1)");
  const appender = new Appender(database);
  const cpu = cpuSeconds();
  for (let at = 0; at < events.length; at += TOGETHER) {
    const batch = prepareBatch({ room: 1, epoch: 0, events: events.slice(at, at + TOGETHER) });
    database.exec("BEGIN IMMEDIATE");
    appender.append([batch]);
    database.exec("COMMIT");
  }
  const took = cpuSeconds() - cpu;
  database.close();
  return (took * 1e6) / events.length;
}
