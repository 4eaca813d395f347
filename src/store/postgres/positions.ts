import type { RoomKey } from "../log.js";
import { type Among, type Positions, surplus } from "../positions.js";
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";
import type { PostgresSession } from "./session.js";

/** Positions of readers, in PostgreSQL. */
export class PostgresPositions implements Positions {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;
  #movedAt = 0;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  get(reader: string, room: RoomKey): Promise<number | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<{ seq: number }>("SELECT seq FROM positions WHERE reader = $1 AND room = $2", reader, room);
      return row?.seq ?? null;
    });
  }

  set(reader: string, room: RoomKey, seq: number, among?: Among): Promise<void> {
    // Which of two was first is told also within a millisecond.
    this.#movedAt = Math.max(this.#connection.clock.now(), this.#movedAt + 1);
    const now = this.#movedAt;
    return this.#lane.write(async (session) => {
      const added = await session.row<{ added: boolean }>(
        `INSERT INTO positions(reader, room, seq, moved_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq, moved_at = excluded.moved_at RETURNING xmax = 0 AS added`,
        reader,
        room,
        seq,
        now,
      );
      if (added?.added === true && among !== undefined) await shed(session, among, reader, room);
    });
  }

  forget(reader: string): Promise<void> {
    return this.#lane.write((session) => forgetReader(session, reader));
  }

  forgetAll(prefix: string): Promise<void> {
    return this.#lane.write(async (session) => {
      await session.run("DELETE FROM positions WHERE reader ^@ $1", prefix);
    });
  }
}

/** Sets or (null) forgets the position of a reader. For the other parts of the store, which change positions together with what is theirs. */
export async function placeReader(session: PostgresSession, reader: string, room: RoomKey, seq: number | null): Promise<void> {
  if (seq === null) await session.run("DELETE FROM positions WHERE reader = $1 AND room = $2", reader, room);
  else
    await session.run(
      "INSERT INTO positions(reader, room, seq) VALUES ($1, $2, $3) ON CONFLICT (reader, room) DO UPDATE SET seq = excluded.seq",
      reader,
      room,
      seq,
    );
}

/** Forgets every position of a reader. */
export async function forgetReader(session: PostgresSession, reader: string): Promise<void> {
  await session.run("DELETE FROM positions WHERE reader = $1", reader);
}

/** Forgets the positions that were moved least recently, if there are too many. @param reader has just been given one, of a room: that stays */
async function shed(session: PostgresSession, among: Among, reader: string, room: RoomKey): Promise<void> {
  const row = await session.row<{ count: number }>("SELECT count(*) AS count FROM positions WHERE reader ^@ $1", among.prefix);
  const many = surplus(row?.count ?? 0, among);
  if (many === 0) return;
  await session.run(
    `DELETE FROM positions WHERE (reader, room) IN (
       SELECT reader, room FROM positions WHERE reader ^@ $1 AND NOT (reader = $2 AND room = $3) ORDER BY moved_at LIMIT $4
       FOR UPDATE SKIP LOCKED)`,
    among.prefix,
    reader,
    room,
    many,
  );
}
