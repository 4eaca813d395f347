import { wordsOf } from "../search.js";
import { type EventTable, SHOWN } from "../sql/log.js";
import type { Hit, SearchIndex } from "../sql/search.js";
import { each, row, rows, run, type SqlWork } from "../sql/work.js";

const MAX_INTEGER = "9223372036854775807";

/**
 * Returns an event id as it is stored: ids of chats as integers, which takes 8 bytes in the index instead of 19; any other as text. Two
 * different ids are never stored alike.
 */
export function storedId(id: string): bigint | string {
  if (!/^[1-9][0-9]{0,18}$/.test(id)) return id;
  if (id.length === MAX_INTEGER.length && id > MAX_INTEGER) return id;
  return BigInt(id);
}

/** Pages of the index that one step of a rewrite writes: some 10 ms. */
const PURGE_PAGES = 64;

const ADD_WORDS = "INSERT OR REPLACE INTO search(rowid, words) VALUES ($1, $2)";

/** Events' table of SQLite, which has no days: all events lie in the order of their positions. */
export const EVENTS: EventTable = {
  oldest: "(SELECT e.seq FROM events e WHERE e.room = h.room ORDER BY e.seq LIMIT 1)",
  firstAfter: "(SELECT e.pos FROM events e WHERE e.pos > $1 ORDER BY e.pos LIMIT 1)",
  daysAfter: "NULL",
  daysBefore: "NULL",
  bytesOf: (text) => `CAST(${text} AS BLOB)`,
  storedId,
  *days() {
    yield* [];
    return [];
  },
  *daysAt() {
    yield* [];
    return [];
  },
  daysOf: () => [],
  within: (_days, room, { from, to }) => ({ sql: "room = $1 AND seq BETWEEN $2 AND $3", values: [room, from, to] }),
  at: (_days, room, seqs) =>
    seqs.length === 1
      ? { sql: "room = $1 AND seq = $2", values: [room, seqs[0] ?? 0] }
      : { sql: "room = $1 AND seq IN (SELECT value FROM json_each($2))", values: [room, seqs] },
  known: (_days, room, ids) => ({ sql: "room = $1 AND id IN (SELECT value FROM json_each($2))", values: [room, ids.map(storedId)] }),
  between: (_days, { from, to }) => ({ sql: "pos BETWEEN $1 AND $2", values: [from, to] }),
  *replaced(room, event, { pos }, grown, indexed) {
    yield* run("UPDATE heads SET bytes = bytes + $2 WHERE room = $1", room, grown);
    if (indexed && room > 0) yield* run(ADD_WORDS, pos, wordsOf(room, event));
  },
  *remove(room, range) {
    const { sql, values } = EVENTS.within([], room, range);
    const found = yield* row<{ bytes: number | null }>(`SELECT sum(octet_length(body)) AS bytes FROM events WHERE ${sql}`, ...values);
    yield* run("UPDATE heads SET bytes = bytes - $2 WHERE room = $1", room, found?.bytes ?? 0);
    yield* run(`DELETE FROM search WHERE rowid IN (SELECT pos FROM events WHERE ${sql})`, ...values);
    yield* run(`DELETE FROM events WHERE ${sql}`, ...values);
  },
};

/** Index of SQLite: FTS5, whose rows are the positions of events. */
export const SEARCH: SearchIndex = {
  *add(events) {
    yield* each(
      ADD_WORDS,
      events.map(({ room, pos, event }) => [pos, wordsOf(room, event)]),
    );
  },
  *purge(begin) {
    const before = yield* changes();
    // A negative number of pages merges everything into one; what is no longer kept is left out on the way.
    yield* run("INSERT INTO search(search, rank) VALUES ('merge', $1)", begin ? -PURGE_PAGES : PURGE_PAGES);
    return (yield* changes()) - before >= 2;
  },
  *hits(query, before, count) {
    return yield* rows<Hit>(
      `SELECT f.pos, room, seq, body FROM (SELECT rowid AS pos FROM search WHERE search MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3) f
       LEFT JOIN events ON events.pos = f.pos AND ${SHOWN} ORDER BY f.pos DESC`,
      ...[query, before, count],
    );
  },
};

function* changes(): SqlWork<number> {
  return (yield* row<{ n: number }>("SELECT total_changes() AS n"))?.n ?? 0;
}
