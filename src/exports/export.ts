import { randomInt } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { LiveEvent } from "../events/event.js";
import { ReadQueue, readFilter } from "../feed/read-queue.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { Page } from "../store/log.js";
import type { Store } from "../store/store.js";
import type { StoredEvent } from "../store/stored-event.js";
import type { KeptComment } from "../works/model/kept.js";
import { COMMENTS, EVENTS } from "./columns.js";
import { csv } from "./csv.js";
import type { Encode, ExportFormat, TableAbout, TableFormat } from "./format.js";
import { parquet } from "./parquet.js";
import type { CommentPlan, ExportPlan } from "./plan.js";
import { Pseudonyms } from "./pseudonyms.js";
import { ass, srt } from "./timed.js";
import { xlsx } from "./xlsx.js";
import { xml } from "./xml.js";

/** Events of one page: reading and writing them takes some 10 ms, which others must wait for. */
const PAGE = 500;

/**
 * Reads the events that an export is of, page by page, in order of seq. A page may be empty: others get their turn after each.
 * @param onScanned called before each page, with the last seq that it covers
 */
async function* rowsOf(
  log: Exported["log"],
  plan: ExportPlan,
  signal: AbortSignal,
  onScanned: (seq: number) => void,
): AsyncGenerator<readonly StoredEvent[]> {
  const { room, until, where, from, to, tests } = plan;
  const assertNoneLost = await lossCheck(log, plan);
  const expression = plan.filter === null ? null : readFilter(plan.filter);
  const queue = new ReadQueue();
  const inRange = (row: StoredEvent) =>
    row.seq <= until && (tests || !row.isTest) && (from === null || row.event.time >= from) && (to === null || row.event.time < to);
  for (let after = plan.after; after < until; ) {
    signal.throwIfAborted();
    const page = await log.readRoom(room, after, PAGE, where);
    assertNoneLost(page.removed);
    after = Math.max(page.scanned, after + 1);
    const rows = page.rows.filter(inRange);
    const wanted = expression === null ? rows : (await queue.filter(rows, expression, { signal })).found;
    signal.throwIfAborted();
    onScanned(Math.min(after, until));
    yield wanted;
    await setImmediate();
  }
}

/**
 * Returns the check of what a page passed over: of that everything had been removed before the export began.
 * @throws DyliveError in_use when it was removed before the export came there: it would look whole
 */
async function lossCheck(
  log: Pick<Exported["log"], "removals">,
  { room, after, until }: ExportPlan,
): Promise<(removed: Page["removed"]) => void> {
  const before = await log.removals(room, after, until);
  return ([first, last] = [1, 0]) => {
    const known = before.find(({ from, to }) => from <= first && to >= first);
    const from = known === undefined ? first : known.to + 1;
    const next = before.find((one) => one.from > from);
    const to = Math.min(last, until, (next?.from ?? Number.POSITIVE_INFINITY) - 1);
    if (from <= to)
      throw new DyliveError("in_use", msg`events ${from} to ${to} were removed before the export came to them: it is not whole`);
  };
}

/** Reads the comments that an export is of, oldest first: ids rise with the time. */
async function* commentsOf(
  comments: Pick<Store["comments"], "walk">,
  { workId, pseudonymKey }: CommentPlan,
  signal: AbortSignal,
): AsyncGenerator<readonly KeptComment[]> {
  const pseudonyms = pseudonymKey === null ? null : new Pseudonyms(pseudonymKey);
  for (let after = { workId, id: "" }; ; ) {
    signal.throwIfAborted();
    const page = await comments.walk(after, PAGE);
    const own = page.filter((one) => one.workId === workId);
    yield own.map((comment) => pseudonyms?.hideComment(comment) ?? comment);
    const last = own.at(-1);
    if (last === undefined || own.length < PAGE) return;
    after = last;
    await setImmediate();
  }
}

/** Writes one event, or one comment, a line, as the API gives it: nothing is lost. */
async function* jsonl(batches: AsyncIterable<readonly (LiveEvent | KeptComment)[]>): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map((one) => `${JSON.stringify(one)}\n`).join("");
}

/** Writes stored events as {@link jsonl} does. */
async function* storedLines(batches: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<string> {
  for await (const rows of batches) yield rows.map(({ text }) => `${text}\n`).join("");
}

/** Writes the events that an export is of as {@link jsonl} does, where nothing inside decides which those are. */
async function* unreadLines(log: Exported["log"], plan: ExportPlan, signal: AbortSignal): AsyncGenerator<ExportPiece> {
  const { room, until, where, tests, after } = plan;
  const assertNoneLost = await lossCheck(log, plan);
  for (let scanned = after; scanned < until; await setImmediate()) {
    signal.throwIfAborted();
    const page = await log.lines(room, scanned, until, PAGE, tests ? where : { ...where, tests: false });
    assertNoneLost(page.removed);
    scanned = Math.max(page.scanned, scanned + 1);
    yield { bytes: page.bytes, scanned };
  }
}

/** Encoders of the formats, by name. */
export const ENCODERS: Readonly<Record<ExportFormat, Encode>> = {
  ...{ jsonl, csv: csv(EVENTS), xlsx: xlsx(EVENTS), parquet: parquet(EVENTS) },
  ...{ xml, ass, srt },
};

/** Encoders of comments: of the formats that are tables. */
const COMMENT_ENCODERS: Readonly<Record<TableFormat, Encode<KeptComment, TableAbout>>> = {
  ...{ jsonl, csv: csv(COMMENTS), xlsx: xlsx(COMMENTS), parquet: parquet(COMMENTS) },
};

/** Dependencies of exports. */
interface Exported {
  readonly log: Pick<Store["log"], "readRoom" | "lines" | "removals">;
  readonly comments: Pick<Store["comments"], "walk">;
}

/** A piece of an export, with the seq up to which the log was looked at for it and what was before it; 0 of comments. */
interface ExportPiece {
  readonly bytes: Uint8Array;
  readonly scanned: number;
}

/**
 * Makes the bytes of an export, piece by piece as they are taken: the memory held does not grow with what is exported.
 * @throws DyliveError in_use when something was removed before it came there; what the log throws; the signal's reason
 */
export async function* exportPieces(
  { log, comments }: Exported,
  plan: ExportPlan | CommentPlan,
  signal: AbortSignal,
): AsyncGenerator<ExportPiece> {
  if ("workId" in plan) {
    const encoded = COMMENT_ENCODERS[plan.format](commentsOf(comments, plan, signal), { ...plan, begins: true });
    for await (const piece of encoded) yield { bytes: bytesOf(piece), scanned: 0 };
    return;
  }
  const asStored = plan.format === "jsonl" && plan.pseudonymKey === null;
  if (asStored && plan.filter === null && plan.from === null && plan.to === null) {
    yield* unreadLines(log, plan, signal);
    return;
  }
  let scanned = plan.after;
  const onScanned = (seq: number) => {
    scanned = seq;
  };
  const rows = rowsOf(log, plan, signal, onScanned);
  for await (const piece of asStored ? storedLines(rows) : ENCODERS[plan.format](eventsOf(rows, plan.pseudonymKey), plan.about))
    yield { bytes: bytesOf(piece), scanned };
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? Buffer.from(piece, "utf8") : piece;
}

async function* eventsOf(
  batches: AsyncIterable<readonly StoredEvent[]>,
  key: ExportPlan["pseudonymKey"],
): AsyncGenerator<readonly LiveEvent[]> {
  const pseudonyms = key === null ? null : new Pseudonyms(key);
  for await (const rows of batches) yield rows.map(({ event }) => pseudonyms?.hide(event) ?? event);
}

/** Least bytes of an answer, so that what is handed between threads is worth its way. */
const PART_BYTES = 256 * 1024;
/** Most exports that are open at a time: each holds some 10 MB and its share of one core. */
const OPEN_MAX = 4;

/** Exports that are under way, each taken part by part by the caller that opened it. */
export interface Exports {
  /** Begins an export. @throws DyliveError in_use when too many are under way */
  open(plan: ExportPlan | CommentPlan): Promise<number>;
  /** Returns the next part of its bytes; null at the end. */
  next(id: number): Promise<Uint8Array | null>;
  /** Ends it, wherever it is; to be called after the end, too. */
  close(id: number): Promise<void>;
}

/** Exports made in this thread. */
export class LocalExports implements Exports {
  readonly #store: Exported;
  readonly #open = new Map<number, { readonly pieces: AsyncIterator<ExportPiece>; readonly stop: AbortController }>();
  /** Id of the export that was opened last. Those of a thread that ended in the middle are not given again: their callers may still come. */
  #last = randomInt(2 ** 47);

  constructor(store: Exported) {
    this.#store = store;
  }

  async open(plan: ExportPlan | CommentPlan): Promise<number> {
    if (this.#open.size >= OPEN_MAX)
      throw new DyliveError("in_use", msg`${OPEN_MAX} exports are under way, which is the most; wait for one to end`);
    const stop = new AbortController();
    this.#open.set(++this.#last, { pieces: exportPieces(this.#store, plan, stop.signal), stop });
    return this.#last;
  }

  async next(id: number): Promise<Uint8Array | null> {
    const one = this.#open.get(id);
    if (one === undefined) throw new DyliveError("internal", msg`there is no export ${id}`);
    const parts: Uint8Array[] = [];
    for (let size = 0; size < PART_BYTES; ) {
      const { value, done } = await one.pieces.next();
      if (done) return parts.length === 0 ? null : joined(parts);
      if (value.bytes.length > 0) parts.push(value.bytes);
      size += value.bytes.length;
    }
    return joined(parts);
  }

  async close(id: number): Promise<void> {
    const one = this.#open.get(id);
    this.#open.delete(id);
    one?.stop.abort(new DyliveError("stopping", "the export was ended"));
    await one?.pieces.return?.().catch(() => {}); // it was ended: that it says so is no news
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Begins an export, and gives its bytes as they are taken; however that ends, it is ended.
 * @param signal ends it too: what is never begun to be taken has no end of its own
 * @throws DyliveError in_use when too many are under way
 */
export async function partsOf(exports: Exports, plan: ExportPlan | CommentPlan, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const id = await exports.open(plan);
  const end = () => void exports.close(id).catch(() => {}); // where it is made is over, and it with it
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  return parts(exports, id, signal, end);
}

async function* parts(exports: Exports, id: number, signal: AbortSignal, end: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      signal.throwIfAborted();
      const part = await exports.next(id);
      signal.throwIfAborted(); // one that was ended may look as if it were whole
      if (part === null) return;
      yield part;
    }
  } finally {
    signal.removeEventListener("abort", end);
    await exports.close(id);
  }
}
