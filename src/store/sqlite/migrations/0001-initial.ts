/**
 * The first schema. Measured choices:
 * - `pos` is room × 2^32 + seq, so a room's events lie together on disk: reading a backlog of one room among twenty is 9 times as fast as
 *   with a rowid in order of arrival, and (room, seq) needs no index of its own.
 * - the unique index begins with the id, because platform ids rise with time: all rooms then add at its right edge.
 * - numeric ids are kept as integers (8 bytes instead of 19), hence ANY.
 * - `heads` is apart from `rooms`: it is written with every append, and a narrow row keeps the write-ahead log small.
 */
export const INITIAL = `
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms(
  room INTEGER PRIMARY KEY,
  web_rid TEXT,
  title TEXT,
  anchor_id TEXT,
  anchor_sec_uid TEXT,
  anchor_nickname TEXT,
  anchor_avatar TEXT,
  watched INTEGER NOT NULL DEFAULT 0,
  resume TEXT,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE heads(
  room INTEGER PRIMARY KEY REFERENCES rooms(room),
  head INTEGER NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE aliases(
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  room INTEGER NOT NULL REFERENCES rooms(room),
  PRIMARY KEY(kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_room ON aliases(room);

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

CREATE TABLE removals(
  room INTEGER NOT NULL REFERENCES rooms(room),
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY(room, from_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions(
  n INTEGER PRIMARY KEY,
  room INTEGER NOT NULL REFERENCES rooms(room),
  session_id TEXT NOT NULL,
  title TEXT,
  opened_at INTEGER NOT NULL,
  ended_at INTEGER,
  end_reason TEXT,
  UNIQUE(room, session_id)
) STRICT;

CREATE TABLE positions(
  reader TEXT NOT NULL,
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  moved_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(reader, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens(
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
`;
