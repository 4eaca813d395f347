import type { Database, Statement } from "better-sqlite3";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
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

/** Columns of diamonds, which may not fit a JS number: they are read in two halves. */
const HALVES = "(p.diamonds >> 32) AS high, (p.diamonds & 4294967295) AS low";
const SUMMED_HALVES = "sum(diamonds >> 32) AS high, sum(diamonds & 4294967295) AS low";
const PERSON = `p.user_id AS userId, p.name, p.name_seq AS nameSeq, p.events, p.chats, p.likes, p.joins, p.follows, p.shares, p.combos,
  p.settled, p.units, p.unpriced AS unpricedUnits, p.first_at AS firstAt, p.last_at AS lastAt, ${HALVES}`;
/** Columns of each group, and how a row is named in the order. */
const GROUPS: Readonly<Record<GiftGroup, readonly [user: string, receiver: string, gift: string, key: string]>> = {
  gift: ["NULL", "NULL", "gift_id", "gift_id"],
  user: ["user_id", "NULL", "NULL", "user_id"],
  receiver: ["NULL", "receiver_id", "NULL", "receiver_id"],
  line: ["user_id", "receiver_id", "gift_id", "user_id || ' ' || receiver_id || ' ' || gift_id"],
};

interface Halves {
  readonly high: number;
  readonly low: number;
}
type Stored<T> = Omit<T, "diamonds"> & Halves;
type StoredSum = Stored<Omit<GiftSum, "place">> & { readonly rank: number; readonly key: string; readonly seq: number };
type StoredSession = Omit<SessionStatistics, "totals" | "partial" | "busiest"> & {
  readonly tally: string;
  readonly partial: number;
  readonly minute: number | null;
  readonly minuteEvents: number | null;
};
type Value = string | number | bigint;

/** Reads statistics. Call it inside a transaction. */
export class StatisticsQueries {
  readonly #database: Database;
  /** Statements by their text: some dozen. */
  readonly #prepared = new Map<string, Statement<Value[]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  sessions(room: RoomKey, sessionIds: readonly SessionKey[]): ReadonlyMap<SessionKey, SessionStatistics> {
    const found = new Map<SessionKey, SessionStatistics>();
    for (const sessionId of sessionIds) {
      const [row] = this.#all<StoredSession>(
        `SELECT session_id AS sessionId, s.tally, s.partial, s.combos, s.settled, s.people, s.chatters, s.gifters,
           h.head - coalesce(r.counted, 0) + s.until - s.back AS behind, m.minute, m.events AS minuteEvents
         FROM statistics_sessions s JOIN heads h ON h.room = s.room LEFT JOIN statistics_rooms r ON r.room = s.room
         LEFT JOIN statistics_minutes m ON m.n = s.n
           AND m.minute = (SELECT minute FROM statistics_minutes WHERE n = s.n ORDER BY events DESC, minute LIMIT 1)
         WHERE s.room = ? AND s.session_id = ?`,
        room,
        sessionId,
      );
      if (row === undefined) continue;
      const { tally, partial, minute, minuteEvents, ...rest } = row;
      const busiest = minute === null || minuteEvents === null ? null : { minute, events: minuteEvents };
      found.set(sessionId, { ...rest, totals: totalsOf(tally), partial: partial === 1, busiest });
    }
    return found;
  }

  minutes(room: RoomKey, sessionId: SessionKey, after: number, limit: number): readonly Minute[] {
    return this.#all<{ minute: number; tally: string }>(
      "SELECT minute, tally FROM statistics_minutes WHERE n = ? AND minute > ? ORDER BY minute LIMIT ?",
      this.#n(room, sessionId),
      after,
      limit,
    ).map(({ minute, tally }) => ({ minute, totals: totalsOf(tally) }));
  }

  people(room: RoomKey, sessionId: SessionKey, order: PeopleOrder, limit: number, after?: readonly [bigint, string]): readonly Person[] {
    // A column's name cannot be a value: only names of ours get into the text.
    const by = PEOPLE_ORDERS.find((one) => one === order);
    if (by === undefined) throw new DyliveError("bad_request", "there is no such order of people");
    const place = after === undefined ? "" : `AND (${by} < ? OR (${by} = ? AND user_id > ?))`;
    const values = after === undefined ? [] : [after[0], after[0], after[1]];
    const sql = `SELECT ${PERSON} FROM statistics_people p WHERE n = ? AND ${by} > 0 ${place} ORDER BY ${by} DESC, user_id LIMIT ?`;
    return this.#all<Stored<Person>>(sql, this.#n(room, sessionId), ...values, limit).map(whole<Person>);
  }

  gifts(room: RoomKey, sessionId: SessionKey, { by, userId, limit, after }: Parameters<Statistics["gifts"]>[2]): readonly GiftSum[] {
    const [user, receiver, gift, key] = GROUPS[by];
    const only = `${by === "user" ? "AND user_id <> ''" : ""} ${userId === undefined ? "" : "AND user_id = ?"}`;
    const place = after === undefined ? "" : "WHERE rank < ? OR (rank = ? AND (units < ? OR (units = ? AND key > ?)))";
    const values = after === undefined ? [] : [after[0], after[0], after[1], after[1], after[2]];
    const n = this.#n(room, sessionId);
    // With one max() among the sums, a bare column is that of the row which has it: the newest name.
    const rows = this.#all<StoredSum>(
      `SELECT * FROM (SELECT nullif(${user}, '') AS userId, NULL AS userName, nullif(${receiver}, '') AS receiverId,
           iif(${receiver} IS NULL, NULL, receiver_name) AS receiverName, ${gift} AS giftId, iif(${gift} IS NULL, NULL, gift_name) AS giftName,
           max(${by === "receiver" ? "receiver_seq" : "gift_seq"}) AS seq, sum(combos) AS combos, sum(settled) AS settled,
           min(total(units), ${COUNT_MAX}) AS units, ${SUMMED_HALVES}, sum(unpriced) AS unpricedUnits,
           total(diamonds) AS rank, ${key} AS key
         FROM statistics_gifts WHERE n = ? ${only} GROUP BY ${key}) ${place} ORDER BY rank DESC, units DESC, key LIMIT ?`,
      n,
      ...(userId === undefined ? [] : [userId]),
      ...values,
      limit,
    );
    return rows.map(({ rank, key: name, seq: _seq, ...row }) => ({
      ...whole<Omit<GiftSum, "place">>(row),
      userName: row.userId === null ? null : this.#nameOf(n, row.userId),
      place: [rank, row.units, name],
    }));
  }

  words(room: RoomKey, sessionId: SessionKey, kind: WordKind, limit: number, after?: WordCount): readonly WordCount[] {
    const place = after === undefined ? "" : "AND (count < ? OR (count = ? AND word > ?))";
    const values = after === undefined ? [] : [after.count, after.count, after.text];
    const sql = `SELECT word AS text, count FROM statistics_words WHERE n = ? AND kind = ? ${place} ORDER BY count DESC, word LIMIT ?`;
    return this.#all<WordCount>(sql, this.#n(room, sessionId), kind, ...values, limit);
  }

  person(room: RoomKey, userId: string, limit: number, before?: number): readonly PersonSession[] {
    return this.#all<Stored<PersonSession>>(
      `SELECT s.session_id AS sessionId, s.first_seq AS place, ${PERSON}
       FROM statistics_sessions s JOIN statistics_people p ON p.n = s.n AND p.user_id = ?
       WHERE s.room = ? AND s.first_seq < ? ORDER BY s.first_seq DESC LIMIT ?`,
      userId,
      room,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    ).map(whole<PersonSession>);
  }

  /** Returns the `n` of a broadcast's rows; -1 where nothing was counted: no rows are of it. */
  #n(room: RoomKey, sessionId: SessionKey): number {
    const [row] = this.#all<{ n: number }>("SELECT n FROM statistics_sessions WHERE room = ? AND session_id = ?", room, sessionId);
    return row?.n ?? -1;
  }

  #nameOf(n: number, userId: string): string | null {
    const [row] = this.#all<{ name: string | null }>("SELECT name FROM statistics_people WHERE n = ? AND user_id = ?", n, userId);
    return row?.name ?? null;
  }

  #all<T>(sql: string, ...values: readonly Value[]): readonly T[] {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare<Value[]>(sql);
    this.#prepared.set(sql, statement);
    return statement.all(...values) as readonly T[];
  }
}

function whole<T extends { readonly diamonds: bigint }>({ high, low, ...row }: Stored<T>): T {
  return { ...row, diamonds: (BigInt(high) << 32n) + BigInt(low) } as unknown as T;
}
