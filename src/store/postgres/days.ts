import type { RoomKey } from "../log.js";
import type { Removal } from "../page.js";
import type { PostgresConnection } from "./connection.js";
import { searchTableOf, tableOf, UNDATED } from "./day.js";
import { LOCKS } from "./locks.js";
import type { PostgresSession } from "./session.js";

/** Makes the tables of days, before their first event. */
export class Days {
  readonly #connection: PostgresConnection;
  readonly #made = new Set<number>([UNDATED]);

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Makes sure that each of these days has a table, unless it was dropped for good. */
  async make(days: Iterable<number>): Promise<void> {
    for (const day of days) {
      if (this.#made.has(day)) continue;
      await this.#make(day);
      this.#made.add(day);
    }
  }

  /** Forgets which tables there are: another process may have dropped some. */
  forget(): void {
    this.#made.clear();
    this.#made.add(UNDATED);
  }

  #make(day: number): Promise<void> {
    return this.#connection.transact(async (session) => {
      await session.run("SELECT pg_advisory_xact_lock($1)", LOCKS.make);
      const found = await session.row<{ needed: boolean }>(
        `SELECT $1::integer >= (SELECT value::integer FROM meta WHERE key = 'horizon')
           AND NOT EXISTS (SELECT FROM day_tables WHERE day = $1::integer) AS needed`,
        day,
      );
      if (found?.needed !== true) return;
      // Made apart and then attached: CREATE … PARTITION OF would stop all reads and appends for a moment.
      for (const [whole, part] of [
        ["events", tableOf(day)],
        ["search", searchTableOf(day)],
      ]) {
        await session.run(`CREATE TABLE ${part} (LIKE ${whole} INCLUDING ALL)`);
        await session.run(`ALTER TABLE ${whole} ATTACH PARTITION ${part} FOR VALUES FROM (${day}) TO (${day + 1})`);
      }
      await session.run("INSERT INTO day_tables(day) VALUES ($1)", day);
    });
  }
}

/** Returns the days whose tables may hold seqs of a range of a room, both ends included. */
export async function daysOf(session: PostgresSession, room: RoomKey, { from, to }: Removal): Promise<readonly number[]> {
  const sql = "SELECT day FROM room_days WHERE room = $1 AND max_seq >= $2 AND min_seq <= $3";
  return (await session.rows<{ day: number }>(sql, room, from, to)).map(({ day }) => day);
}
