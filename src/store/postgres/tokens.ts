import { DyliveError } from "../../runtime/errors.js";
import { type StoredToken, tokenOf } from "../stored-token.js";
import type { TokenRow, Tokens } from "../tokens.js";
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";

const SELECT = `SELECT id, name, scope, hash, rooms, per_minute AS "perMinute", created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", last_used_at AS "lastUsedAt" FROM tokens`;

/** Tokens in PostgreSQL. */
export class PostgresTokens implements Tokens {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  add(row: TokenRow): Promise<void> {
    const { id, name, scope, hash, perMinute, createdAt, expiresAt, revokedAt, lastUsedAt } = row;
    const rooms = JSON.stringify(row.rooms);
    return this.#lane.write(async (session) => {
      const added = await session.run(
        `INSERT INTO tokens(id, name, scope, hash, rooms, per_minute, created_at, expires_at, revoked_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
        ...[id, name, scope, hash, rooms, perMinute, createdAt, expiresAt, revokedAt, lastUsedAt],
      );
      if (added === 0) throw new DyliveError("in_use", `there is a token ${id} already, or one with its hash`);
    });
  }

  find(hash: string): Promise<TokenRow | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<StoredToken>(`${SELECT} WHERE hash = $1 AND revoked_at IS NULL`, hash);
      return row === undefined ? null : tokenOf(row);
    });
  }

  findAll(hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>> {
    return this.#connection.ask(async (session) => {
      const rows = await session.rows<StoredToken>(`${SELECT} WHERE hash = ANY($1::text[]) AND revoked_at IS NULL`, hashes);
      return new Map(rows.map((row) => [row.hash, tokenOf(row)]));
    });
  }

  list(): Promise<readonly TokenRow[]> {
    return this.#connection.ask(async (session) => (await session.rows<StoredToken>(`${SELECT} ORDER BY n`)).map(tokenOf));
  }

  revoke(id: string, at: number): Promise<boolean> {
    return this.#lane.write(
      async (session) => (await session.run("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, at)) === 1,
    );
  }

  touch(id: string, at: number): Promise<void> {
    return this.#lane.write(async (session) => {
      await session.run("UPDATE tokens SET last_used_at = greatest($2, last_used_at) WHERE id = $1", id, at);
    });
  }
}
