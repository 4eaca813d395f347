// Exports a broadcast in a process of its own, and prints how long that took and the most memory that it had.
import { closeSync, openSync, writeSync } from "node:fs";
import { openSqliteStore } from "../../../../src/log/sqlite/store.js";
import { decideExport } from "../../../../src/outputs/export/ask.js";
import { exportPieces } from "../../../../src/outputs/export/export.js";
import type { ExportFormat } from "../../../../src/outputs/export/format.js";

const [database = "", room = "", sessionId = "", format = "", out = "", to] = process.argv.slice(2);
const store = openSqliteStore({ path: database });
const ask = await decideExport(store, Number(room), {
  format: format as ExportFormat,
  sessionId,
  to: to === undefined ? undefined : Number(to),
});
const began = performance.now();
const file = openSync(out, "w");
for await (const { bytes } of exportPieces(store.log, ask, new AbortController().signal)) writeSync(file, bytes);
closeSync(file);
const seconds = (performance.now() - began) / 1000;
await store.close();
console.log(JSON.stringify({ seconds, mostMb: Math.round(process.resourceUsage().maxRSS / 1024) }));
