import { type Dialect, run, type SqlDatabase } from "../sql/work.js";
import { type PostgresConnection, SerialWriter } from "./connection.js";
import { LOCKS } from "./locks.js";

export const POSTGRES: Dialect = {
  least: "least",
  greatest: "greatest",
  position: "strpos",
  forUpdate: "FOR UPDATE",
  skipLocked: "FOR UPDATE SKIP LOCKED",
  maxRoom: Number.MAX_SAFE_INTEGER,
  among: (parameter, type) => `= ANY(${parameter}::${type}[])`,
  given: (types) => `SELECT * FROM unnest(${types.map((type, at) => `$${at + 1}::${type}[]`).join(", ")})`,
  // With numbers that hold more than the column does.
  capped: (one, other, most) => `least(${one}::numeric + ${other}, ${most})::bigint`,
  newest: (column, number) => `(array_agg(${column} ORDER BY ${number} DESC))[1]`,
  jsonNumber: (column, key) => `(${column}::json ->> '${key}')::bigint`,
  deleteSome: (table) => `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE n = $1 LIMIT $2))`,
  *lock(name) {
    yield* run("SELECT pg_advisory_xact_lock($1)", LOCKS[name]);
  },
};

/** Returns the connection as the database of the repositories, which are the same on every engine. */
export function postgresDatabase(connection: PostgresConnection): SqlDatabase {
  return {
    clock: connection.clock,
    dialect: POSTGRES,
    ask: (work) => connection.ask((session) => session.perform(work())),
    read: (work) => connection.read((session) => session.perform(work())),
    write: (work) => connection.write((session) => session.perform(work())),
    lane: () => {
      const lane = new SerialWriter(connection);
      return (work) => lane.write((session) => session.perform(work()));
    },
  };
}
