import type { RoomKey } from "../log.js";
import type { Found, Search, SearchAsk, Verified } from "../search.js";
import type { Progress } from "../statistics.js";
import type { SqliteConnection } from "./connection.js";
import { SearchReader } from "./search-read.js";
import { SearchWriter } from "./search-write.js";

/** Search in SQLite, by its full-text index. */
export class SqliteSearch implements Search {
  readonly #connection: SqliteConnection;
  readonly #reader: SearchReader;
  readonly #writer: SearchWriter;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#reader = new SearchReader(connection.database);
    this.#writer = new SearchWriter(connection.database);
  }

  progress(): Promise<readonly Progress[]> {
    return this.#connection.read(() => this.#reader.progress());
  }

  advance(room: RoomKey): Promise<boolean> {
    return this.#connection.write(() => this.#writer.advance(room));
  }

  reset(): Promise<void> {
    return this.#connection.write(() => this.#writer.reset());
  }

  find(ask: SearchAsk, limit: number): Promise<Found> {
    return this.#connection.read(() => this.#reader.find(ask, limit));
  }

  purge(begin: boolean): Promise<boolean> {
    return this.#connection.write(() => this.#writer.purge(begin));
  }

  verify(room: RoomKey, after: number): Promise<Verified | null> {
    return this.#connection.read(() => this.#reader.verify(room, after));
  }
}
