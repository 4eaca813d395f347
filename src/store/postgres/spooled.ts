import type { Spooled, SpooledPart } from "../cluster.js";
import type { RoomKey } from "../log.js";
import type { PostgresConnection } from "./connection.js";

/** Spooled frames in PostgreSQL. */
export class PostgresSpooled implements Spooled {
  readonly #connection: PostgresConnection;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async put(room: RoomKey, bytes: Uint8Array): Promise<void> {
    await this.#connection.ask((session) => session.run("INSERT INTO spooled(room, bytes) VALUES ($1, $2)", room, bytes));
  }

  take(rooms: readonly RoomKey[], limit: number): Promise<readonly SpooledPart[]> {
    return this.#connection.ask((session) =>
      session.rows<SpooledPart>("SELECT n, room, bytes FROM spooled WHERE room = ANY($1::bigint[]) ORDER BY n LIMIT $2", rooms, limit),
    );
  }

  orphans(waitedMs: number, limit: number): Promise<readonly SpooledPart[]> {
    return this.#connection.ask((session) =>
      session.rows<SpooledPart>(
        `SELECT s.n, s.room, s.bytes FROM spooled s
         WHERE s.put_at < clock_timestamp() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM wanted w JOIN live_members m ON m.id = w.owner WHERE w.room = s.room)
         ORDER BY s.n LIMIT $2`,
        waitedMs,
        limit,
      ),
    );
  }

  async done(parts: readonly number[]): Promise<void> {
    await this.#connection.ask((session) => session.run("DELETE FROM spooled WHERE n = ANY($1::bigint[])", parts));
  }

  async waiting(): Promise<number> {
    const row = await this.#connection.ask((session) =>
      session.row<{ bytes: number }>("SELECT coalesce(sum(octet_length(bytes)), 0)::bigint AS bytes FROM spooled"),
    );
    return row?.bytes ?? 0;
  }
}
