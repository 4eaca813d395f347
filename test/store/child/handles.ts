// Run with few file handles: counts words and loads the browser's driver while there are none left, and again once there are.
import { closeSync, openSync } from "node:fs";
import { JobRunner } from "../../../src/jobs/run.js";
import { loadPackage } from "../../../src/runtime/packages.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";

const runner = new JobRunner(openSqliteStore({ path: ":memory:" }));
const tries = {
  words: () => runner.run("statistics.advance", [0], new AbortController().signal),
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
