import type BetterSqlite3 from "better-sqlite3";
import type { RoomKey } from "../log.js";

/** Sums that stay exact integers: of counts up to 2^53 − 1, of diamonds up to 2^63 − 1, where SQLite would go on in floating point. */
const COUNT_MAX = "9007199254740991";
const DIAMONDS_MAX = "9223372036854775807";

const sum = (column: string) => `${column} = min(${column} + excluded.${column}, ${column === "diamonds" ? DIAMONDS_MAX : COUNT_MAX})`;
const newest = (name: string, seq: string) =>
  `${name} = CASE WHEN excluded.${seq} > ${seq} THEN excluded.${name} ELSE ${name} END, ${seq} = max(${seq}, excluded.${seq})`;
const sums = (columns: readonly string[]) => columns.map(sum).join(", ");
const GIVEN = ["combos", "settled", "units", "diamonds", "unpriced"];
const DONE = ["events", "chats", "likes", "joins", "follows", "shares"];

/** Row of a broadcast's statistics as the writer needs it. */
export interface StoredTotals {
  readonly n: number;
  readonly back: number;
  readonly until: number;
  readonly tally: string;
}

/** Statements that change statistics. */
export function writesOf(database: BetterSqlite3.Database) {
  return {
    room: database.prepare<[RoomKey], { counted: number; version: number }>("SELECT counted, version FROM statistics_rooms WHERE room = ?"),
    setCounted: database.prepare<[RoomKey, number]>(
      "INSERT INTO statistics_rooms(room, counted) VALUES (?, ?) ON CONFLICT(room) DO UPDATE SET counted = excluded.counted",
    ),
    newVersion: database.prepare<[RoomKey]>(
      "INSERT INTO statistics_rooms(room, version) VALUES (?, 1) ON CONFLICT(room) DO UPDATE SET version = version + 1",
    ),
    session: database.prepare<[RoomKey, string], StoredTotals>(
      "SELECT n, back, until, tally FROM statistics_sessions WHERE room = ? AND session_id = ?",
    ),
    range: database.prepare<[RoomKey, string], { n: number; first: number; last: number }>(
      "SELECT n, first_seq AS first, last_seq AS last FROM statistics_sessions WHERE room = ? AND session_id = ?",
    ),
    addSession: database.prepare<[RoomKey, string, number, number, number, number, string]>(
      "INSERT INTO statistics_sessions(room, session_id, first_seq, last_seq, back, until, tally) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ),
    dropSession: database.prepare<[number]>("DELETE FROM statistics_sessions WHERE n = ?"),
    setSession: database.prepare<(number | string)[]>(
      `UPDATE statistics_sessions SET first_seq = min(first_seq, ?), last_seq = max(last_seq, ?), combos = combos + ?, settled = settled + ?,
         people = people + ?, chatters = chatters + ?, gifters = gifters + ?, tally = ? WHERE n = ?`,
    ),
    setBack: database.prepare<[number, number]>("UPDATE statistics_sessions SET back = ? WHERE n = ?"),
    setPartial: database.prepare<[number]>("UPDATE statistics_sessions SET partial = 1 WHERE n = ?"),
    newestSession: database
      .prepare<[RoomKey], number>("SELECT n FROM statistics_sessions WHERE room = ? ORDER BY last_seq DESC LIMIT 1")
      .pluck(),
    minute: database.prepare<[number, number], string>("SELECT tally FROM statistics_minutes WHERE n = ? AND minute = ?").pluck(),
    setMinute: database.prepare<[number, number, number, string]>(
      `INSERT INTO statistics_minutes(n, minute, events, tally) VALUES (?, ?, ?, ?)
       ON CONFLICT(n, minute) DO UPDATE SET events = excluded.events, tally = excluded.tally`,
    ),
    combo: database.prepare<[number, string], number>("SELECT settled FROM statistics_combos WHERE n = ? AND combo_id = ?").pluck(),
    setCombo: database.prepare<[number, string, number]>(
      "INSERT INTO statistics_combos(n, combo_id, settled) VALUES (?, ?, ?) ON CONFLICT(n, combo_id) DO UPDATE SET settled = excluded.settled",
    ),
    addPerson: database.prepare<(number | string | bigint | null)[], { events: number; chats: number; units: number }>(
      `INSERT INTO statistics_people(n, user_id, name, name_seq, ${DONE.join(", ")}, ${GIVEN.join(", ")}, first_at, last_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(n, user_id) DO UPDATE SET ${newest("name", "name_seq")},
         ${sums([...DONE, ...GIVEN])}, first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
       RETURNING events, chats, units`,
    ),
    addLine: database.prepare<(number | string | bigint | null)[]>(
      `INSERT INTO statistics_gifts(n, user_id, receiver_id, gift_id, gift_name, gift_seq, receiver_name, receiver_seq, ${GIVEN.join(", ")})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(n, user_id, receiver_id, gift_id) DO UPDATE SET
         ${newest("gift_name", "gift_seq")}, ${newest("receiver_name", "receiver_seq")}, ${sums(GIVEN)}`,
    ),
    addWord: database.prepare<[number, string, string, number]>(
      `INSERT INTO statistics_words(n, kind, word, count) VALUES (?, ?, ?, ?) ON CONFLICT(n, kind, word) DO UPDATE SET ${sum("count")}`,
    ),
    stale: database.prepare<[RoomKey], { sessionId: string; from: number; to: number }>(
      `SELECT session_id AS sessionId, from_seq AS "from", to_seq AS "to" FROM statistics_stale WHERE room = ? ORDER BY session_id LIMIT 100`,
    ),
    fresh: database.prepare<[RoomKey, string]>("DELETE FROM statistics_stale WHERE room = ? AND session_id = ?"),
    bury: database.prepare<[number, RoomKey]>("INSERT INTO statistics_dead(n, room) VALUES (?, ?)"),
    dead: database.prepare<[RoomKey], number>("SELECT n FROM statistics_dead WHERE room = ? LIMIT 1").pluck(),
    gone: database.prepare<[number]>("DELETE FROM statistics_dead WHERE n = ?"),
    sweeps: [
      sweep("statistics_minutes", "minute"),
      sweep("statistics_people", "user_id"),
      sweep("statistics_gifts", "user_id, receiver_id, gift_id"),
      sweep("statistics_combos", "combo_id"),
      sweep("statistics_words", "kind, word"),
    ],
  };
}
