import type { Spooled, SpooledPart } from "../cluster.js";
import { row, rows, run, type SqlDatabase } from "../sql/work.js";

/** Returns the spooled frames in PostgreSQL. */
export function postgresSpooled({ ask }: SqlDatabase): Spooled {
  return {
    put: async (room, bytes) => {
      await ask(() => run("INSERT INTO spooled(room, bytes) VALUES ($1, $2)", room, bytes));
    },
    take: (of, limit) =>
      ask(() => rows<SpooledPart>("SELECT n, room, bytes FROM spooled WHERE room = ANY($1::bigint[]) ORDER BY n LIMIT $2", of, limit)),
    orphans: (waitedMs, limit) =>
      ask(() =>
        rows<SpooledPart>(
          `SELECT s.n, s.room, s.bytes FROM spooled s
           WHERE s.put_at < clock_timestamp() - $1 * interval '1 millisecond'
             AND NOT EXISTS (SELECT FROM wanted w JOIN live_members m ON m.id = w.owner WHERE w.room = s.room)
           ORDER BY s.n LIMIT $2`,
          ...[waitedMs, limit],
        ),
      ),
    done: async (parts) => {
      await ask(() => run("DELETE FROM spooled WHERE n = ANY($1::bigint[])", parts));
    },
    waiting: () =>
      ask(function* () {
        const sum = yield* row<{ bytes: number }>("SELECT coalesce(sum(octet_length(bytes)), 0)::bigint AS bytes FROM spooled");
        return sum?.bytes ?? 0;
      }),
  };
}
