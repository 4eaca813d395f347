import { DyliveError } from "../../runtime/errors.js";
import {
  type HookBatch,
  type HookBatchHead,
  type HookChange,
  type HookPlaces,
  type HookRow,
  type Hooks,
  type HookTry,
  healthAfter,
  hookReader,
  TRIES_KEPT,
} from "../hooks.js";
import type { RoomKey } from "../log.js";
import { hookBody, hookOf, type StoredHook } from "../stored-hook.js";
import type { PostgresConnection } from "./connection.js";
import { SerialLane } from "./lane.js";
import { forgetReader, placeReader } from "./positions.js";
import type { PostgresSession } from "./session.js";

const HEAD = `id, room, from_seq AS "from", to_seq AS "to", events, created_at AS "createdAt", tries`;

/** Hooks in PostgreSQL. A process that changes a hook or what is on its way locks its row first. */
export class PostgresHooks implements Hooks {
  readonly #connection: PostgresConnection;
  readonly #lane: SerialLane;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#lane = new SerialLane(connection);
  }

  add(row: HookRow, places: HookPlaces): Promise<void> {
    return this.#lane.write(async (session) => {
      const added = await session.run(
        "INSERT INTO hooks(id, revision, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        row.id,
        row.revision,
        hookBody(row),
      );
      if (added === 0) throw new DyliveError("in_use", `there is a hook ${row.id} already`);
      await place(session, row.id, places);
    });
  }

  get(id: string): Promise<HookRow | null> {
    return this.#connection.ask(async (session) => {
      const row = await session.row<StoredHook>("SELECT id, revision, body FROM hooks WHERE id = $1", id);
      return row === undefined ? null : hookOf(row);
    });
  }

  list(): Promise<readonly HookRow[]> {
    return this.#connection.ask(async (session) =>
      (await session.rows<StoredHook>("SELECT id, revision, body FROM hooks ORDER BY n")).map(hookOf),
    );
  }

  change(id: string, change: HookChange, places: HookPlaces = new Map(), replay = false): Promise<HookRow | null> {
    return this.#lane.write(async (session) => {
      const row = await lock(session, id);
      if (row === null) return null;
      const changed = { ...row, ...change, revision: row.revision + 1, replays: row.replays + (replay ? 1 : 0) };
      await update(session, changed);
      await session.run("DELETE FROM hook_batches WHERE hook = $1 AND room = ANY($2::bigint[])", id, [...places.keys()]);
      await place(session, id, places);
      return changed;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#lane.write(async (session) => {
      await lock(session, id);
      await forgetReader(session, hookReader(id));
      return (await session.run("DELETE FROM hooks WHERE id = $1", id)) === 1;
    });
  }

  places(id: string): Promise<ReadonlyMap<RoomKey, number>> {
    return this.#connection.ask(async (session) => {
      const sql = "SELECT room, seq FROM positions WHERE reader = $1 ORDER BY room";
      const rows = await session.rows<{ room: RoomKey; seq: number }>(sql, hookReader(id));
      return new Map(rows.map(({ room, seq }) => [room, seq]));
    });
  }

  move(id: string, revision: number, places: ReadonlyMap<RoomKey, number>): Promise<boolean> {
    return this.#lane.write(async (session) => {
      if ((await lock(session, id))?.revision !== revision) return false;
      await place(session, id, places);
      return true;
    });
  }

  fix(id: string, revision: number, batch: HookBatch): Promise<boolean> {
    const { room, from, to, events, createdAt, tries, body } = batch;
    return this.#lane.write(async (session) => {
      if ((await lock(session, id))?.revision !== revision) return false;
      await session.run("DELETE FROM hook_batches WHERE hook = $1 AND room = $2", id, room);
      await session.run(
        `INSERT INTO hook_batches(hook, room, id, from_seq, to_seq, events, created_at, tries, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        ...[id, room, batch.id, from, to, events, createdAt, tries, body],
      );
      return true;
    });
  }

  fixed(id: string): Promise<readonly HookBatchHead[]> {
    return this.#connection.ask((session) =>
      session.rows<HookBatchHead>(`SELECT ${HEAD} FROM hook_batches WHERE hook = $1 ORDER BY room`, id),
    );
  }

  batch(id: string, room: RoomKey): Promise<HookBatch | null> {
    return this.#connection.ask(async (session) => {
      const sql = `SELECT ${HEAD}, body FROM hook_batches WHERE hook = $1 AND room = $2`;
      return (await session.row<HookBatch>(sql, id, room)) ?? null;
    });
  }

  withdraw(texts: readonly string[]): Promise<number> {
    return this.#connection.write((session) =>
      session.run("DELETE FROM hook_batches WHERE EXISTS (SELECT 1 FROM unnest($1::text[]) AS named WHERE strpos(body, named) > 0)", texts),
    );
  }

  tried(id: string, outcome: HookTry): Promise<HookRow | null> {
    const body = JSON.stringify(outcome);
    return this.#lane.write(async (session) => {
      const row = await lock(session, id);
      if (row === null) return null;
      await session.run("INSERT INTO hook_tries(hook, body) VALUES ($1, $2)", id, body);
      await session.run(
        "DELETE FROM hook_tries WHERE hook = $1 AND n <= (SELECT n FROM hook_tries WHERE hook = $1 ORDER BY n DESC LIMIT 1 OFFSET $2)",
        id,
        TRIES_KEPT,
      );
      if (outcome.attempt === 0) return row;
      const now = { ...row, ...healthAfter(row, outcome) };
      await update(session, now);
      await settle(session, id, outcome);
      return now;
    });
  }

  tries(id: string, limit: number): Promise<readonly HookTry[]> {
    return this.#connection.ask(async (session) => {
      const rows = await session.rows<{ body: string }>("SELECT body FROM hook_tries WHERE hook = $1 ORDER BY n DESC LIMIT $2", id, limit);
      return rows.map(({ body }) => JSON.parse(body) as HookTry);
    });
  }
}

async function settle(session: PostgresSession, id: string, outcome: HookTry): Promise<void> {
  const which = [id, outcome.room, outcome.id] as const;
  if (!outcome.delivered) {
    await session.run("UPDATE hook_batches SET tries = $4 WHERE hook = $1 AND room = $2 AND id = $3", ...which, outcome.attempt);
    return;
  }
  const sql = "DELETE FROM hook_batches WHERE hook = $1 AND room = $2 AND id = $3 RETURNING to_seq";
  const gone = await session.row<{ to_seq: number }>(sql, ...which);
  if (gone !== undefined) await placeReader(session, hookReader(id), outcome.room, gone.to_seq);
}

async function lock(session: PostgresSession, id: string): Promise<HookRow | null> {
  const row = await session.row<StoredHook>("SELECT id, revision, body FROM hooks WHERE id = $1 FOR UPDATE", id);
  return row === undefined ? null : hookOf(row);
}

async function update(session: PostgresSession, row: HookRow): Promise<void> {
  await session.run("UPDATE hooks SET revision = $2, body = $3 WHERE id = $1", row.id, row.revision, hookBody(row));
}

async function place(session: PostgresSession, id: string, places: HookPlaces): Promise<void> {
  for (const [room, seq] of places) await placeReader(session, hookReader(id), room, seq);
}
