import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import {
  COUNT_MAX,
  eventsOf,
  type GiftGroup,
  type GiftSum,
  type LevelCount,
  type Minute,
  PEOPLE_ORDERS,
  type PeopleOrder,
  type PersonFigures,
  type PersonRoom,
  type PersonSession,
  type PersonWitness,
  type SessionAudience,
  type SessionKey,
  type SessionStatistics,
  totalsOf,
  type Witness,
  type WordCount,
  type WordKind,
} from "../statistics.js";
import { type Dialect, row, rows, type SqlDatabase, type SqlValue } from "./work.js";

/** Columns of a person. Diamonds may not fit a JS number: they come as text. */
const PERSON = `p.user_id AS "userId", p.name, p.name_seq AS "nameSeq", p.events, p.chats, p.likes, p.joins, p.follows, p.shares, p.combos,
  p.settled, p.units, p.unpriced AS "unpricedUnits", p.first_at AS "firstAt", p.last_at AS "lastAt", p.level, p.club, CAST(p.diamonds AS TEXT) AS diamonds`;
/** Columns of counts of a person that have their names here, too. */
export const COUNTS = ["events", "chats", "likes", "joins", "follows", "shares", "combos", "settled", "units"] as const;
/** SQL for what a person did in the broadcasts of a room. */
const OF_PERSON = "FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id = $2 WHERE s.room = $1";
/** Columns of each group. */
const GROUPS: Readonly<Record<GiftGroup, readonly string[]>> = {
  gift: ["gift_id"],
  user: ["user_id"],
  receiver: ["receiver_id"],
  line: ["user_id", "receiver_id", "gift_id"],
};
/** SQL for the `n` of a broadcast's rows; there is none when nothing was counted of it. */
const N = "(SELECT n FROM statistics_sessions WHERE room = $1 AND session_id = $2)";

/** A sum of diamonds, which neither an INTEGER of SQLite nor a JS number may hold: that of the upper and that of the lower 32 bits. */
export interface Halves {
  readonly high: string;
  readonly low: string;
}

type Stored<T> = Omit<T, "diamonds"> & { readonly diamonds: string };
type StoredSum = Omit<GiftSum, "place" | "diamonds"> & Halves & { readonly rank: number; readonly key: string };
type StoredSession = Omit<SessionStatistics, "totals" | "busiest" | "partial" | "witness" | "isCountedAgain"> & {
  readonly totals: string;
  readonly again: number;
  readonly partial: number;
  readonly minute: number | null;
  readonly minuteEvents: number | null;
};

/** SQL for how many positions of the log are still to be counted. */
export const POSITIONS_BEHIND = "(SELECT h.pos - c.pos FROM log_head h, consumers c WHERE c.name = 'statistics')";

/** Returns the part of a database's statistics that reads them. */
export function statisticsReader({ dialect, ask, read }: SqlDatabase) {
  const minute = "FROM statistics_minutes WHERE n = s.n";
  const sessions = `SELECT s.session_id AS "sessionId", s.totals, s.partial, s.combos, s.settled, s.people, s.chatters, s.gifters,
      s.until - s.back AS again, ${POSITIONS_BEHIND} + s.until - s.back AS behind,
      (SELECT minute ${minute} ORDER BY events DESC, minute LIMIT 1) AS minute, (SELECT max(events) ${minute}) AS "minuteEvents"
    FROM statistics_sessions s WHERE s.room = $1 AND s.session_id ${dialect.among("$2", "text")}`;
  const rise = "max(k.high_score - k.first_score)";
  /** Rises of people in the ranks of broadcasts. Who gave units of unknown price may have given as much as that: nothing of it is called missing. */
  const rises = `SELECT s.session_id AS "sessionId", k.user_id AS "userId", max(k.name) AS name, ${rise} AS witnessed,
      CASE WHEN max(coalesce(p.unpriced, 0)) > 0 THEN ${rise} ELSE ${dialect.least}(max(coalesce(p.diamonds, 0)), ${rise}) END AS received
    FROM statistics_sessions s JOIN statistics_ranks k ON k.n = s.n LEFT JOIN statistics_people p ON p.n = s.n AND p.user_id = k.user_id
    WHERE s.room = $1 AND s.session_id ${dialect.among("$2", "text")} GROUP BY s.session_id, k.user_id HAVING ${rise} > 0`;
  const sum = (column: string) => countSum(dialect, column);
  /** Returns the sums of gifts by some columns. What they are not summed by is null; a line is one row, which has one name. */
  const sums = (by: GiftGroup, only: string) => {
    const columns = GROUPS[by];
    const id = (column: string) => (columns.includes(column) ? `nullif(${column}, '')` : "NULL");
    const name = (column: string) => {
      if (!columns.includes(`${column}_id`)) return "NULL";
      return columns.length > 1 ? `min(${column}_name)` : dialect.newest(`${column}_name`, `${column}_seq`);
    };
    return `SELECT ${id("user_id")} AS "userId", ${id("receiver_id")} AS "receiverId", ${name("receiver")} AS "receiverName",
        ${columns.includes("gift_id") ? "gift_id" : "NULL"} AS "giftId", ${name("gift")} AS "giftName",
        ${sum("combos")} AS combos, ${sum("settled")} AS settled, ${sum("units")} AS units, ${sum("unpriced")} AS "unpricedUnits",
        ${halves("diamonds")},
        CAST(sum(diamonds * 1.0) AS DOUBLE PRECISION) AS rank, ${columns.join(" || ' ' || ")} AS key
      FROM statistics_gifts WHERE n = ${N} ${by === "user" ? "AND user_id <> ''" : ""} ${only} GROUP BY ${columns.join(", ")}`;
  };
  return {
    /** Returns the statistics of these broadcasts; one of which nothing was counted is absent. */
    sessions: (room: RoomKey, sessionIds: readonly SessionKey[]): Promise<ReadonlyMap<SessionKey, SessionStatistics>> =>
      ask(function* () {
        const ranked = yield* rows<Witness & { sessionId: SessionKey }>(
          `SELECT w."sessionId", ${sum("w.witnessed")} AS witnessed, ${sum("w.received")} AS received FROM (${rises}) w GROUP BY w."sessionId"`,
          ...[room, sessionIds],
        );
        const witnesses = new Map(ranked.map(({ sessionId, ...witness }) => [sessionId, witness]));
        const found = (yield* rows<StoredSession>(sessions, room, sessionIds)).map(
          ({ totals, partial, again, minute: at, minuteEvents, ...rest }): SessionStatistics => {
            const busiest = at === null || minuteEvents === null ? null : { minute: at, events: minuteEvents };
            const witness = witnesses.get(rest.sessionId) ?? { witnessed: 0, received: 0 };
            return { ...rest, totals: totalsOf(totals), partial: partial > 0, isCountedAgain: again > 0, busiest, witness };
          },
        );
        return new Map(found.map((one) => [one.sessionId, one]));
      }),
    /** Returns the minutes with events after a minute, in order of time. */
    minutes: (room: RoomKey, sessionId: SessionKey, after: number, limit: number): Promise<readonly Minute[]> =>
      ask(function* () {
        const sql = `SELECT minute, first_seq AS "firstSeq", totals FROM statistics_minutes WHERE n = ${N} AND minute > $3 ORDER BY minute LIMIT $4`;
        const found = yield* rows<{ minute: number; firstSeq: number; totals: string }>(sql, room, sessionId, after, limit);
        return found.map(({ totals, ...rest }) => ({ ...rest, totals: totalsOf(totals) }));
      }),
    /** Returns the people with the most first, then by id. @param after the last one of the page before */
    people: (
      room: RoomKey,
      sessionId: SessionKey,
      order: PeopleOrder,
      limit: number,
      after?: readonly [value: bigint, userId: string],
    ): Promise<readonly PersonFigures[]> =>
      ask(function* () {
        // A column's name cannot be a value: only names of ours get into the text.
        const by = PEOPLE_ORDERS.find((one) => one === order);
        if (by === undefined) throw new DyliveError("bad_request", "there is no such order of people");
        const place = after === undefined ? "" : `AND (p.${by} < $4 OR (p.${by} = $4 AND p.user_id > $5))`;
        const sql = `SELECT ${PERSON} FROM statistics_people p WHERE n = ${N} AND p.${by} > 0 ${place} ORDER BY p.${by} DESC, p.user_id LIMIT $3`;
        return (yield* rows<Stored<PersonFigures>>(sql, room, sessionId, limit, ...(after ?? []))).map(whole<PersonFigures>);
      }),
    /** Returns a portrait of the people of a broadcast; null where nothing of it was counted. */
    audience: (room: RoomKey, sessionId: SessionKey): Promise<SessionAudience | null> =>
      read(function* () {
        const session = yield* row<{ n: number; first: number; totals: string }>(
          `SELECT n, first_seq AS first, totals FROM statistics_sessions WHERE room = $1 AND session_id = $2`,
          ...[room, sessionId],
        );
        // The row of one that is counted again is there before its first event is.
        if (session === undefined || eventsOf(totalsOf(session.totals)) === 0) return null;
        const { n, first } = session;
        const earlier = yield* row(
          "SELECT 1 FROM statistics_sessions WHERE room = $1 AND session_id <> '' AND first_seq < $2 LIMIT 1",
          room,
          first,
        );
        const newOnes = function* (also: string) {
          if (earlier === undefined) return null;
          const found = yield* row<{ count: number }>(
            `SELECT count(*) AS count FROM (SELECT p.user_id FROM statistics_people p WHERE p.n = $1 ${also} EXCEPT
               SELECT p.user_id FROM statistics_sessions t JOIN statistics_people p ON p.n = t.n WHERE t.room = $2 AND t.session_id <> '' AND t.first_seq < $3 ${also}) fresh`,
            ...[n, room, first],
          );
          return found?.count ?? 0;
        };
        const { people = 0, gifters = 0 } =
          (yield* row<{ people: number; gifters: number }>(
            "SELECT count(*) AS people, count(CASE WHEN units > 0 THEN 1 END) AS gifters FROM statistics_people WHERE n = $1",
            n,
          )) ?? {};
        const levels = (column: "level" | "club") =>
          rows<LevelCount>(
            `SELECT ${column} AS level, count(*) AS people FROM statistics_people WHERE n = $1 AND ${column} IS NOT NULL GROUP BY ${column} ORDER BY ${column}`,
            n,
          );
        const top = function* (most: number) {
          const found = yield* row<Halves>(
            `SELECT ${halves("p.diamonds")} FROM (SELECT diamonds FROM statistics_people WHERE n = $1 AND diamonds > 0 ORDER BY diamonds DESC LIMIT $2) p`,
            ...[n, most],
          );
          return found === undefined || found.high === null ? 0n : joined(found);
        };
        return {
          ...{ people, gifters, newcomers: yield* newOnes(""), firstGifters: yield* newOnes("AND p.units > 0") },
          ...{ levels: yield* levels("level"), clubLevels: yield* levels("club"), diamonds: yield* top(COUNT_MAX) },
          top: { one: yield* top(1), ten: yield* top(10), hundred: yield* top(100) },
        };
      }),
    /** Returns what the ranks of a broadcast say of people: those of whose diamonds the most did not reach us first, then those who gave most. */
    witnesses: (room: RoomKey, sessionId: SessionKey, limit: number): Promise<readonly PersonWitness[]> =>
      ask(() =>
        rows<PersonWitness>(
          `SELECT w."userId", w.name, w.witnessed, w.received FROM (${rises}) w
           ORDER BY w.witnessed - w.received DESC, w.witnessed DESC, w."userId" LIMIT $3`,
          ...[room, [sessionId], limit],
        ),
      ),
    /** Returns sums of gifts, those worth most first. @param userId only this person's */
    gifts: (
      room: RoomKey,
      sessionId: SessionKey,
      {
        by,
        userId,
        limit,
        after,
      }: { readonly by: GiftGroup; readonly userId?: string; readonly limit: number; readonly after?: GiftSum["place"] },
    ): Promise<readonly GiftSum[]> =>
      ask(function* () {
        const values: SqlValue[] = [room, sessionId, limit];
        const name = (value: SqlValue) => `$${values.push(value)}`;
        const only = userId === undefined ? "" : `AND user_id = ${name(userId)}`;
        let place = "";
        if (after !== undefined) {
          const [rank, units, key] = [name(after[0]), name(after[1]), name(after[2])];
          place = `WHERE s.rank < ${rank} OR (s.rank = ${rank} AND (s.units < ${units} OR (s.units = ${units} AND s.key > ${key})))`;
        }
        const found = yield* rows<StoredSum>(
          `SELECT s.*, (SELECT p.name FROM statistics_people p WHERE p.n = ${N} AND p.user_id = s."userId") AS "userName"
           FROM (${sums(by, only)}) s ${place} ORDER BY s.rank DESC, s.units DESC, s.key LIMIT $3`,
          ...values,
        );
        return found.map(({ rank, key, high, low, ...row }) => {
          return { ...row, diamonds: joined({ high, low }), place: [rank, row.units, key] as const };
        });
      }),
    /** Returns the most frequent words or emoji of a broadcast's chat. @param after the last one of the page before */
    words: (room: RoomKey, sessionId: SessionKey, kind: WordKind, limit: number, after?: WordCount): Promise<readonly WordCount[]> => {
      const place = after === undefined ? "" : "AND (count < $5 OR (count = $5 AND word > $6))";
      const sql = `SELECT word AS text, count FROM statistics_words WHERE n = ${N} AND kind = $3 ${place} ORDER BY count DESC, word LIMIT $4`;
      return ask(() => rows<WordCount>(sql, room, sessionId, kind, limit, ...(after === undefined ? [] : [after.count, after.text])));
    },
    /** Returns what a person did in all broadcasts of the room; null for one who was not seen in any. */
    personTotal: (room: RoomKey, userId: string): Promise<PersonFigures | null> =>
      ask(function* () {
        const counts = COUNTS.map((column) => `${sum(`p.${column}`)} AS ${column}`).join(", ");
        const found = yield* row<Omit<PersonFigures, "diamonds"> & Halves>(
          `SELECT p.user_id AS "userId", (SELECT p.name ${OF_PERSON} ORDER BY p.name_seq DESC LIMIT 1) AS name, max(p.name_seq) AS "nameSeq",
             ${counts}, ${sum("p.unpriced")} AS "unpricedUnits", ${halves("p.diamonds")}, min(p.first_at) AS "firstAt", max(p.last_at) AS "lastAt",
             max(p.level) AS level, max(p.club) AS club
           ${OF_PERSON} GROUP BY p.user_id`,
          ...[room, userId],
        );
        if (found === undefined) return null;
        const { high, low, ...total } = found;
        return { ...total, diamonds: joined({ high, low }) };
      }),
    /**
     * Returns the rooms in which a person was seen, that of their last event first.
     * @param among only these; null for all @param after the last one of the page before
     */
    personRooms: (
      userId: string,
      among: readonly RoomKey[] | null,
      limit: number,
      after?: Pick<PersonRoom, "lastAt" | "room">,
    ): Promise<readonly PersonRoom[]> =>
      ask(function* () {
        const counts = COUNTS.map((column) => `${sum(`p.${column}`)} AS ${column}`).join(", ");
        const values: SqlValue[] = [userId, limit];
        const name = (value: SqlValue) => `$${values.push(value)}`;
        const only = among === null ? "" : `WHERE s.room ${dialect.among(name(among), "bigint")}`;
        let place = "";
        if (after !== undefined) {
          const [lastAt, room] = [name(after.lastAt), name(after.room)];
          place = `HAVING max(p.last_at) < ${lastAt} OR (max(p.last_at) = ${lastAt} AND s.room > ${room})`;
        }
        const found = yield* rows<Omit<PersonRoom, "diamonds"> & Halves>(
          `SELECT s.room, CAST(count(*) AS BIGINT) AS sessions, min(p.user_id) AS "userId", (SELECT q.name FROM statistics_sessions t
               JOIN statistics_people q ON q.n = t.n AND q.user_id = $1 WHERE t.room = s.room ORDER BY q.name_seq DESC LIMIT 1) AS name, ${counts},
             ${sum("p.unpriced")} AS "unpricedUnits", ${halves("p.diamonds")}, min(p.first_at) AS "firstAt", max(p.last_at) AS "lastAt",
             max(p.level) AS level, max(p.club) AS club
           FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id = $1 ${only}
           GROUP BY s.room ${place} ORDER BY max(p.last_at) DESC, s.room LIMIT $2`,
          ...values,
        );
        return found.map(({ high, low, ...row }) => ({ ...row, diamonds: joined({ high, low }) }));
      }),
    /** Returns a person in the room's broadcasts, newest first. @param before the place of the last one of the page before */
    person: (room: RoomKey, userId: string, limit: number, before: number = Number.MAX_SAFE_INTEGER): Promise<readonly PersonSession[]> =>
      ask(function* () {
        const found = yield* rows<Stored<PersonSession>>(
          `SELECT s.session_id AS "sessionId", s.first_seq AS place, ${PERSON}
           ${OF_PERSON} AND s.first_seq < $3 ORDER BY s.first_seq DESC LIMIT $4`,
          ...[room, userId, before, limit],
        );
        return found.map(whole<PersonSession>);
      }),
  };
}

/** Returns SQL of a sum of counts, which stops at what a number of JavaScript holds. */
export function countSum({ least }: Dialect, column: string): string {
  return `CAST(${least}(sum(${column} * 1.0), ${COUNT_MAX}) AS BIGINT)`;
}

/** Returns SQL of a sum of diamonds. */
export function halves(diamonds: string): string {
  return `CAST(sum(${diamonds} >> 32) AS TEXT) AS high, CAST(sum(${diamonds} & 4294967295) AS TEXT) AS low`;
}

/** Returns the sum of diamonds that SQL of {@link halves} gave. */
export function joined({ high, low }: Halves): bigint {
  return (BigInt(high) << 32n) + BigInt(low);
}

function whole<T extends { readonly diamonds: bigint }>(row: Stored<T>): T {
  return { ...row, diamonds: BigInt(row.diamonds) } as unknown as T;
}
