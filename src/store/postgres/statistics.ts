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
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";
import { forgetPerson } from "./statistics-forget.js";
import { giftsOf, minutesOf, peopleOf, personOf, sessionsOf, wordsCounted } from "./statistics-read.js";
import { commitCounted, expireSession, resetSession, resetStale, sweepDead } from "./statistics-write.js";

const FROM = "FROM heads h LEFT JOIN statistics_rooms r ON r.room = h.room";
const STALE = "EXISTS (SELECT FROM statistics_stale WHERE room = h.room)";
const DEAD = "EXISTS (SELECT FROM statistics_dead WHERE room = h.room)";
const AGAIN = "coalesce((SELECT sum(until - back)::bigint FROM statistics_sessions WHERE room = h.room AND back < until), 0)";
const LOOK = `SELECT h.head, coalesce(r.counted, 0) AS counted, coalesce(r.version, 0) AS version, ${STALE} AS stale ${FROM} WHERE h.room = $1`;

interface StatisticsLook {
  readonly head: number;
  readonly counted: number;
  readonly version: number;
  readonly stale: boolean;
}

/** Statistics in PostgreSQL. */
export class PostgresStatistics implements Statistics {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  progress(): Promise<readonly Progress[]> {
    return this.#connection.ask((session) =>
      session.rows<Progress>(
        `SELECT room, behind FROM (SELECT h.room, h.head - coalesce(r.counted, 0) + ${AGAIN} AS behind, ${STALE} OR ${DEAD} AS other ${FROM}) p
         WHERE behind > 0 OR other ORDER BY room`,
      ),
    );
  }

  async task(room: RoomKey): Promise<CountTask | null> {
    const look = await this.#connection.ask((session) => session.row<StatisticsLook>(LOOK, room));
    if (look?.stale === true) await this.#lane.write((session) => resetStale(session, room));
    return this.#connection.read(async (session) => {
      const { head, counted, version } = (await session.row<StatisticsLook>(LOOK, room)) ?? { head: 0, counted: 0, version: 0 };
      if (counted < head) return { room, sessionId: null, after: counted, until: head, version };
      const again = await session.row<{ sessionId: SessionKey; back: number; until: number }>(
        `SELECT session_id AS "sessionId", back, until FROM statistics_sessions WHERE room = $1 AND back < until ORDER BY n LIMIT 1`,
        room,
      );
      return again === undefined ? null : { room, sessionId: again.sessionId, after: again.back, until: again.until, version };
    });
  }

  sweep(room: RoomKey): Promise<boolean> {
    return this.#lane.write((session) => sweepDead(session, room));
  }

  commit(counted: Counted): Promise<boolean> {
    return this.#lane.write((session) => commitCounted(session, counted));
  }

  reset(room: RoomKey, sessionId: SessionKey): Promise<void> {
    return this.#lane.write((session) => resetSession(session, room, sessionId));
  }

  forget(userId: string, as: string | null): Promise<void> {
    return this.#lane.write((session) => forgetPerson(session, userId, as));
  }

  expire(room: RoomKey, before: number): Promise<boolean> {
    return this.#lane.write((session) => expireSession(session, room, before));
  }

  sessions(room: RoomKey, sessionIds: readonly SessionKey[]): Promise<ReadonlyMap<SessionKey, SessionStatistics>> {
    return this.#connection.ask((session) => sessionsOf(session, room, sessionIds));
  }

  minutes(room: RoomKey, sessionId: SessionKey, after: number, limit: number): Promise<readonly Minute[]> {
    return this.#connection.ask((session) => minutesOf(session, room, sessionId, after, limit));
  }

  people(
    room: RoomKey,
    sessionId: SessionKey,
    by: PeopleOrder,
    limit: number,
    after?: readonly [value: bigint, userId: string],
  ): Promise<readonly Person[]> {
    return this.#connection.ask((session) => peopleOf(session, room, sessionId, by, limit, after));
  }

  gifts(room: RoomKey, sessionId: SessionKey, ask: Parameters<Statistics["gifts"]>[2]): Promise<readonly GiftSum[]> {
    return this.#connection.ask((session) => giftsOf(session, room, sessionId, ask));
  }

  words(room: RoomKey, sessionId: SessionKey, kind: WordKind, limit: number, after?: WordCount): Promise<readonly WordCount[]> {
    return this.#connection.ask((session) => wordsCounted(session, room, sessionId, kind, limit, after));
  }

  person(room: RoomKey, userId: string, limit: number, before?: number): Promise<readonly PersonSession[]> {
    return this.#connection.ask((session) => personOf(session, room, userId, limit, before));
  }
}
