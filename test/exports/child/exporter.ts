// Exports a broadcast in a process of its own, and prints how long that took and the most memory that it had.
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { exportPieces } from "../../../src/exports/export.js";
import type { ExportFormat } from "../../../src/exports/format.js";
import { planExport } from "../../../src/exports/plan.js";
import { openSqliteStore } from "../../../src/store/sqlite/store.js";

const [database = "", room = "", sessionId = "", format = "", out = "", to] = process.argv.slice(2);
const store = openSqliteStore({ path: database });
const ask = await planExport(store, Number(room), {
  format: format as ExportFormat,
  sessionId,
  to: to === undefined ? undefined : Number(to),
});
const began = performance.now();
const file = openSync(out, "w");
for await (const { bytes } of exportPieces(store, ask, new AbortController().signal)) writeSync(file, bytes);
closeSync(file);
const seconds = (performance.now() - began) / 1000;
await store.close();
// Not maxRSS: that begins with what the parent had when it forked. Where there is no /proc, it is all that there is.
const peak = existsSync("/proc/self/status") ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] : undefined;
console.log(JSON.stringify({ seconds, mostMb: Math.round(Number(peak ?? process.resourceUsage().maxRSS) / 1024) }));
