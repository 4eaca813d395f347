/**
 * Table of what collectors tell of their rooms (`store/wanted-rooms.ts`), by the key of the wanted room. It is apart from `wanted`, which
 * is narrow and locked often. It is unlogged, because a room is told every second and nobody needs what was told before a crash: it is told
 * again. `over_at`: time since when the collector has ended by itself.
 */
export const TOLD = `
CREATE UNLOGGED TABLE told(
  key text COLLATE "C" PRIMARY KEY REFERENCES wanted(key) ON DELETE CASCADE,
  member integer NOT NULL,
  room bigint,
  told text NOT NULL,
  told_at timestamptz NOT NULL,
  over_at timestamptz
) WITH (fillfactor = 50);
`;
