import type { Statement } from "better-sqlite3";
import type { RoomKey } from "../log.js";
import type {
  Counted,
  CountTask,
  GiftSum,
  Minute,
  PeopleOrder,
  Person,
  PersonSession,
  Progress,
  SessionKey,
  SessionStatistics,
  Statistics,
  WordCount,
  WordKind,
} from "../statistics.js";
import type { SqliteConnection } from "./connection.js";
import { StatisticsForgetter } from "./statistics-forget.js";
import { StatisticsQueries } from "./statistics-read.js";
import { StatisticsWriter } from "./statistics-write.js";

interface SqliteStatisticsLook {
  readonly head: number;
  readonly counted: number;
  readonly version: number;
  readonly stale: number;
  readonly dead: number;
}
interface Again {
  readonly sessionId: SessionKey;
  readonly back: number;
  readonly until: number;
}

/** Statistics in SQLite. */
export class SqliteStatistics implements Statistics {
  readonly #connection: SqliteConnection;
  readonly #reader: StatisticsQueries;
  readonly #writer: StatisticsWriter;
  readonly #forgetter: StatisticsForgetter;
  readonly #progress: Statement<[], Progress>;
  readonly #look: Statement<[RoomKey], SqliteStatisticsLook>;
  readonly #again: Statement<[RoomKey], Again>;

  constructor(connection: SqliteConnection) {
    const { database } = connection;
    this.#connection = connection;
    this.#reader = new StatisticsQueries(database);
    this.#writer = new StatisticsWriter(database);
    this.#forgetter = new StatisticsForgetter(database);
    const from = "FROM heads h LEFT JOIN statistics_rooms r ON r.room = h.room";
    const stale = "EXISTS (SELECT 1 FROM statistics_stale WHERE room = h.room)";
    const dead = "EXISTS (SELECT 1 FROM statistics_dead WHERE room = h.room)";
    const again = "coalesce((SELECT sum(until - back) FROM statistics_sessions WHERE room = h.room AND back < until), 0)";
    this.#look = database.prepare(
      `SELECT h.head, coalesce(r.counted, 0) AS counted, coalesce(r.version, 0) AS version, ${stale} AS stale, ${dead} AS dead
       ${from} WHERE h.room = ?`,
    );
    this.#again = database.prepare(
      "SELECT session_id AS sessionId, back, until FROM statistics_sessions WHERE room = ? AND back < until ORDER BY n LIMIT 1",
    );
    this.#progress = database.prepare(
      `SELECT * FROM (SELECT h.room, h.head - coalesce(r.counted, 0) + ${again} AS behind, ${stale} OR ${dead} AS other ${from})
       WHERE behind > 0 OR other ORDER BY room`,
    );
  }

  progress(): Promise<readonly Progress[]> {
    return this.#connection.read(() => this.#progress.all().map(({ room, behind }) => ({ room, behind })));
  }

  async task(room: RoomKey): Promise<CountTask | null> {
    const look = await this.#connection.read(() => this.#look.get(room));
    if (look?.stale === 1) await this.#connection.write(() => this.#writer.resetStale(room));
    return this.#connection.read(() => {
      const { head, counted, version } = this.#look.get(room) ?? { head: 0, counted: 0, version: 0 };
      if (counted < head) return { room, sessionId: null, after: counted, until: head, version };
      const again = this.#again.get(room);
      return again === undefined ? null : { room, sessionId: again.sessionId, after: again.back, until: again.until, version };
    });
  }

  async sweep(room: RoomKey): Promise<boolean> {
    const look = await this.#connection.read(() => this.#look.get(room));
    return look?.dead === 1 && this.#connection.write(() => this.#writer.sweep(room));
  }

  commit(counted: Counted): Promise<boolean> {
    return this.#connection.write(() => this.#writer.commit(counted));
  }

  reset(room: RoomKey, sessionId: SessionKey): Promise<void> {
    return this.#connection.write(() => this.#writer.reset(room, sessionId));
  }

  forget(userId: string, as: string | null): Promise<void> {
    return this.#connection.write(() => this.#forgetter.forget(userId, as));
  }

  expire(room: RoomKey, before: number): Promise<boolean> {
    return this.#connection.write(() => this.#writer.expire(room, before));
  }

  sessions(room: RoomKey, sessionIds: readonly SessionKey[]): Promise<ReadonlyMap<SessionKey, SessionStatistics>> {
    return this.#connection.read(() => this.#reader.sessions(room, sessionIds));
  }

  minutes(room: RoomKey, sessionId: SessionKey, after: number, limit: number): Promise<readonly Minute[]> {
    return this.#connection.read(() => this.#reader.minutes(room, sessionId, after, limit));
  }

  people(
    room: RoomKey,
    sessionId: SessionKey,
    by: PeopleOrder,
    limit: number,
    after?: readonly [value: bigint, userId: string],
  ): Promise<readonly Person[]> {
    return this.#connection.read(() => this.#reader.people(room, sessionId, by, limit, after));
  }

  gifts(room: RoomKey, sessionId: SessionKey, ask: Parameters<Statistics["gifts"]>[2]): Promise<readonly GiftSum[]> {
    return this.#connection.read(() => this.#reader.gifts(room, sessionId, ask));
  }

  words(room: RoomKey, sessionId: SessionKey, kind: WordKind, limit: number, after?: WordCount): Promise<readonly WordCount[]> {
    return this.#connection.read(() => this.#reader.words(room, sessionId, kind, limit, after));
  }

  person(room: RoomKey, userId: string, limit: number, before?: number): Promise<readonly PersonSession[]> {
    return this.#connection.read(() => this.#reader.person(room, userId, limit, before));
  }
}
