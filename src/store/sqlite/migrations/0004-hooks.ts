/**
 * Webhooks. `hooks.body`, `hook_tries.body`: JSON of the row. A hook's positions are in `positions`. `hook_batches.body` is what is sent, kept
 * byte for byte until it is delivered; a hook has at most one batch of each room.
 */
export const HOOKS = `
CREATE TABLE hooks(
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE hook_batches(
  hook TEXT NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  room INTEGER NOT NULL,
  id TEXT NOT NULL,
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL,
  events INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY(hook, room)
) STRICT;

CREATE TABLE hook_tries(
  n INTEGER PRIMARY KEY,
  hook TEXT NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX hook_tries_hook ON hook_tries(hook, n);
`;
