import type { Shared } from "../cluster.js";
import type { PostgresConnection } from "./connection.js";

/** Prefix of the texts' names in `meta`, apart from what the store itself keeps there. */
const PREFIX = "shared:";

/** Shared texts in PostgreSQL. */
export class PostgresShared implements Shared {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  get(name: string): Promise<string | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<{ value: string }>("SELECT value FROM meta WHERE key = $1", PREFIX + name);
      return row?.value ?? null;
    });
  }

  set(name: string, text: string): Promise<void> {
    return this.#connection.write(async (session) => {
      await session.run(
        "INSERT INTO meta(key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        PREFIX + name,
        text,
      );
    });
  }
}
