import type { Database } from "better-sqlite3";
import { exportPieces } from "../../src/exports/export.js";
import { planExport } from "../../src/exports/plan.js";
import type { Store } from "../../src/store/store.js";
import { cpuSeconds, peakMegabytes } from "../child.js";
import type { Kept, Msg } from "./after.js";

/** An export whose bytes are taken and dropped: against a program that goes through the plain table and prints the bodies. */
export async function exported(store: Store, room: number, plain: Database, format: "jsonl" | "csv", { part }: Kept): Promise<Msg> {
  const decided = await planExport(store, room, { format });
  const ask = { ...decided, until: Math.min(decided.until, part) };
  const before = peakMegabytes();
  const ours = await measured(ask.until, async () => {
    let bytes = 0;
    for await (const piece of exportPieces(store, ask, new AbortController().signal)) bytes += piece.bytes.length;
    return bytes;
  });
  const lines = [
    `export ${format}: ${ask.until} events, ${ours.told}, peak memory ${peakMegabytes()} MB (${before} MB before the first event)`,
  ];
  if (format === "csv") return { lines };
  const rows = plain.prepare<[number], string>("SELECT body FROM events ORDER BY n LIMIT ?").pluck();
  const theirs = await measured(ask.until, async () => {
    let bytes = 0;
    for (const body of rows.iterate(ask.until)) bytes += Buffer.from(`${JSON.stringify(JSON.parse(body))}\n`).length;
    return bytes;
  });
  return {
    lines: [...lines, `  JSON.parse and JSON.stringify of the plain table's rows: ${theirs.told}`],
    ratio: [
      "export as jsonl, events per CPU second",
      "JSON.parse and JSON.stringify of the plain table's rows",
      ours.rate / theirs.rate,
      1.5,
    ],
  };
}

async function measured(events: number, work: () => Promise<number>): Promise<{ readonly rate: number; readonly told: string }> {
  const cpu = cpuSeconds();
  const began = performance.now();
  const bytes = await work();
  const rate = events / (cpuSeconds() - cpu);
  const wall = (events / (performance.now() - began)) * 1000;
  return {
    rate,
    told: `${(rate / 1000).toFixed(0)} k a CPU second (${(wall / 1000).toFixed(0)} k/s by the wall clock), ${(bytes / events).toFixed(0)} B an event`,
  };
}
