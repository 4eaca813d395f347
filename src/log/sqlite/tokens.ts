import type { Database } from "better-sqlite3";
import { DyliveError } from "../../errors.js";
import type { Scope, TokenRow, Tokens } from "../tokens.js";
import type { Connection } from "./connection.js";

const COLUMNS = "id, name, scope, hash, created_at AS createdAt, revoked_at AS revokedAt";

function statementsOf(database: Database) {
  return {
    add: database.prepare<[string, string, Scope, string, number, number | null]>(
      "INSERT INTO tokens(id, name, scope, hash, created_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    find: database.prepare<[string], TokenRow>(`SELECT ${COLUMNS} FROM tokens WHERE hash = ? AND revoked_at IS NULL`),
    list: database.prepare<[], TokenRow>(`SELECT ${COLUMNS} FROM tokens ORDER BY n`),
    revoke: database.prepare<[number, string]>("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"),
  };
}

/** The tokens in SQLite. */
export class SqliteTokens implements Tokens {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  add({ id, name, scope, hash, createdAt, revokedAt }: TokenRow): Promise<void> {
    return this.#connection.write(() => {
      if (this.#sql.add.run(id, name, scope, hash, createdAt, revokedAt).changes === 1) return;
      throw new DyliveError("in_use", `there is a token ${id} already, or one with its hash`);
    });
  }

  find(hash: string): Promise<TokenRow | null> {
    return this.#connection.read(() => this.#sql.find.get(hash) ?? null);
  }

  list(): Promise<readonly TokenRow[]> {
    return this.#connection.read(() => this.#sql.list.all());
  }

  revoke(id: string, at: number): Promise<boolean> {
    return this.#connection.write(() => this.#sql.revoke.run(at, id).changes === 1);
  }
}
