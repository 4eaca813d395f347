/**
 * Tables of the statistics of each broadcast (`store/statistics.ts`). A broadcast that is reset gets a new `n`: the rows of the old one are
 * deleted little by little, and nothing that was under way for it can be added to the new one.
 * - `tally` is JSON: it is read and written whole, and its sums of diamonds have no bound.
 * - `back < until`: the broadcast is being counted again, and its events in between are still to be looked at.
 * - `statistics_stale`: events of the broadcast were replaced, in the same transaction; it is reset before anything else is counted.
 */
export const STATISTICS = `
CREATE TABLE statistics_rooms(
  room bigint PRIMARY KEY,
  counted bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE TABLE statistics_sessions(
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room bigint NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  back bigint NOT NULL DEFAULT 0,
  until bigint NOT NULL DEFAULT 0,
  partial boolean NOT NULL DEFAULT false,
  combos bigint NOT NULL DEFAULT 0,
  settled bigint NOT NULL DEFAULT 0,
  people bigint NOT NULL DEFAULT 0,
  chatters bigint NOT NULL DEFAULT 0,
  gifters bigint NOT NULL DEFAULT 0,
  tally text NOT NULL,
  UNIQUE(room, session_id)
);
CREATE INDEX statistics_again ON statistics_sessions(room) WHERE back < until;

CREATE TABLE statistics_minutes(
  n bigint NOT NULL,
  minute bigint NOT NULL,
  events bigint NOT NULL,
  tally text NOT NULL,
  PRIMARY KEY(n, minute)
);

CREATE TABLE statistics_people(
  n bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  name text,
  name_seq bigint NOT NULL,
  events bigint NOT NULL,
  chats bigint NOT NULL,
  likes bigint NOT NULL,
  joins bigint NOT NULL,
  follows bigint NOT NULL,
  shares bigint NOT NULL,
  combos bigint NOT NULL,
  settled bigint NOT NULL,
  units bigint NOT NULL,
  diamonds bigint NOT NULL,
  unpriced bigint NOT NULL,
  first_at bigint NOT NULL,
  last_at bigint NOT NULL,
  PRIMARY KEY(n, user_id)
);

CREATE TABLE statistics_gifts(
  n bigint NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  receiver_id text COLLATE "C" NOT NULL,
  gift_id text COLLATE "C" NOT NULL,
  gift_name text,
  gift_seq bigint NOT NULL,
  receiver_name text,
  receiver_seq bigint NOT NULL,
  combos bigint NOT NULL,
  settled bigint NOT NULL,
  units bigint NOT NULL,
  diamonds bigint NOT NULL,
  unpriced bigint NOT NULL,
  PRIMARY KEY(n, user_id, receiver_id, gift_id)
);

CREATE TABLE statistics_combos(
  n bigint NOT NULL,
  combo_id text COLLATE "C" NOT NULL,
  settled boolean NOT NULL,
  PRIMARY KEY(n, combo_id)
);

CREATE TABLE statistics_words(
  n bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  word text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY(n, kind, word)
);

CREATE TABLE statistics_stale(
  room bigint NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  from_seq bigint NOT NULL,
  to_seq bigint NOT NULL,
  PRIMARY KEY(room, session_id)
);

CREATE TABLE statistics_dead(
  n bigint PRIMARY KEY,
  room bigint NOT NULL
);
CREATE INDEX statistics_dead_room ON statistics_dead(room);
`;
