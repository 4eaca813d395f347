/** Columns of tokens for what a token may be limited to, and when it was last used. `rooms` is a JSON array of names. */
export const TOKENS = `
ALTER TABLE tokens ADD COLUMN rooms TEXT NOT NULL DEFAULT '[]';
ALTER TABLE tokens ADD COLUMN per_minute INTEGER;
ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;
`;
