import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Cluster } from "../cluster.js";
import type { RoomKey } from "../log.js";
import type { Rooms } from "../rooms.js";
import { sqlDerived } from "../sql/derived.js";
import { sqlShared } from "../sql/meta.js";
import { sqlRepositories } from "../sql/repositories.js";
import { assertChanged, resumeText } from "../sql/rooms.js";
import { sqlSearch } from "../sql/search.js";
import { rows, type SqlDatabase } from "../sql/work.js";
import type { Store } from "../store.js";
import { addressOf, PostgresConnection } from "./connection.js";
import { PostgresLocks } from "./distributed-locks.js";
import { EVENTS, postgresRetention, SEARCH } from "./events.js";
import { postgresLeases } from "./leases.js";
import { postgresLog } from "./log.js";
import { messageOf } from "./refusal.js";
import { makeSchema } from "./schema.js";
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
 * Opens the store in a PostgreSQL database (17), whose tables are made when it is empty.
 *
 * @throws DyliveError `store_unreachable`; `bad_config` when it does not let us in or is not ours; `store_newer` when a newer dylive wrote it
 */
export async function openPostgresStore({ url, clock = systemClock, tell }: PostgresOptions): Promise<PostgresStore> {
  const { name } = addressOf(url);
  const connection = new PostgresConnection(url, clock, tell);
  try {
    await makeSchema(connection);
    const repositories = sqlRepositories(connection);
    const locks = new PostgresLocks(connection);
    return {
      ...repositories,
      log: await postgresLog(connection),
      rooms: { ...repositories.rooms, setResume: resumeSetter(connection) },
      search: sqlSearch(connection, SEARCH),
      derived: sqlDerived(connection, EVENTS, SEARCH),
      retention: postgresRetention(connection),
      cluster: {
        leases: postgresLeases(connection, locks),
        wantedRooms: postgresWantedRooms(connection),
        locks,
        shared: sqlShared(connection),
      },
      server: () => ({ away: connection.away, connections: connection.figures }),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    if (error instanceof DyliveError && (error.code === "bad_config" || error.code === "store_newer")) throw error;
    const why = error instanceof DyliveError ? error : new DyliveError("internal", messageOf(error), error);
    throw new DyliveError(why.code === "internal" ? "bad_config" : why.code, msg`${name} cannot be opened: ${why.said}`, error);
  }
}

/** SQL that locks rooms in the order of their keys, as everybody does. */
const SET_RESUMES = `WITH locked AS (SELECT room FROM rooms WHERE room = ANY($1::bigint[]) ORDER BY room FOR NO KEY UPDATE)
  UPDATE rooms r SET resume = CASE WHEN h.epoch = coalesce(g.epoch, h.epoch) THEN g.resume ELSE r.resume END
  FROM locked l JOIN unnest($1::bigint[], $2::text[], $3::bigint[]) AS g(room, resume, epoch) ON g.room = l.room JOIN heads h ON h.room = l.room
  WHERE r.room = l.room AND r.watched >= 0 RETURNING r.room`;

/**
 * Returns the function that stores where connections can be resumed. Every room says so every few seconds: what comes while a statement is
 * under way shares the next one, so that a process with many rooms makes few commits.
 */
function resumeSetter({ write }: SqlDatabase): Rooms["setResume"] {
  let waiting = new Map<RoomKey, { readonly text: string | null; readonly epoch: number | null }>();
  let under: Promise<unknown> = Promise.resolve();
  let next: Promise<ReadonlySet<RoomKey>> | null = null;
  /** Writes what waits when what is under way has ended. @returns the rooms that there are */
  const flush = async (before: Promise<unknown>): Promise<ReadonlySet<RoomKey>> => {
    await before;
    const wanted = waiting;
    waiting = new Map();
    next = null;
    const [texts, epochs] = [[...wanted.values()].map(({ text }) => text), [...wanted.values()].map(({ epoch }) => epoch)];
    const set = await write(() => rows<{ room: RoomKey }>(SET_RESUMES, [...wanted.keys()], texts, epochs));
    return new Set(set.map(({ room }) => room));
  };
  return async (room, resume, epoch) => {
    waiting.set(room, { text: resumeText(resume), epoch: epoch ?? null });
    if (next === null) {
      next = flush(under);
      under = next.catch(() => {});
    }
    assertChanged(room, (await next).has(room) ? 1 : 0);
  };
}
