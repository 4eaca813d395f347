/** The table that programs of this kind keep their messages in. */
export const PLAIN_TABLE = `
CREATE TABLE events(
  n INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  msg_id TEXT NOT NULL,
  type TEXT NOT NULL,
  time INTEGER NOT NULL,
  user_id TEXT,
  body TEXT NOT NULL,
  UNIQUE(room, msg_id)
)`;

/** A message that is there already stays as it is. */
export const PLAIN_INSERT =
  "INSERT INTO events(room, msg_id, type, time, user_id, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(room, msg_id) DO NOTHING";
