import type { Statement } from "better-sqlite3";
import { ERASED, type Erasures, erasureKey, type NotedErasure } from "../erasures.js";
import type { Connection } from "./connection.js";

/** The erasures of the store, beside its id. */
export class SqliteErasures implements Erasures {
  readonly #connection: Connection;
  readonly #note: Statement<[string, string]>;
  readonly #list: Statement<[string], string>;

  constructor(connection: Connection) {
    const { database } = connection;
    this.#connection = connection;
    this.#note = database.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)");
    this.#list = database.prepare<[string], string>("SELECT value FROM meta WHERE key GLOB ?").pluck();
  }

  async note(erasure: NotedErasure): Promise<void> {
    await this.#connection.write(() => this.#note.run(erasureKey(erasure), JSON.stringify(erasure)));
  }

  async list(): Promise<readonly NotedErasure[]> {
    return this.#connection.read(() => this.#list.all(`${ERASED}*`).map((text) => JSON.parse(text) as NotedErasure));
  }
}
