import type { LiveEvent } from "../events/event.js";
import type { Log } from "../store/log.js";
import type { ExportAsk } from "./ask.js";
import { ass } from "./ass.js";
import { csv } from "./csv.js";
import type { Encode, ExportFormat } from "./format.js";
import { jsonl } from "./jsonl.js";
import { parquet } from "./parquet.js";
import { Pseudonyms } from "./pseudonyms.js";
import { eventsOf, type Paid } from "./read.js";
import { srt } from "./srt.js";
import { xlsx } from "./xlsx.js";
import { xml } from "./xml.js";

const ENCODERS: Readonly<Record<ExportFormat, Encode>> = { jsonl, csv, xlsx, xml, ass, srt, parquet };

/** A piece of an export, with the seq up to which the log was looked at for it and what was before it. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly scanned: number;
}

/**
 * The bytes of an export, piece by piece as they are taken: what is held does not grow with what is exported.
 * @param paid who pays for its filter; by default nobody has to
 * @throws DyliveError what the log throws; the signal's reason
 */
export async function* exportPieces(
  log: Pick<Log, "read">,
  ask: ExportAsk,
  signal: AbortSignal,
  paid: Paid | null = null,
): AsyncGenerator<Piece> {
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
