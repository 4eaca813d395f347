import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checkStore } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { readAll } from "../contracts/harness.js";
import { dylive, ran, scratch } from "../e2e/command.js";
import { killUnderLoad } from "../e2e/crash.js";
import { bodies, collected, older, units } from "../ingest/older.js";
import { playBusyRoom } from "../statistics/busy-room.js";
import { useDirectory } from "../store/directory.js";
import { killBusy } from "../store/kill.js";
import { measured } from "./measured.js";

const file = useDirectory();

it("kill -9 at random moments of a store that is appended to, counted, indexed, erased from and removed from, 100 times", async () => {
  const { events } = await killBusy(file("store.db"), 100);
  expect(events).toBeGreaterThan(10_000);
  measured(
    "kill -9 of everything that is done to a store, 100 times",
    `${events} events given a seq; after each kill the whole store checked: 0 findings`,
  );
});

it("kill -9 at random moments of a server under load, 100 times", async () => {
  const { stored, delivered } = await killUnderLoad({ load: 500, kills: 100, events: 150 });
  expect(stored).toBeGreaterThan(5_000);
  measured(
    "kill -9 of a server under load, 100 times",
    `${stored} events stored, ${delivered} delivered, 0 lost, 0 twice; dylive check: 0 findings`,
  );
});

it("kill -9 at random moments of check, redecode, and exports as xlsx and parquet", async () => {
  const KILLS = 6;
  const dir = scratch();
  onTestFinished(() => dir.remove());
  const env = { DYLIVE_DATA: dir.path };
  const store = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const { room } = await playBusyRoom(store, { hours: 0.1 });
  const old = await collected(store, older, join(dir.path, "raw"));
  const before = await old.events();
  await store.close();
  const done: Record<string, number> = {};
  let tookMs = 0;
  for (const what of ["check", "redecode", "xlsx", "parquet"]) {
    const out = join(dir.path, `killed.${what}`);
    const args = (path: string) =>
      what === "check" || what === "redecode"
        ? [what, ...(what === "redecode" ? ["98765"] : [])]
        : ["export", `room:${room}`, "--format", what, "--out", path];
    const began = Date.now();
    if (what === "xlsx" || what === "parquet") expect(await ran(args(`${out}.whole`), env)).toMatchObject({ code: 0 });
    else if (what === "check") expect(await ran(args(""), env)).toMatchObject({ code: 0 });
    // Redecoding takes about as long as the check before it.
    if (what !== "redecode") tookMs = Date.now() - began;
    for (let kill = 0; kill < KILLS; kill++) {
      const run = dylive(args(out), env);
      const timer = setTimeout(() => run.process.kill("SIGKILL"), tookMs * (0.2 + 0.8 * Math.random()));
      const code = await run.ended;
      clearTimeout(timer);
      if (code === "SIGKILL") done[what] = (done[what] ?? 0) + 1;
      const opened = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
      expect(await checkStore(opened)).toEqual([]);
      await opened.close();
      // A name has the whole file or none.
      if (!existsSync(out)) continue;
      expect(readFileSync(out).equals(readFileSync(`${out}.whole`))).toBe(true);
      rmSync(out);
    }
    if (!existsSync(out)) expect(await ran(args(out), env)).toMatchObject({ code: 0 });
    if (what === "xlsx" || what === "parquet") {
      expect(readFileSync(out).equals(readFileSync(`${out}.whole`))).toBe(true);
      expect(existsSync(`${out}.part`)).toBe(false);
    }
  }
  const now = openSqliteStore({ path: join(dir.path, "dylive.sqlite") });
  const events = (await readAll(now.log, old.room, 0, 20_000)).events.map((event) => ({ ...event, room: 1 }));
  await now.close();
  const wanted = await collected(openSqliteStore({ path: ":memory:" }), undefined, join(dir.path, "wanted"));
  expect(events.slice(0, before.length).map(({ seq, id }) => [seq, id])).toEqual(before.map(({ seq, id }) => [seq, id]));
  expect(bodies(events)).toEqual(bodies(await wanted.events()));
  expect(units(events)).toEqual(units(await wanted.events()));
  measured(
    "kill -9 of check, redecode, xlsx and parquet exports",
    `${JSON.stringify(done)} kills; 0 findings, every file whole or not there`,
  );
  console.log("killed", done);
});
