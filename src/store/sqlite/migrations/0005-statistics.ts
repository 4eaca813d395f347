/**
 * Tables of the statistics of each broadcast (`store/statistics.ts`). A broadcast that is reset gets a new `n`: the rows of the old one are
 * deleted little by little, and nothing that was under way for it can be added to the new one.
 * - `tally` is JSON: it is read and written whole, and its sums of diamonds have no bound.
 * - `back < until`: the broadcast is being counted again, and its events in between are still to be looked at.
 * - `statistics_stale`: events of the broadcast were replaced, in the same transaction; it is reset before anything else is counted.
 */
export const STATISTICS = `
CREATE TABLE statistics_rooms(
  room INTEGER PRIMARY KEY,
  counted INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE statistics_sessions(
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  room INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  back INTEGER NOT NULL DEFAULT 0,
  until INTEGER NOT NULL DEFAULT 0,
  partial INTEGER NOT NULL DEFAULT 0,
  combos INTEGER NOT NULL DEFAULT 0,
  settled INTEGER NOT NULL DEFAULT 0,
  people INTEGER NOT NULL DEFAULT 0,
  chatters INTEGER NOT NULL DEFAULT 0,
  gifters INTEGER NOT NULL DEFAULT 0,
  tally TEXT NOT NULL,
  UNIQUE(room, session_id)
) STRICT;
CREATE INDEX statistics_again ON statistics_sessions(room) WHERE back < until;

CREATE TABLE statistics_minutes(
  n INTEGER NOT NULL,
  minute INTEGER NOT NULL,
  events INTEGER NOT NULL,
  tally TEXT NOT NULL,
  PRIMARY KEY(n, minute)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_people(
  n INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT,
  name_seq INTEGER NOT NULL,
  events INTEGER NOT NULL,
  chats INTEGER NOT NULL,
  likes INTEGER NOT NULL,
  joins INTEGER NOT NULL,
  follows INTEGER NOT NULL,
  shares INTEGER NOT NULL,
  combos INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  units INTEGER NOT NULL,
  diamonds INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY(n, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_gifts(
  n INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  receiver_id TEXT NOT NULL,
  gift_id TEXT NOT NULL,
  gift_name TEXT,
  gift_seq INTEGER NOT NULL,
  receiver_name TEXT,
  receiver_seq INTEGER NOT NULL,
  combos INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  units INTEGER NOT NULL,
  diamonds INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY(n, user_id, receiver_id, gift_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_combos(
  n INTEGER NOT NULL,
  combo_id TEXT NOT NULL,
  settled INTEGER NOT NULL,
  PRIMARY KEY(n, combo_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_words(
  n INTEGER NOT NULL,
  kind TEXT NOT NULL,
  word TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(n, kind, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_stale(
  room INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL,
  PRIMARY KEY(room, session_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_dead(
  n INTEGER PRIMARY KEY,
  room INTEGER NOT NULL
) STRICT;
`;
