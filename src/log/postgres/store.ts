import { type Clock, systemClock } from "../../clock.js";
import { DyliveError } from "../../errors.js";
import type { Cluster } from "../cluster.js";
import type { Store } from "../store.js";
import { Connection } from "./connection.js";
import { dayAt } from "./day.js";
import { dropDays } from "./drop.js";
import { PostgresHooks } from "./hooks.js";
import { PostgresLeases } from "./leases.js";
import { logIdOf, PostgresLog } from "./log.js";
import { migrate } from "./migrate.js";
import { PostgresPositions } from "./positions.js";
import { PostgresRetention } from "./retention.js";
import { PostgresRooms } from "./rooms.js";
import { PostgresSearch } from "./search.js";
import { PostgresSecrets } from "./secrets.js";
import { PostgresSessions } from "./sessions.js";
import { PostgresStatistics } from "./statistics.js";
import { PostgresTokens } from "./tokens.js";
import { PostgresWishes } from "./wishes.js";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; the database exists and is empty or ours. */
  readonly url: string;
  /** For `createdAt`, for polling other processes' commits and for connecting again; the real time by default. */
  readonly clock?: Clock;
}

/** A store that many processes may have open, on one machine or on many. */
export interface PostgresStore extends Store {
  readonly cluster: Cluster;
  /**
   * Drops the events of whole days, of all rooms: those whose ids tell a day (UTC) that had ended at this time, ms UTC. In contrast to
   * `log.remove` this takes no longer for many events than for few. Such events are refused from then on. @returns how many days were dropped
   */
  dropDays(before: number): Promise<number>;
}

/**
 * Opens the store in a PostgreSQL database (17), bringing an older schema up to date.
 *
 * @throws DyliveError `bad_config` when the database cannot be reached, is not ours, or was written by a newer dylive
 */
export async function openPostgresStore({ url, clock = systemClock }: PostgresOptions): Promise<PostgresStore> {
  const where = nameOf(url);
  const connection = new Connection(url, clock);
  try {
    await migrate(connection);
    const log = new PostgresLog(connection, await logIdOf(connection));
    return {
      log,
      rooms: new PostgresRooms(connection),
      sessions: new PostgresSessions(connection),
      positions: new PostgresPositions(connection),
      tokens: new PostgresTokens(connection),
      hooks: new PostgresHooks(connection),
      statistics: new PostgresStatistics(connection),
      search: new PostgresSearch(connection),
      secrets: new PostgresSecrets(connection),
      retention: new PostgresRetention(connection),
      cluster: { leases: new PostgresLeases(connection), wishes: new PostgresWishes(connection) },
      dropDays: (before) => dropDays(connection, dayAt(before)),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    if (error instanceof DyliveError && error.code === "bad_config") throw error;
    const detail = error instanceof DyliveError ? error.detail : String(error);
    throw new DyliveError("bad_config", `the database at ${where} cannot be opened: ${detail}`, error);
  }
}

/** Host, port and name of the database: what may be shown of its address. */
function nameOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw new DyliveError("bad_config", "the address of the database is not of the form postgres://user:password@host:port/database");
  return `${parsed.host}${parsed.pathname}`;
}
