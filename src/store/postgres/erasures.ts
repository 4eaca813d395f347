import { ERASED, type Erasures, erasureKey, type NotedErasure } from "../erasures.js";
import type { Connection } from "./connection.js";

/** The erasures of the store, beside its id. */
export class PostgresErasures implements Erasures {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async note(erasure: NotedErasure): Promise<void> {
    const sql = "INSERT INTO meta(key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    await this.#connection.write((session) => session.run(sql, erasureKey(erasure), JSON.stringify(erasure)));
  }

  async list(): Promise<readonly NotedErasure[]> {
    const rows = await this.#connection.ask((session) =>
      session.rows<{ value: string }>("SELECT value FROM meta WHERE starts_with(key, $1)", ERASED),
    );
    return rows.map(({ value }) => JSON.parse(value) as NotedErasure);
  }
}
