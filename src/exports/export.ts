import { setImmediate } from "node:timers/promises";
import type { LiveEvent } from "../events/event.js";
import { type ReadingTime, readFilter } from "../feed/reading-time.js";
import type { Log } from "../store/log.js";
import type { StoredEvent } from "../store/stored-event.js";
import { csv } from "./csv.js";
import type { Encode, ExportFormat } from "./format.js";
import { jsonl, storedLines } from "./jsonl.js";
import { parquet } from "./parquet.js";
import type { ExportPlan } from "./plan.js";
import { Pseudonyms } from "./pseudonyms.js";
import { ass, srt } from "./timed.js";
import { xlsx } from "./xlsx.js";
import { xml } from "./xml.js";

/** Events of one page: reading and writing them takes some 10 ms, which others must wait for. */
const PAGE = 500;

/** Payer for the filter of an export, and the time that it is paid from: it waits while there is none. */
interface Paid {
  readonly time: ReadingTime;
  readonly payer: string;
}

/**
 * Reads the events that an export is of, page by page, in order of seq. A page may be empty: others get their turn after each.
 * @param onScanned told, before a page is given, up to which seq it and those before it have come
 * @param paid without it the filter takes what time it needs: for a process of its own
 */
async function* rowsOf(
  log: Pick<Log, "read">,
  plan: ExportPlan,
  signal: AbortSignal,
  onScanned: (seq: number) => void = () => {},
  paid: Paid | null = null,
): AsyncGenerator<readonly StoredEvent[]> {
  const { room, until, where, from, to } = plan;
  const expression = plan.filter === null ? null : readFilter(plan.filter);
  const inRange = (row: StoredEvent) =>
    row.seq <= until && (from === null || row.event.time >= from) && (to === null || row.event.time < to);
  for (let after = plan.after; after < until; ) {
    signal.throwIfAborted();
    const page = await log.read(room, after, PAGE, where);
    after = Math.max(page.scanned, after + 1);
    const rows = page.rows.filter(inRange);
    let wanted: readonly StoredEvent[] = rows;
    if (expression !== null && paid === null) wanted = rows.filter(({ event }) => expression(event));
    else if (expression !== null && paid !== null) {
      await paid.time.calm(paid.payer, signal);
      wanted = (await paid.time.sift(rows, { payer: paid.payer, wanted: expression, signal })).found;
      signal.throwIfAborted();
    }
    onScanned(Math.min(after, until));
    yield wanted;
    await setImmediate();
  }
}

const ENCODERS: Readonly<Record<ExportFormat, Encode>> = { jsonl, csv, xlsx, xml, ass, srt, parquet };

/** A piece of an export, with the seq up to which the log was looked at for it and what was before it. */
export interface ExportPiece {
  readonly bytes: Uint8Array;
  readonly scanned: number;
}

/**
 * Makes the bytes of an export, piece by piece as they are taken: the memory held does not grow with what is exported.
 * @param paid who pays for its filter; by default nobody has to
 * @throws DyliveError what the log throws; the signal's reason
 */
export async function* exportPieces(
  log: Pick<Log, "read">,
  plan: ExportPlan,
  signal: AbortSignal,
  paid: Paid | null = null,
): AsyncGenerator<ExportPiece> {
  let scanned = plan.after;
  const onScanned = (seq: number) => {
    scanned = seq;
  };
  const rows = rowsOf(log, plan, signal, onScanned, paid);
  const asStored = plan.format === "jsonl" && plan.pseudonymKey === null;
  for await (const piece of asStored ? storedLines(rows) : ENCODERS[plan.format](eventsOf(rows, plan.pseudonymKey), plan.about))
    yield { bytes: typeof piece === "string" ? Buffer.from(piece, "utf8") : piece, scanned };
}

async function* eventsOf(
  batches: AsyncIterable<readonly StoredEvent[]>,
  key: ExportPlan["pseudonymKey"],
): AsyncGenerator<readonly LiveEvent[]> {
  const pseudonyms = key === null ? null : new Pseudonyms(key);
  for await (const rows of batches) yield rows.map(({ event }) => pseudonyms?.hide(event) ?? event);
}
