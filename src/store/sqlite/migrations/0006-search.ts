/**
 * Tables of the search index (`store/search.ts`) and of the limits of what is kept (`store/retention.ts`).
 * - `search` holds words made by us (`store/search-terms.ts`) and no text: which word is in which event is all it knows (`detail=none`), so
 *   that it takes some 25 bytes an event. Its rowid is the event's `pos`: the newest events of a room are found first.
 * - `search_rooms.indexed`: the index holds every kept event up to this seq, and none after.
 * - `blocks`: of each 1024 seqs (`pos >> 10`), as far as they are indexed, the times they span, their number and the bytes of their text. A
 *   time range thus needs no index of its own, and a room's size no counting.
 */
export const SEARCH = `
CREATE VIRTUAL TABLE search USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii');

CREATE TABLE search_rooms(
  room INTEGER PRIMARY KEY,
  indexed INTEGER NOT NULL
) STRICT;

CREATE TABLE blocks(
  block INTEGER PRIMARY KEY,
  min_time INTEGER NOT NULL,
  max_time INTEGER NOT NULL,
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE retention(
  room INTEGER NOT NULL,
  kind TEXT NOT NULL,
  max_age_ms INTEGER,
  max_bytes INTEGER,
  PRIMARY KEY(room, kind)
) STRICT, WITHOUT ROWID;
`;
