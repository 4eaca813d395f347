import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { PostgresConnection } from "../postgres/connection.js";
import { migrate } from "../postgres/migrate.js";
import { META, ROOMS, TABLES } from "../sql/tables.js";
import { type CopiedRow, EVENT_COLUMNS, SqliteSource } from "./source.js";
import { PostgresTarget } from "./target.js";

/** Events of one transaction. */
const BATCH = 2000;

/** Source, destination and options of a copy. */
interface MoveOptions {
  /** The SQLite file; nobody else writes it meanwhile. */
  readonly from: string;
  /** Address of the database, which is empty or holds the beginning of the same copy. */
  readonly to: string;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly clock?: Clock;
}

/** Result of a copy. */
interface Moved {
  readonly rooms: number;
  readonly events: number;
  /** Events that an earlier call had copied. */
  readonly before: number;
  /** Rows of both that were read and found the same, cell by cell: events, rooms and everything else. */
  readonly compared: number;
}

/**
 * Copies a SQLite store into a PostgreSQL database, with its log id, seqs and positions, so that cursors of the one go on in the other, and
 * compares the two. A copy that was broken off goes on when it is called again; one that is whole is only compared. The search index is not
 * copied: a server makes it.
 * @throws DyliveError bad_config, bad_request, store_unreachable; internal when the copy differs; the signal's reason
 */
export async function moveStore({ from, to, signal, onProgress = () => {}, clock = systemClock }: MoveOptions): Promise<Moved> {
  const source = new SqliteSource(from);
  const connection = new PostgresConnection(to, clock);
  try {
    await migrate(connection);
    const target = new PostgresTarget(connection);
    const before = await copy(source, target, onProgress, signal);
    const compared = await compareStores(source, target, onProgress, signal);
    const heads = source.heads();
    const events = heads.reduce((sum, { kept }) => sum + kept, 0);
    return { rooms: heads.filter(({ room }) => room > 0).length, events, before, compared };
  } finally {
    await connection.close();
    source.close();
  }
}

/** Copies what is not copied yet. @returns how many events were copied before */
async function copy(source: SqliteSource, target: PostgresTarget, onProgress: OnProgress, signal: AbortSignal): Promise<number> {
  const begun = await target.begin(source.meta("log_id") ?? "");
  const heads = source.heads();
  const of = heads.reduce((sum, { kept }) => sum + kept, 0);
  if (begun === null) return of;
  await target.rooms(source.rows(ROOMS));
  const before = heads.reduce((sum, { room }) => sum + source.keptUpTo(room, begun.get(room) ?? 0), 0);
  let done = before;
  for (const { room } of heads) {
    for (let after = begun.get(room) ?? 0; ; ) {
      signal.throwIfAborted();
      const rows = source.events(room, after, BATCH);
      if (rows.length === 0) break;
      await target.events(room, rows);
      after = Number(rows.at(-1)?.[1]);
      done += rows.length;
      onProgress("events copied", done, of);
    }
  }
  await target.finish(source);
  return before;
}

/** Events that are taken from the source at a time. */
const PAGE = 2000;

/** Called with what is done now, how many rows of it are done, and how many there are; null where that is not known. */
type OnProgress = (what: string, done: number, of: number | null) => void;

/**
 * Reads everything of both and compares it, cell by cell.
 * @returns how many rows were the same
 * @throws DyliveError internal that names the first difference; the signal's reason
 */
async function compareStores(source: SqliteSource, target: PostgresTarget, onProgress: OnProgress, signal: AbortSignal): Promise<number> {
  const heads = source.heads();
  const kept = heads.reduce((sum, head) => sum + head.kept, 0);
  let events = 0;
  for (const { room } of heads)
    events += await compareRows(
      { what: `events of room ${room}`, names: Object.keys(EVENT_COLUMNS), ours: eventsOf(source, room) },
      (onRow) => target.readEvents(room, onRow),
      (done) => {
        signal.throwIfAborted();
        onProgress("events compared", events + done, kept);
      },
    );
  let others = 0;
  for (const table of [META, ROOMS, ...TABLES])
    others += await compareRows(
      { what: table.name, names: Object.keys(table.columns), ours: source.rows(table) },
      (onRow) => target.read(table, onRow),
      (done) => {
        signal.throwIfAborted();
        onProgress(`rows of ${table.name} compared`, done, null);
      },
    );
  return events + others;
}

function* eventsOf(source: SqliteSource, room: number): Generator<CopiedRow> {
  for (let after = 0; ; ) {
    const page = source.events(room, after, PAGE);
    if (page.length === 0) return;
    yield* page;
    after = Number(page.at(-1)?.[1]);
  }
}

/** Compares rows one by one. @returns how many there are @throws DyliveError internal when they differ */
async function compareRows(
  { what, names, ours }: { readonly what: string; readonly names: readonly string[]; readonly ours: Generator<CopiedRow> },
  read: (onRow: (row: CopiedRow) => void) => Promise<void>,
  onRow: (done: number) => void,
): Promise<number> {
  let done = 0;
  const differ = (why: string) => new DyliveError("internal", told`the copy differs: ${what}, row ${done + 1}: ${why}`);
  try {
    await read((row) => {
      const next = ours.next();
      if (next.done === true) throw differ("the copy has more");
      const at = row.findIndex((cell, index) => cell !== next.value[index]);
      if (at >= 0) throw differ(`${names[at]} is not the same`);
      onRow(++done);
    });
    if (ours.next().done !== true) throw differ("the copy has fewer");
    return done;
  } finally {
    // A statement that is not read to its end would hold the source open.
    ours.return(undefined);
  }
}
