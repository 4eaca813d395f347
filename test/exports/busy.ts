import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { LiveEvent } from "../../src/events/event.js";
import { EXPORT_FORMAT_NAMES, EXPORT_FORMATS, type ExportFormat } from "../../src/exports/format.js";
import type { Store } from "../../src/store/store.js";
import { type BusyTruth, SESSION } from "../statistics/busy-room.js";
import { programOf } from "../store/child/spawn.js";
import { cellsOf, linesOf, type Msg, REREAD } from "./reread.js";

/** How an export of a busy room went. */
export interface Made {
  readonly format: ExportFormat;
  readonly seconds: number;
  readonly bytes: number;
  /** The most memory that a process had which did nothing else, MB; 0 where it was not measured. */
  readonly mostMb: number;
}

/**
 * Exports a busy room in every format, and has each file read again by another program: it tells the events of the log, and they those of the simulator.
 * @param xlsxTo of the workbook only events before this time are read again: its reader takes no sheet of more than 512 MB
 */
export async function exportBusy(
  store: Store,
  room: number,
  truth: BusyTruth,
  write: Write,
  file: (name: string) => string,
  xlsxTo = Number.POSITIVE_INFINITY,
): Promise<readonly Made[]> {
  const events = await all(store, room);
  expect(events.filter(({ type }) => type === "chat")).toHaveLength(truth.interactive.filter(({ kind }) => kind === "chat").length);
  expect(sum(events, "delta")).toBe(truth.combos.reduce((units, { total }) => units + total, 0));
  expect(sum(events, "diamonds")).toBe(truth.combos.reduce((worth, { total, unitDiamonds }) => worth + total * unitDiamonds, 0));
  const startMs = (await store.sessions.get(room, SESSION))?.openedAt ?? 0;
  const withTimeout = events.toSorted((a, b) => a.time - b.time).filter(({ time }) => time >= startMs);
  const made: Made[] = [];
  for (const format of EXPORT_FORMAT_NAMES) {
    const path = file(`busy.${format}`);
    made.push(await write(format, path));
    const cut = format === "xlsx" && xlsxTo < truth.end;
    if (cut) await write(format, path, xlsxTo);
    const wanted = EXPORT_FORMATS[format].timed
      ? withTimeout.flatMap((event) => linesOf(event, startMs, format as "xml" | "ass" | "srt"))
      : events.filter(({ time }) => !cut || time < xlsxTo).map(cellsOf);
    await expectSame(format, REREAD[format](path), wanted);
  }
  return made;
}

/** Writes a file of a broadcast; only events before `to`, where it is given. */
export type Write = (format: ExportFormat, path: string, to?: number) => Promise<Made>;

/** Writes in a process of its own each time, so that its memory is that of the export. */
export function childWriter(database: string, room: number): Write {
  return async (format, path, to) => {
    const program = await programOf(fileURLToPath(new URL("child/exporter.ts", import.meta.url)));
    const asked = [database, String(room), SESSION, format, path, ...(to === undefined ? [] : [String(to)])];
    const run = await promisify(execFile)(process.execPath, [program, ...asked]);
    const { seconds, mostMb } = JSON.parse(run.stdout) as { readonly seconds: number; readonly mostMb: number };
    return { format, seconds, bytes: statSync(path).size, mostMb };
  };
}

/** One by one: a difference of two lists of hundreds of thousands would never be printed. */
async function expectSame(format: string, told: AsyncIterable<Msg>, wanted: readonly Msg[]): Promise<void> {
  let count = 0;
  for await (const one of told) {
    if (JSON.stringify(one) !== JSON.stringify(wanted[count])) expect([format, count, one]).toEqual([format, count, wanted[count]]);
    count++;
  }
  expect([format, count]).toEqual([format, wanted.length]);
}

async function all(store: Store, room: number): Promise<readonly LiveEvent[]> {
  const events: LiveEvent[] = [];
  for (let after = 0; ; ) {
    const page = await store.log.readRoom(room, after, 5000, { sessionId: SESSION });
    events.push(...page.events);
    after = page.scanned;
    if (after >= page.head) return events;
  }
}

function sum(events: readonly LiveEvent[], field: "delta" | "diamonds"): number {
  return events.reduce((total, event) => total + (event.type === "gift" ? (event[field] ?? 0) : 0), 0);
}
