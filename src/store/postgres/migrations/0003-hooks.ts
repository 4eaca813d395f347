/**
 * Webhooks. `hooks.body`, `hook_tries.body`: JSON of the row. A hook's positions are in `positions`. `hook_batches.body` is what is sent, kept
 * byte for byte until it is delivered; a hook has at most one batch of each room.
 */
export const HOOKS = `
CREATE TABLE hooks(
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  revision bigint NOT NULL,
  body text NOT NULL
);

CREATE TABLE hook_batches(
  hook text COLLATE "C" NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  room bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  from_seq bigint NOT NULL,
  to_seq bigint NOT NULL,
  events bigint NOT NULL,
  created_at bigint NOT NULL,
  tries bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY(hook, room)
);

CREATE TABLE hook_tries(
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hook text COLLATE "C" NOT NULL REFERENCES hooks(id) ON DELETE CASCADE,
  body text NOT NULL
);
CREATE INDEX hook_tries_hook ON hook_tries(hook, n);
`;
