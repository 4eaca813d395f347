import type { PostgresConnection, PostgresWork } from "./connection.js";

/** Writer that keeps the order in which writes were asked for, as a single connection does. */
export class SerialLane {
  readonly #connection: PostgresConnection;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Writes as `PostgresConnection.write` does, after the writes that were asked for before. */
  write<T>(work: PostgresWork<T>): Promise<T> {
    const before = this.#last;
    const written = this.#connection.guard(async () => {
      await before;
      return this.#connection.transact(work);
    });
    this.#last = written.catch(() => {});
    return written;
  }
}
