import type { Database } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import { type StoredToken, tokenOf } from "../stored-token.js";
import type { TokenRow, Tokens } from "../tokens.js";
import type { SqliteConnection } from "./connection.js";

const COLUMNS = `id, name, scope, hash, rooms, per_minute AS perMinute, created_at AS createdAt, expires_at AS expiresAt,
  revoked_at AS revokedAt, last_used_at AS lastUsedAt`;

function statementsOf(database: Database) {
  return {
    add: database.prepare<(string | number | null)[]>(
      `INSERT INTO tokens(id, name, scope, hash, rooms, per_minute, created_at, expires_at, revoked_at, last_used_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    find: database.prepare<[string], StoredToken>(`SELECT ${COLUMNS} FROM tokens WHERE hash = ? AND revoked_at IS NULL`),
    findAll: database.prepare<[string], StoredToken>(
      `SELECT ${COLUMNS} FROM tokens WHERE hash IN (SELECT value FROM json_each(?)) AND revoked_at IS NULL`,
    ),
    list: database.prepare<[], StoredToken>(`SELECT ${COLUMNS} FROM tokens ORDER BY n`),
    revoke: database.prepare<[number, string]>("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"),
    touch: database.prepare<[number, string]>("UPDATE tokens SET last_used_at = max(?, coalesce(last_used_at, 0)) WHERE id = ?"),
  };
}

/** Tokens in SQLite. */
export class SqliteTokens implements Tokens {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  add(row: TokenRow): Promise<void> {
    const { id, name, scope, hash, perMinute, createdAt, expiresAt, revokedAt, lastUsedAt } = row;
    const rooms = JSON.stringify(row.rooms);
    return this.#connection.write(() => {
      const { changes } = this.#sql.add.run(id, name, scope, hash, rooms, perMinute, createdAt, expiresAt, revokedAt, lastUsedAt);
      if (changes === 0) throw new DyliveError("in_use", `there is a token ${id} already, or one with its hash`);
    });
  }

  find(hash: string): Promise<TokenRow | null> {
    return this.#connection.read(() => {
      const row = this.#sql.find.get(hash);
      return row === undefined ? null : tokenOf(row);
    });
  }

  findAll(hashes: readonly string[]): Promise<ReadonlyMap<string, TokenRow>> {
    return this.#connection.read(() => new Map(this.#sql.findAll.all(JSON.stringify(hashes)).map((row) => [row.hash, tokenOf(row)])));
  }

  list(): Promise<readonly TokenRow[]> {
    return this.#connection.read(() => this.#sql.list.all().map(tokenOf));
  }

  revoke(id: string, at: number): Promise<boolean> {
    return this.#connection.write(() => this.#sql.revoke.run(at, id).changes === 1);
  }

  touch(id: string, at: number): Promise<void> {
    return this.#connection.write(() => {
      this.#sql.touch.run(at, id);
    });
  }
}
