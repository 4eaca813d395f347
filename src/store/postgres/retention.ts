import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import { type Limits, type LimitsOf, RETAINED, type Retained, type Retention, type StoreSize } from "../retention.js";
import type { PostgresConnection } from "./connection.js";
import { DAY_MS, dayAt, UNDATED } from "./day.js";
import { dropDays } from "./drop.js";
import { SerialLane } from "./lane.js";

/** Limits in PostgreSQL. Its files are the server's business: dropping a day gives their space back. */
export class PostgresRetention implements Retention {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  limits(room: RoomKey): Promise<Partial<LimitsOf>> {
    return this.#connection.ask(async (session) => {
      const stored = await session.rows<Limits & { readonly kind: string }>(
        `SELECT kind, max_age_ms AS "maxAgeMs", max_bytes AS "maxBytes" FROM retention WHERE room = $1`,
        room,
      );
      const rows = new Map(stored.map(({ kind, maxAgeMs, maxBytes }) => [kind, { maxAgeMs, maxBytes }]));
      return Object.fromEntries(RETAINED.flatMap((kind) => (rows.has(kind) ? [[kind, rows.get(kind)]] : [])));
    });
  }

  setLimits(room: RoomKey, kind: Retained, limits: Limits | null): Promise<void> {
    return this.#lane.write(async (session) => {
      const known = await session.row("SELECT room FROM rooms WHERE room = $1", room);
      if (known === undefined) throw new DyliveError("not_found", "there is no such room");
      await session.run("DELETE FROM retention WHERE room = $1 AND kind = $2", room, kind);
      if (limits === null) return;
      await session.run(
        "INSERT INTO retention(room, kind, max_age_ms, max_bytes) VALUES ($1, $2, $3, $4)",
        room,
        kind,
        limits.maxAgeMs,
        limits.maxBytes,
      );
    });
  }

  size(room: RoomKey): Promise<number> {
    return this.#connection.ask(async (session) => {
      const sql = "SELECT coalesce(sum(bytes), 0)::bigint AS bytes FROM room_days WHERE room = $1";
      return (await session.row<{ bytes: number }>(sql, room))?.bytes ?? 0;
    });
  }

  storeSize(): Promise<StoreSize | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<{ bytes: number }>("SELECT pg_database_size(current_database()) AS bytes");
      return { used: row?.bytes ?? 0, free: 0 };
    });
  }

  giveBack(): Promise<boolean> {
    return this.#connection.ask(async () => false);
  }

  days(): Promise<readonly number[] | null> {
    return this.#connection.ask(async (session) => {
      const rows = await session.rows<{ day: number }>("SELECT day FROM day_tables WHERE day <> $1 ORDER BY day", UNDATED);
      return rows.map(({ day }) => (day + 1) * DAY_MS);
    });
  }

  dropDays(before: number): Promise<number> {
    return dropDays(this.#connection, dayAt(before));
  }

  /** Returns the horizon of a room's own removals, or of the days that were dropped of all rooms. */
  horizon(room: RoomKey): Promise<number | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<{ time: number | null; day: number }>(
        `SELECT (SELECT time FROM horizons WHERE room = $1) AS time, value::integer AS day FROM meta WHERE key = 'horizon'`,
        room,
      );
      if (row === undefined) return null;
      const dropped = row.day > 0 ? row.day * DAY_MS - 1 : null;
      return row.time === null ? dropped : Math.max(row.time, dropped ?? row.time);
    });
  }

  setHorizon(room: RoomKey, time: number): Promise<void> {
    return this.#lane.write(async (session) => {
      await session.run(
        "INSERT INTO horizons AS h (room, time) VALUES ($1, $2) ON CONFLICT (room) DO UPDATE SET time = greatest(h.time, excluded.time)",
        room,
        time,
      );
    });
  }
}
