/**
 * What collectors tell of their rooms (`store/wishes.ts`), by the key of the wish. Apart from `wanted`, which is narrow and locked often; unlogged,
 * because a room is told every second and nobody needs what was told before a crash: it is told again. `over_at`: since when the collector has
 * ended by itself.
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
