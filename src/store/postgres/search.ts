import type { RoomKey } from "../log.js";
import type { Found, Search, SearchAsk, Verified } from "../search.js";
import type { Progress } from "../statistics.js";
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";
import { findEvents, verifyIndex } from "./search-read.js";
import { advanceIndex } from "./search-write.js";

/** Search in PostgreSQL, by an inverted index of our words. */
export class PostgresSearch implements Search {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  progress(): Promise<readonly Progress[]> {
    return this.#connection.ask((session) =>
      session.rows<Progress>(
        `SELECT h.room, h.head - coalesce(s.indexed, 0) AS behind FROM heads h LEFT JOIN search_rooms s ON s.room = h.room
         WHERE h.head > coalesce(s.indexed, 0) ORDER BY h.room`,
      ),
    );
  }

  advance(room: RoomKey): Promise<boolean> {
    return this.#lane.write((session) => advanceIndex(session, room));
  }

  reset(): Promise<void> {
    return this.#lane.write(async (session) => {
      await session.run("TRUNCATE search, search_rooms");
    });
  }

  find(ask: SearchAsk, limit: number): Promise<Found> {
    return this.#connection.read((session) => findEvents(session, ask, limit));
  }

  /** Does nothing: the server's own VACUUM overwrites what left the index. */
  purge(_begin: boolean): Promise<boolean> {
    return this.#connection.ask(async () => false);
  }

  verify(room: RoomKey, after: number): Promise<Verified | null> {
    return this.#connection.read((session) => verifyIndex(session, room, after));
  }
}
