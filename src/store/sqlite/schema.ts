import { createTable, META, ROOMS, TABLES, type TableWriter } from "../sql/tables.js";

const WRITER: TableWriter = {
  types: { text: "TEXT", bigint: "INTEGER" },
  counted: "INTEGER PRIMARY KEY AUTOINCREMENT",
  // A key of one number is the row's own.
  ending: ({ columns, keys, large = false }) =>
    large || (keys === 1 && Object.values(columns)[0]?.startsWith("bigint") === true) ? " STRICT" : " STRICT, WITHOUT ROWID",
};

/**
 * Tables that SQLite alone has. Measured choices:
 * - `events.pos` is room × 2^32 + seq, so a room's events lie together on disk: reading a backlog of one room among twenty is 9 times as fast
 *   as with a rowid in order of arrival, and (room, seq) needs no index of its own.
 * - the unique index begins with the id, because platform ids rise with time: all rooms then add at its right edge.
 * - numeric ids are kept as integers (8 bytes instead of 19), hence ANY.
 * - `search` holds words made by us (`store/search-terms.ts`) and no text: which word is in which event is all it knows (`detail=none`), so
 *   that it takes some 25 bytes an event. Its rowid is the event's `pos`: the newest events of a room are found first.
 * - `blocks`: of each 1024 seqs (`pos >> 10`), as far as they are indexed, the times they span, their number and the bytes of their text. A
 *   time range thus needs no index of its own, and a room's size no counting.
 */
const OWN = `
CREATE TABLE events(
  pos INTEGER PRIMARY KEY,
  id ANY NOT NULL,
  type TEXT NOT NULL,
  session_id TEXT,
  user_id TEXT,
  combo_id TEXT,
  combo_total INTEGER,
  settled INTEGER,
  diamonds INTEGER,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL,
  room INTEGER GENERATED ALWAYS AS (pos >> 32) VIRTUAL,
  seq INTEGER GENERATED ALWAYS AS (pos & 4294967295) VIRTUAL
) STRICT;
CREATE UNIQUE INDEX events_id ON events(id, room);
CREATE INDEX events_combo ON events(room, combo_id, combo_total, settled) WHERE combo_id IS NOT NULL;

CREATE VIRTUAL TABLE search USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii');

CREATE TABLE blocks(
  block INTEGER PRIMARY KEY,
  min_time INTEGER NOT NULL,
  max_time INTEGER NOT NULL,
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
`;

/** SQL that makes the tables of a new store. */
export const SCHEMA = [...[META, ROOMS, ...TABLES].map((table) => createTable(table, WRITER)), OWN].join("\n");
