import { setImmediate } from "node:timers/promises";
import type { LiveEvent } from "../events/event.js";
import { type ReadingTime, readFilter } from "../feed/reading-time.js";
import type { Log } from "../store/log.js";
import type { ExportAsk } from "./ask.js";
import { ass } from "./ass.js";
import { csv } from "./csv.js";
import type { Encode, ExportFormat } from "./format.js";
import { jsonl } from "./jsonl.js";
import { parquet } from "./parquet.js";
import { Pseudonyms } from "./pseudonyms.js";
import { srt } from "./srt.js";
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
async function* eventsOf(
  log: Pick<Log, "read">,
  ask: ExportAsk,
  signal: AbortSignal,
  onScanned: (seq: number) => void = () => {},
  paid: Paid | null = null,
): AsyncGenerator<readonly LiveEvent[]> {
  const { room, until, where, from, to } = ask;
  const expression = ask.filter === null ? null : readFilter(ask.filter);
  const inRange = (event: LiveEvent) => event.seq <= until && (from === null || event.time >= from) && (to === null || event.time < to);
  for (let after = ask.after; after < until; ) {
    signal.throwIfAborted();
    const page = await log.read(room, after, PAGE, where);
    after = Math.max(page.scanned, after + 1);
    const events = page.events.filter(inRange);
    let wanted: readonly LiveEvent[] = events;
    if (expression !== null && paid === null) wanted = events.filter(expression);
    else if (expression !== null && paid !== null) {
      await paid.time.calm(paid.payer, signal);
      wanted = (await paid.time.sift(events, { payer: paid.payer, wanted: expression, signal })).found;
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
  ask: ExportAsk,
  signal: AbortSignal,
  paid: Paid | null = null,
): AsyncGenerator<ExportPiece> {
  let scanned = ask.after;
  const onScanned = (seq: number) => {
    scanned = seq;
  };
  const events = eventsOf(log, ask, signal, onScanned, paid);
  const hidden = ask.pseudonymKey === null ? events : hide(events, new Pseudonyms(ask.pseudonymKey));
  for await (const piece of ENCODERS[ask.format](hidden, ask.about))
    yield { bytes: typeof piece === "string" ? Buffer.from(piece, "utf8") : piece, scanned };
}

async function* hide(batches: AsyncIterable<readonly LiveEvent[]>, pseudonyms: Pseudonyms): AsyncGenerator<readonly LiveEvent[]> {
  for await (const events of batches) yield events.map((event) => pseudonyms.hide(event));
}
