import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { row, rows, run, type SqlDatabase } from "./work.js";

/** Scopes of a token, which say what it may do; each includes the ones before it. */
export const SCOPES = ["read", "manage", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Token as stored: never the token itself, only its hash. Times are ms UTC. */
export interface TokenRow {
  /** Public id, safe to show and log. */
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** sha256 of the token, lower-case hex. */
  readonly hash: string;
  /** Only rooms that it may see, each by any of its names (the value of an alias) or as `room:KEY`; empty for all. */
  readonly rooms: readonly string[];
  /** Most requests that it may make in a minute; null for any number. */
  readonly perMinute: number | null;
  readonly createdAt: number;
  /** Time from which on it is not valid; null for never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Time when it was last used, give or take a minute; null for never. */
  readonly lastUsedAt: number | null;
}

/** Token as it is kept: its rooms as JSON text. */
type StoredToken = Omit<TokenRow, "rooms"> & { readonly rooms: string };

const SELECT = `SELECT id, name, scope, hash, rooms, per_minute AS "perMinute", created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", last_used_at AS "lastUsedAt" FROM tokens`;

/** Tokens of a store. */
export type Tokens = ReturnType<typeof sqlTokens>;

/** Returns the tokens of a database. */
export function sqlTokens({ dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  const findAll = `${SELECT} WHERE hash ${dialect.among("$1", "text")} AND revoked_at IS NULL`;
  return {
    /** Adds a token. @throws DyliveError `in_use` when there is a token with this id or hash */
    add: ({ id, name, scope, hash, rooms: seen, perMinute, createdAt, expiresAt, revokedAt, lastUsedAt }: TokenRow): Promise<void> =>
      write(function* () {
        const added = yield* run(
          `INSERT INTO tokens(id, name, scope, hash, rooms, per_minute, created_at, expires_at, revoked_at, last_used_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
          ...[id, name, scope, hash, JSON.stringify(seen), perMinute, createdAt, expiresAt, revokedAt, lastUsedAt],
        );
        if (added === 0) throw new DyliveError("in_use", msg`there is a token ${id} already, or one with its hash`);
      }),
    /** Finds a token by its hash; revoked ones are not found, expired ones are. */
    find: (hash: string): Promise<TokenRow | null> =>
      ask(function* () {
        const stored = yield* row<StoredToken>(`${SELECT} WHERE hash = $1 AND revoked_at IS NULL`, hash);
        return stored === undefined ? null : tokenOf(stored);
      }),
    /** Finds by their hashes all tokens that `find` would find. */
    findAll: (hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>> =>
      ask(function* () {
        return new Map((yield* rows<StoredToken>(findAll, hashes)).map((stored) => [stored.hash, tokenOf(stored)]));
      }),
    /** Returns all tokens, oldest first. */
    list: (): Promise<readonly TokenRow[]> =>
      ask(function* () {
        return (yield* rows<StoredToken>(`${SELECT} ORDER BY n`)).map(tokenOf);
      }),
    /** Revokes a token. @returns whether there was such a token, not yet revoked */
    revoke: (id: string, at: number): Promise<boolean> =>
      write(function* () {
        return (yield* run("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, at)) === 1;
      }),
    /** Notes that a token was used; an earlier time than the noted one changes nothing, nor does an unknown id. */
    touch: (id: string, at: number): Promise<void> =>
      write(function* () {
        yield* run("UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at, $2) <= $2", id, at);
      }),
  };
}

function tokenOf(stored: StoredToken): TokenRow {
  return { ...stored, rooms: JSON.parse(stored.rooms) as readonly string[] };
}
