import { randomBytes } from "node:crypto";
import type { Database } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { CONSUMERS } from "../sql/consumers.js";
import { assertVersion, createTable, META, ROOMS, SCHEMA_VERSION, TABLES, type TableWriter } from "../sql/tables.js";

const WRITER: TableWriter = {
  types: { text: "TEXT", bigint: "INTEGER" },
  counted: "INTEGER PRIMARY KEY AUTOINCREMENT",
  // A key of one number is the row's own.
  ending: ({ columns, keys, large = false }) =>
    large || (keys === 1 && Object.values(columns)[0]?.startsWith("bigint") === true) ? " STRICT" : " STRICT, WITHOUT ROWID",
};

/**
 * Tables that SQLite alone has. Measured choices (`npm run bench -- store`):
 * - `events` lies in the order of positions, which is the order of arrival: an append writes at the end of the table, whichever room it is of.
 * - the unique index of ids begins with the id, because platform ids rise with time: all rooms then add at its right edge.
 * - numeric ids are kept as integers (8 bytes instead of 19), hence ANY.
 * - `log_head` has the newest position: none is given twice, though its event is removed.
 * - `heads.bytes`: of the text of a room's kept events.
 * - `search` holds words made by us (`store/search.ts`) and no text: which word is in which event is all it knows (`detail=none`), so that it
 *   takes some 25 bytes an event. Its rowid is the event's position. A part of it is rewritten once half of its events are gone: at a tenth, FTS5's own
 *   limit, removing old events took three times as long.
 */
const OWN = `
CREATE TABLE events(
  pos INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id ANY NOT NULL,
  type TEXT NOT NULL,
  session_id TEXT,
  user_id TEXT,
  combo_id TEXT,
  combo_total INTEGER,
  settled INTEGER,
  diamonds INTEGER,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_seq ON events(room, seq);
CREATE UNIQUE INDEX events_id ON events(id, room);
CREATE INDEX events_combo ON events(room, combo_id, combo_total, settled) WHERE combo_id IS NOT NULL;

CREATE TABLE log_head(pos INTEGER NOT NULL) STRICT;
INSERT INTO log_head VALUES (0);
ALTER TABLE heads ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
${CONSUMERS.map((name) => `INSERT INTO consumers(name) VALUES ('${name}');`).join("\n")}

CREATE VIRTUAL TABLE search USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii');
INSERT INTO search(search, rank) VALUES ('deletemerge', 50);
`;

/** SQL that makes the tables of a new store. */
const SCHEMA = [...[META, ROOMS, ...TABLES].map((table) => createTable(table, WRITER)), OWN].join("\n");

/** "dyli": tells our files from those of other programs, so that we write into none of theirs. */
const APPLICATION_ID = 0x64796c69;

/**
 * Makes the schema in a new database, in one transaction, with the store's id and the system's room.
 * @param at ms UTC, when the system's room is made
 */
export function makeSchema(database: Database, at: number): void {
  const make = database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.prepare("INSERT INTO meta(key, value) VALUES ('log_id', ?)").run(randomBytes(9).toString("base64url"));
    database.prepare("INSERT INTO rooms(room, created_at) VALUES (0, ?)").run(at);
    database.prepare("INSERT INTO heads(room) VALUES (0)").run();
  });
  make.immediate();
}

/**
 * Returns whether a database has our schema; false for a new file.
 * @throws DyliveError `bad_config` when the file is not ours; `store_newer` when a newer dylive wrote it
 */
export function hasSchema(database: Database): boolean {
  // One snapshot: a server may be making the schema while a command reads.
  const { version, application, tables } = database.transaction(() => ({
    version: numberOf(database, "user_version"),
    application: numberOf(database, "application_id"),
    tables: database.prepare<[], number>("SELECT count(*) FROM sqlite_schema").pluck().get() ?? 0,
  }))();
  const isOurs = application === APPLICATION_ID;
  if (!isOurs && version === 0 && tables === 0) return false;
  if (!isOurs) throw new DyliveError("bad_config", msg`${database.name} is not a database of dylive`);
  if (tables === 0)
    throw new DyliveError("store_damaged", msg`${database.name} is a database of dylive, but empty: it was cut or overwritten`);
  assertVersion(database.name, version);
  return true;
}

function numberOf(database: Database, pragma: "user_version" | "application_id"): number {
  return Number(database.pragma(pragma, { simple: true }));
}
