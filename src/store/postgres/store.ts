import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Cluster } from "../cluster.js";
import { NOTHING_LEFT } from "../residue.js";
import { sqlHooks } from "../sql/hooks.js";
import { sqlErasures, sqlSecrets, sqlShared } from "../sql/meta.js";
import { sqlPositions } from "../sql/positions.js";
import { sqlRooms } from "../sql/rooms.js";
import { sqlSearch } from "../sql/search.js";
import { sqlSessions } from "../sql/sessions.js";
import { sqlStatistics } from "../sql/statistics.js";
import { sqlTokens } from "../sql/tokens.js";
import type { Store } from "../store.js";
import { addressOf } from "./address.js";
import { PostgresConnection } from "./connection.js";
import { PostgresLocks } from "./distributed-locks.js";
import { EVENTS, SEARCH } from "./events.js";
import { postgresLeases } from "./leases.js";
import { postgresLog } from "./log.js";
import { migrate } from "./migrate.js";
import { messageOf } from "./refusal.js";
import { resumeSetter } from "./resumes.js";
import { postgresRetention } from "./retention.js";
import { postgresSpooled } from "./spooled.js";
import { postgresWantedRooms } from "./wanted-rooms.js";

interface PostgresOptions {
  /** Address `postgres://user:password@host:port/database`; the database exists and is empty or ours. */
  readonly url: string;
  /** Clock for `createdAt`, for polling other processes' commits and for connecting again; the real time by default. */
  readonly clock?: Clock;
  /** Called with one sentence when the database is missed, and when it is back. */
  readonly tell?: (sentence: string) => void;
}

/** Store that many processes may have open, on one machine or on many. */
export interface PostgresStore extends Store {
  readonly cluster: Cluster;
  readonly server: NonNullable<Store["server"]>;
}

/**
 * Opens the store in a PostgreSQL database (17), bringing an older schema up to date.
 *
 * @throws DyliveError `store_unreachable`; `bad_config` when it does not let us in, is not ours, or was written by a newer dylive
 */
export async function openPostgresStore({ url, clock = systemClock, tell }: PostgresOptions): Promise<PostgresStore> {
  const { name } = addressOf(url);
  const connection = new PostgresConnection(url, clock, tell);
  try {
    await migrate(connection);
    return {
      log: await postgresLog(connection),
      rooms: { ...sqlRooms(connection), setResume: resumeSetter(connection) },
      sessions: sqlSessions(connection),
      positions: sqlPositions(connection),
      tokens: sqlTokens(connection),
      hooks: sqlHooks(connection),
      statistics: sqlStatistics(connection),
      search: sqlSearch(connection, EVENTS, SEARCH),
      secrets: sqlSecrets(connection),
      retention: postgresRetention(connection),
      residue: NOTHING_LEFT,
      erasures: sqlErasures(connection),
      cluster: {
        leases: postgresLeases(connection),
        wantedRooms: postgresWantedRooms(connection),
        spooled: postgresSpooled(connection),
        locks: new PostgresLocks(connection),
        shared: sqlShared(connection),
      },
      server: () => ({ away: connection.away, connections: connection.figures }),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    if (error instanceof DyliveError && (error.code === "bad_config" || error.code === "store_newer")) throw error;
    const told = error instanceof DyliveError ? error : new DyliveError("internal", messageOf(error), error);
    throw new DyliveError(told.code === "internal" ? "bad_config" : told.code, `${name} cannot be opened: ${told.detail}`, error);
  }
}
