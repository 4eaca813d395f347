import { randomBytes } from "node:crypto";
import type { Secrets } from "../secrets.js";
import type { PostgresConnection } from "./connection.js";

/** Store's own keys, kept beside its id. */
export class PostgresSecrets implements Secrets {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async pseudonymKey(): Promise<string> {
    const made = randomBytes(32).toString("hex");
    return this.#connection.write(async (session) => {
      await session.run("INSERT INTO meta(key, value) VALUES ('pseudonym_key', $1) ON CONFLICT (key) DO NOTHING", made);
      const row = await session.row<{ value: string }>("SELECT value FROM meta WHERE key = 'pseudonym_key'");
      return row?.value ?? made;
    });
  }
}
