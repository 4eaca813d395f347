import type { RoomKey } from "../log.js";
import type { Positions } from "../positions.js";
import type { Connection } from "./connection.js";
import { Lane } from "./lane.js";
import type { Session } from "./session.js";

/** How far each reader has come, in PostgreSQL. */
export class PostgresPositions implements Positions {
  readonly #connection: Connection;
  readonly #lane: Lane;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#lane = new Lane(connection);
  }

  get(reader: string, room: RoomKey): Promise<number | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<{ seq: number }>("SELECT seq FROM positions WHERE reader = $1 AND room = $2", reader, room);
      return row?.seq ?? null;
    });
  }

  set(reader: string, room: RoomKey, seq: number): Promise<void> {
    return this.#lane.write((session) => placeReader(session, reader, room, seq));
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
export async function placeReader(session: Session, reader: string, room: RoomKey, seq: number | null): Promise<void> {
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
export async function forgetReader(session: Session, reader: string): Promise<void> {
  await session.run("DELETE FROM positions WHERE reader = $1", reader);
}
