import { randomBytes } from "node:crypto";
import type { Statement } from "better-sqlite3";
import type { Secrets } from "../secrets.js";
import type { SqliteConnection } from "./connection.js";

/** Store's own keys, kept beside its id. */
export class SqliteSecrets implements Secrets {
  readonly #connection: SqliteConnection;
  readonly #get: Statement<[], string>;
  readonly #make: Statement<[string]>;

  constructor(connection: SqliteConnection) {
    const { database } = connection;
    this.#connection = connection;
    this.#get = database.prepare<[], string>("SELECT value FROM meta WHERE key = 'pseudonym_key'").pluck();
    this.#make = database.prepare("INSERT INTO meta(key, value) VALUES ('pseudonym_key', ?) ON CONFLICT(key) DO NOTHING");
  }

  async pseudonymKey(): Promise<string> {
    const made = randomBytes(32).toString("hex");
    return this.#connection.write(() => {
      this.#make.run(made);
      return this.#get.get() ?? made;
    });
  }
}
