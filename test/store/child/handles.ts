// Run with few file handles: counts words and loads the browser's driver while there are none left, and again once there are.
import { closeSync, openSync } from "node:fs";
import { jobsOn } from "../../../src/jobs/jobs.js";
import { loadPackage } from "../../../src/runtime/packages.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";
import { chat } from "../../contracts/events.js";
import { until } from "../../until.js";

const store = openSqliteStore({ path: ":memory:" });
const room = await store.rooms.ensure([{ kind: "web_rid", value: "1" }]);
await store.log.append([{ room, epoch: await store.rooms.claim(room), events: [chat("1")] }]);
const jobs = jobsOn(store);
/** Counts the event, or says why not. */
async function words(): Promise<void> {
  const stop = new AbortController();
  let failed: unknown = null;
  const loop = jobs.loop.derived((news) => {
    if ("failed" in news) failed = news.failed;
  }, stop.signal);
  await until(async () => failed !== null || (await store.statistics.behind()) === 0);
  stop.abort();
  await loop;
  if (failed !== null) throw failed;
}

const tries = {
  words,
  browser: async () => loadPackage("playwright-core/index.js"),
};
for (const [name, attempt] of Object.entries(tries)) {
  const handles: number[] = [];
  try {
    for (;;) handles.push(openSync("/dev/null", "r"));
  } catch {
    // None is left.
  }
  const without = await attempt().then(
    () => "done",
    () => "failed",
  );
  for (const handle of handles) closeSync(handle);
  const again = await attempt().then(() => "done", String);
  process.stdout.write(`${name}: ${without}, then ${again}\n`);
}
