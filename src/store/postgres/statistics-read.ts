import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Value } from "../sql/work.js";
import type {
  GiftGroup,
  GiftSum,
  Minute,
  PeopleOrder,
  Person,
  PersonSession,
  SessionKey,
  SessionStatistics,
  Statistics,
  WordCount,
  WordKind,
} from "../statistics.js";
import { PEOPLE_ORDERS } from "../statistics.js";
import { COUNT_MAX } from "../statistics-add.js";
import { totalsOf } from "../totals.js";
import type { PostgresSession } from "./session.js";

/** Columns of a person. Diamonds may not fit a JS number: they come as text. */
const PERSON = `p.user_id AS "userId", p.name, p.name_seq AS "nameSeq", p.events, p.chats, p.likes, p.joins, p.follows, p.shares, p.combos,
  p.settled, p.units, p.unpriced AS "unpricedUnits", p.first_at AS "firstAt", p.last_at AS "lastAt", p.diamonds::text AS diamonds`;
/** Columns of each group, and how a row is named in the order. */
const GROUPS: Readonly<Record<GiftGroup, readonly [user: boolean, receiver: boolean, gift: boolean, key: string]>> = {
  gift: [false, false, true, "gift_id"],
  user: [true, false, false, "user_id"],
  receiver: [false, true, false, "receiver_id"],
  line: [true, true, true, "user_id || ' ' || receiver_id || ' ' || gift_id"],
};
/** SQL for the `n` of a broadcast's rows; there is none when nothing was counted of it. */
const N = "(SELECT n FROM statistics_sessions WHERE room = $1 AND session_id = $2)";

type Stored<T> = Omit<T, "diamonds"> & { readonly diamonds: string };
type StoredSum = Stored<Omit<GiftSum, "place">> & { readonly rank: number; readonly key: string };
type StoredSession = Omit<SessionStatistics, "totals" | "busiest"> & {
  readonly tally: string;
  readonly minute: number | null;
  readonly minuteEvents: number | null;
};

/** Implements `Statistics.sessions`; the functions here read on the session that they are given. */
export async function sessionsOf(session: PostgresSession, room: RoomKey, sessionIds: readonly SessionKey[]) {
  const rows = await session.rows<StoredSession>(
    `SELECT s.session_id AS "sessionId", s.tally, s.partial, s.combos, s.settled, s.people, s.chatters, s.gifters,
       h.head - coalesce(r.counted, 0) + s.until - s.back AS behind, m.minute, m.events AS "minuteEvents"
     FROM statistics_sessions s JOIN heads h ON h.room = s.room LEFT JOIN statistics_rooms r ON r.room = s.room
     LEFT JOIN LATERAL (SELECT minute, events FROM statistics_minutes WHERE n = s.n ORDER BY events DESC, minute LIMIT 1) m ON true
     WHERE s.room = $1 AND s.session_id = ANY($2::text[])`,
    room,
    sessionIds,
  );
  const found = rows.map(({ tally, minute, minuteEvents, ...rest }): SessionStatistics => {
    const busiest = minute === null || minuteEvents === null ? null : { minute, events: minuteEvents };
    return { ...rest, totals: totalsOf(tally), busiest };
  });
  return new Map(found.map((one) => [one.sessionId, one]));
}

/** Implements `Statistics.minutes`. */
export async function minutesOf(session: PostgresSession, room: RoomKey, sessionId: SessionKey, after: number, limit: number) {
  const rows = await session.rows<{ minute: number; tally: string }>(
    `SELECT minute, tally FROM statistics_minutes WHERE n = ${N} AND minute > $3 ORDER BY minute LIMIT $4`,
    room,
    sessionId,
    after,
    limit,
  );
  return rows.map(({ minute, tally }): Minute => ({ minute, totals: totalsOf(tally) }));
}

/** Implements `Statistics.people`. */
export async function peopleOf(
  session: PostgresSession,
  room: RoomKey,
  sessionId: SessionKey,
  order: PeopleOrder,
  limit: number,
  after?: readonly [bigint, string],
): Promise<readonly Person[]> {
  // A column's name cannot be a value: only names of ours get into the text.
  const by = PEOPLE_ORDERS.find((one) => one === order);
  if (by === undefined) throw new DyliveError("bad_request", "there is no such order of people");
  const place = after === undefined ? "" : `AND (p.${by} < $4::numeric OR (p.${by} = $4::numeric AND p.user_id > $5))`;
  const sql = `SELECT ${PERSON} FROM statistics_people p WHERE n = ${N} AND p.${by} > 0 ${place} ORDER BY p.${by} DESC, p.user_id LIMIT $3`;
  return (await session.rows<Stored<Person>>(sql, room, sessionId, limit, ...(after ?? []))).map(whole<Person>);
}

/** Implements `Statistics.gifts`. */
export async function giftsOf(
  session: PostgresSession,
  room: RoomKey,
  sessionId: SessionKey,
  { by, userId, limit, after }: Parameters<Statistics["gifts"]>[2],
): Promise<readonly GiftSum[]> {
  const [user, receiver, gift, key] = GROUPS[by];
  const values: Value[] = [room, sessionId, limit];
  const name = (value: Value) => `$${values.push(value)}`;
  const only = `${by === "user" ? "AND user_id <> ''" : ""} ${userId === undefined ? "" : `AND user_id = ${name(userId)}`}`;
  let place = "";
  if (after !== undefined) {
    const [rank, units, last] = [`${name(after[0])}::float8`, `${name(after[1])}::bigint`, `${name(after[2])}::text`];
    place = `WHERE s.rank < ${rank} OR (s.rank = ${rank} AND (s.units < ${units} OR (s.units = ${units} AND s.key > ${last})))`;
  }
  const rows = await session.rows<StoredSum>(
    `SELECT s.*, p.name AS "userName" FROM (SELECT
         ${user ? "nullif(min(user_id), '')" : "NULL::text"} AS "userId",
         ${receiver ? "nullif(min(receiver_id), '')" : "NULL::text"} AS "receiverId",
         ${receiver ? "(array_agg(receiver_name ORDER BY receiver_seq DESC))[1]" : "NULL::text"} AS "receiverName",
         ${gift ? "min(gift_id)" : "NULL::text"} AS "giftId",
         ${gift ? "(array_agg(gift_name ORDER BY gift_seq DESC))[1]" : "NULL::text"} AS "giftName",
         sum(combos)::bigint AS combos, sum(settled)::bigint AS settled, least(sum(units), ${COUNT_MAX})::bigint AS units,
         least(sum(unpriced), ${COUNT_MAX})::bigint AS "unpricedUnits", sum(diamonds)::text AS diamonds, sum(diamonds)::float8 AS rank,
         (${key}) COLLATE "C" AS key
       FROM statistics_gifts WHERE n = ${N} ${only} GROUP BY (${key})) s
     LEFT JOIN statistics_people p ON p.n = ${N} AND p.user_id = s."userId"
     ${place} ORDER BY s.rank DESC, s.units DESC, s.key LIMIT $3`,
    ...values,
  );
  return rows.map(({ rank, key: last, ...row }) => ({ ...whole<Omit<GiftSum, "place">>(row), place: [rank, row.units, last] }));
}

/** Implements `Statistics.words`. */
export function wordsCounted(
  session: PostgresSession,
  room: RoomKey,
  sessionId: SessionKey,
  kind: WordKind,
  limit: number,
  after?: WordCount,
): Promise<readonly WordCount[]> {
  const place = after === undefined ? "" : "AND (count < $5 OR (count = $5 AND word > $6))";
  const sql = `SELECT word AS text, count FROM statistics_words WHERE n = ${N} AND kind = $3 ${place} ORDER BY count DESC, word LIMIT $4`;
  return session.rows<WordCount>(sql, room, sessionId, kind, limit, ...(after === undefined ? [] : [after.count, after.text]));
}

/** Implements `Statistics.person`. */
export async function personOf(session: PostgresSession, room: RoomKey, userId: string, limit: number, before = Number.MAX_SAFE_INTEGER) {
  const rows = await session.rows<Stored<PersonSession>>(
    `SELECT s.session_id AS "sessionId", s.first_seq AS place, ${PERSON}
     FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id = $2
     WHERE s.room = $1 AND s.first_seq < $3 ORDER BY s.first_seq DESC LIMIT $4`,
    room,
    userId,
    before,
    limit,
  );
  return rows.map(whole<PersonSession>);
}

function whole<T extends { readonly diamonds: bigint }>(row: Stored<T>): T {
  return { ...row, diamonds: BigInt(row.diamonds) } as unknown as T;
}
