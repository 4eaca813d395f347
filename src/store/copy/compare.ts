import { DyliveError } from "../../runtime/errors.js";
import { META, ROOMS, TABLES } from "../sql/tables.js";
import { EVENT_COLUMNS, type Row } from "./events.js";
import type { SqliteSource } from "./source.js";
import type { PostgresTarget } from "./target.js";

/** Events that are taken from the source at a time. */
const PAGE = 2000;

/** Called with what is done now, how many rows of it are done, and how many there are; null where that is not known. */
export type OnProgress = (what: string, done: number, of: number | null) => void;

/**
 * Reads everything of both and compares it, cell by cell.
 * @returns how many rows were the same
 * @throws DyliveError internal that names the first difference; the signal's reason
 */
export async function compareStores(
  source: SqliteSource,
  target: PostgresTarget,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<number> {
  const heads = source.heads();
  const kept = heads.reduce((sum, head) => sum + head.kept, 0);
  let events = 0;
  for (const { room } of heads) {
    const ours = eventsOf(source, room);
    const names = Object.keys(EVENT_COLUMNS);
    const before = events;
    await target.readEvents(room, (rows) =>
      compareRows(`events of room ${room}`, names, ours, rows, (done) => {
        signal.throwIfAborted();
        events = before + done;
        onProgress("events compared", events, kept);
      }),
    );
  }
  let others = 0;
  for (const table of [META, ROOMS, ...TABLES]) {
    const before = others;
    await target.read(table, (rows) =>
      compareRows(table.name, Object.keys(table.columns), source.rows(table), rows, (done) => {
        signal.throwIfAborted();
        others = before + done;
        onProgress(`rows of ${table.name} compared`, done, null);
      }),
    );
  }
  return events + others;
}

function* eventsOf(source: SqliteSource, room: number): Generator<Row> {
  for (let after = 0; ; ) {
    const page = source.events(room, after, PAGE);
    if (page.length === 0) return;
    yield* page;
    after = Number(page.at(-1)?.[1]);
  }
}

/** Compares rows one by one. @throws DyliveError internal when they differ */
async function compareRows(
  what: string,
  names: readonly string[],
  ours: Generator<Row>,
  theirs: AsyncIterable<Row>,
  onRow: (done: number) => void,
): Promise<void> {
  let done = 0;
  const differ = (why: string) => new DyliveError("internal", `the copy differs: ${what}, row ${done + 1}: ${why}`);
  try {
    for await (const row of theirs) {
      const next = ours.next();
      if (next.done === true) throw differ("the copy has more");
      const at = row.findIndex((cell, index) => cell !== next.value[index]);
      if (at >= 0) throw differ(`${names[at]} is not the same`);
      onRow(++done);
    }
    if (ours.next().done !== true) throw differ("the copy has fewer");
  } finally {
    // A statement that is not read to its end would hold the source open.
    ours.return(undefined);
  }
}
