import type { Connection } from "./connection.js";
import { tableOf, UNDATED } from "./day.js";
import { LOCKS } from "./locks.js";

/** Makes the tables of days, each before its first event. */
export class Days {
  readonly #connection: Connection;
  readonly #made = new Set<number>([UNDATED]);

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Makes sure that every of these days has a table, unless it was dropped for good. */
  async make(days: Iterable<number>): Promise<void> {
    for (const day of days) {
      if (this.#made.has(day)) continue;
      await this.#make(day);
      this.#made.add(day);
    }
  }

  /** Another process may have dropped some. */
  forget(): void {
    this.#made.clear();
    this.#made.add(UNDATED);
  }

  #make(day: number): Promise<void> {
    const table = tableOf(day);
    return this.#connection.transact(async (session) => {
      await session.run("SELECT pg_advisory_xact_lock($1)", LOCKS.make);
      const found = await session.row<{ needed: boolean }>(
        "SELECT to_regclass($1) IS NULL AND $2 >= (SELECT value::integer FROM meta WHERE key = 'horizon') AS needed",
        table,
        day,
      );
      if (found?.needed !== true) return;
      // Made apart and then attached: CREATE … PARTITION OF would stop all reads and appends for a moment.
      await session.run(`CREATE TABLE ${table} (LIKE events INCLUDING ALL)`);
      await session.run(`ALTER TABLE events ATTACH PARTITION ${table} FOR VALUES FROM (${day}) TO (${day + 1})`);
    });
  }
}
