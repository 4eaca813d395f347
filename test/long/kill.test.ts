// Guards: a store, a server and a redecoding that are killed at any moment (kill -9) lose nothing that was delivered or acknowledged.
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { checkStore } from "../../src/store/check.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { readAll } from "../contracts/harness.js";
import { dylive, ran, scratch } from "../e2e/command.js";
import { killUnderLoad } from "../e2e/crash.js";
import { bodies, collected, older, units } from "../ingest/older.js";
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

it("kill -9 at random moments of redecode: each event keeps its seq, and is in the end as if this version had collected it", async () => {
  const dir = scratch();
  onTestFinished(() => dir.remove());
  const env = { DYLIVE_DATA: dir.path };
  const path = join(dir.path, "dylive.sqlite");
  const store = openSqliteStore({ path });
  const old = await collected(store, older, join(dir.path, "raw"));
  const before = await old.events();
  await store.close();
  let killed = 0;
  for (let kill = 0; kill < 6; kill++) {
    const run = dylive(["redecode", "98765"], env);
    const timer = setTimeout(() => run.process.kill("SIGKILL"), 300 + 1500 * Math.random());
    if ((await run.ended) === "SIGKILL") killed++;
    clearTimeout(timer);
    const opened = openSqliteStore({ path });
    expect(await checkStore(opened)).toEqual([]);
    await opened.close();
  }
  expect(await ran(["redecode", "98765"], env)).toMatchObject({ code: 0 });
  const now = openSqliteStore({ path });
  const events = (await readAll(now.log, old.room, 0, 20_000)).events.map((event) => ({ ...event, room: 1 }));
  await now.close();
  const wanted = await (await collected(openSqliteStore({ path: ":memory:" }), undefined, join(dir.path, "wanted"))).events();
  expect(events.slice(0, before.length).map(({ seq, id }) => [seq, id])).toEqual(before.map(({ seq, id }) => [seq, id]));
  expect(bodies(events)).toEqual(bodies(wanted));
  expect(units(events)).toEqual(units(wanted));
  measured("kill -9 of redecode", `${killed} kills; 0 findings, every event in its place`);
});
