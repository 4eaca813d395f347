/**
 * Tables of the search index (`store/search.ts`) and of the limits of what is kept (`store/retention.ts`).
 * - `search.words` are made by us (`store/search-terms.ts`), with one more for the room, so that the index needs no other column. Its
 *   tables are those of the same days as the events', and are dropped with them.
 * - `search_rooms.indexed`: the index holds every kept event up to this seq, and none after. A transaction that changes events of a room
 *   locks its row.
 */
export const SEARCH = `
CREATE TABLE search(
  day integer NOT NULL,
  room bigint NOT NULL,
  seq bigint NOT NULL,
  time bigint NOT NULL,
  words tsvector NOT NULL,
  PRIMARY KEY(day, room, seq)
) PARTITION BY RANGE(day);
CREATE INDEX search_words ON search USING gin(words);
CREATE TABLE search_undated PARTITION OF search FOR VALUES FROM (0) TO (1);

CREATE TABLE search_rooms(
  room bigint PRIMARY KEY,
  indexed bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE TABLE retention(
  room bigint NOT NULL REFERENCES rooms(room),
  kind text COLLATE "C" NOT NULL,
  max_age_ms bigint,
  max_bytes bigint,
  PRIMARY KEY(room, kind)
);

CREATE TABLE horizons(
  room bigint PRIMARY KEY,
  time bigint NOT NULL
);
`;
