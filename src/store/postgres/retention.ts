import type { Retention } from "../retention.js";
import { sqlRetention } from "../sql/retention.js";
import type { SqlDatabase } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { DAY_MS, dayAt, UNDATED } from "./day.js";
import { dropDays } from "./drop.js";

/** Returns the limits in PostgreSQL. Its files are the server's business: dropping a day gives their space back. */
export function postgresRetention(connection: PostgresConnection, database: SqlDatabase): Retention {
  const number = (sql: string, ...values: readonly number[]) =>
    connection.ask(async (session) => (await session.row<{ number: number }>(sql, ...values))?.number ?? 0);
  const own = sqlRetention(database, {
    size: (room) => number("SELECT coalesce(sum(bytes), 0)::bigint AS number FROM room_days WHERE room = $1", room),
    storeSize: async () => ({ used: await number("SELECT pg_database_size(current_database()) AS number"), free: 0 }),
    giveBack: () => connection.ask(async () => false),
    days: () =>
      connection.ask(async (session) => {
        const rows = await session.rows<{ day: number }>("SELECT day FROM day_tables WHERE day <> $1 ORDER BY day", UNDATED);
        return rows.map(({ day }) => (day + 1) * DAY_MS);
      }),
    dropDays: (before) => dropDays(connection, dayAt(before)),
  });
  return {
    ...own,
    /** Returns the horizon of a room's own removals, or of the days that were dropped of all rooms. */
    horizon: async (room) => {
      const time = await own.horizon(room);
      const day = await number("SELECT value::integer AS number FROM meta WHERE key = 'horizon'");
      const dropped = day > 0 ? day * DAY_MS - 1 : null;
      return time === null ? dropped : Math.max(time, dropped ?? time);
    },
  };
}
