import { row, run } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { lock } from "./dialect.js";

export const DAY_MS = 86_400_000;
/** First and last day that an id may tell, 2016-01-01 (before the platform) and 2100-01-01: ids that say another time say none. */
const FIRST_DAY = 16_801;
const LAST_DAY = 47_481;

/** Day of events whose id tells no time: hashes, combos that we settle, the system's. They are never dropped by the day. */
export const UNDATED = 0;

/**
 * Returns the day (UTC, days since 1970) that an event is kept under. It is told by the id alone, so that a repeat meets the same unique
 * key whenever it comes and whatever time it says. Ids of the platform begin with seconds × 2^32 and more; ours may name ms.
 */
export function dayOf(id: string): number {
  const ms = timeOf(id);
  const day = Math.floor(ms / DAY_MS);
  return day >= FIRST_DAY && day <= LAST_DAY ? day : UNDATED;
}

/** Returns the day that a time (ms UTC) lies in. */
export function dayAt(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

function timeOf(id: string): number {
  const platform = /^[0-9]{16,20}(?=:|$)/.exec(id);
  if (platform !== null) return Number(BigInt(platform[0]) >> 32n) * 1000;
  const own = /^(?:gap|state):([0-9]{13})(?![0-9])/.exec(id);
  return own?.[1] === undefined ? 0 : Number(own[1]);
}

/** Returns the name of the table that holds a day's events; `append_events` makes the same name. */
export function tableOf(day: number): string {
  return `events_${nameOf(day)}`;
}

/** Returns the name of the table that holds what a day's events are found by. */
export function searchTableOf(day: number): string {
  return `search_${nameOf(day)}`;
}

function nameOf(day: number): string {
  return day === UNDATED ? "undated" : new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
}

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
    return this.#connection.transact(function* () {
      yield* lock("make");
      const found = yield* row<{ needed: boolean }>(
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
        yield* run(`CREATE TABLE ${part} (LIKE ${whole} INCLUDING ALL)`);
        yield* run(`ALTER TABLE ${whole} ATTACH PARTITION ${part} FOR VALUES FROM (${day}) TO (${day + 1})`);
      }
      yield* run("INSERT INTO day_tables(day) VALUES ($1)", day);
    });
  }
}
