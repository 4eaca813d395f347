import type { PostgresConnection, Work } from "./connection.js";

/** Writes that keep the order in which they were asked for, as those of a single connection do. */
export class SerialLane {
  readonly #connection: PostgresConnection;
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** As `Connection.write`, after the writes that were asked for before. */
  write<T>(work: Work<T>): Promise<T> {
    const before = this.#last;
    const written = this.#connection.guard(async () => {
      await before;
      return this.#connection.transact(work);
    });
    this.#last = written.catch(() => {});
    return written;
  }
}
