import { DyliveError } from "../../runtime/errors.js";
import type { TokenRow, Tokens } from "../tokens.js";
import { row, rows, run, type SqlDatabase } from "./work.js";

/** Token as it is kept: its rooms as JSON text. */
type StoredToken = Omit<TokenRow, "rooms"> & { readonly rooms: string };

const SELECT = `SELECT id, name, scope, hash, rooms, per_minute AS "perMinute", created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", last_used_at AS "lastUsedAt" FROM tokens`;

/** Returns the tokens of a database. */
export function sqlTokens({ dialect, ask, lane }: SqlDatabase): Tokens {
  const write = lane();
  const findAll = `${SELECT} WHERE hash ${dialect.among("$1", "text")} AND revoked_at IS NULL`;
  return {
    add: ({ id, name, scope, hash, rooms: seen, perMinute, createdAt, expiresAt, revokedAt, lastUsedAt }) =>
      write(function* () {
        const added = yield* run(
          `INSERT INTO tokens(id, name, scope, hash, rooms, per_minute, created_at, expires_at, revoked_at, last_used_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
          ...[id, name, scope, hash, JSON.stringify(seen), perMinute, createdAt, expiresAt, revokedAt, lastUsedAt],
        );
        if (added === 0) throw new DyliveError("in_use", `there is a token ${id} already, or one with its hash`);
      }),
    find: (hash) =>
      ask(function* () {
        const stored = yield* row<StoredToken>(`${SELECT} WHERE hash = $1 AND revoked_at IS NULL`, hash);
        return stored === undefined ? null : tokenOf(stored);
      }),
    findAll: (hashes) =>
      ask(function* () {
        return new Map((yield* rows<StoredToken>(findAll, hashes)).map((stored) => [stored.hash, tokenOf(stored)]));
      }),
    list: () =>
      ask(function* () {
        return (yield* rows<StoredToken>(`${SELECT} ORDER BY n`)).map(tokenOf);
      }),
    revoke: (id, at) =>
      write(function* () {
        return (yield* run("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, at)) === 1;
      }),
    touch: (id, at) =>
      write(function* () {
        yield* run("UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at, $2) <= $2", id, at);
      }),
  };
}

function tokenOf(stored: StoredToken): TokenRow {
  return { ...stored, rooms: JSON.parse(stored.rooms) as readonly string[] };
}
