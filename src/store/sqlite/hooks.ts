import type { Database } from "better-sqlite3";
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
import type { SqliteConnection } from "./connection.js";

const HEAD = `id, room, from_seq AS "from", to_seq AS "to", events, created_at AS createdAt, tries`;

function statementsOf(database: Database) {
  return {
    add: database.prepare<[string, number, string]>("INSERT INTO hooks(id, revision, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"),
    get: database.prepare<[string], StoredHook>("SELECT id, revision, body FROM hooks WHERE id = ?"),
    list: database.prepare<[], StoredHook>("SELECT id, revision, body FROM hooks ORDER BY n"),
    revision: database.prepare<[string], number>("SELECT revision FROM hooks WHERE id = ?").pluck(),
    update: database.prepare<[number, string, string]>("UPDATE hooks SET revision = ?, body = ? WHERE id = ?"),
    remove: database.prepare<[string]>("DELETE FROM hooks WHERE id = ?"),
    places: database.prepare<[string], [RoomKey, number]>("SELECT room, seq FROM positions WHERE reader = ? ORDER BY room").raw(),
    place: database.prepare<[string, RoomKey, number]>(
      "INSERT INTO positions(reader, room, seq) VALUES (?, ?, ?) ON CONFLICT(reader, room) DO UPDATE SET seq = excluded.seq",
    ),
    unplace: database.prepare<[string, RoomKey]>("DELETE FROM positions WHERE reader = ? AND room = ?"),
    forget: database.prepare<[string]>("DELETE FROM positions WHERE reader = ?"),
    fix: database.prepare<(string | number)[]>(
      `INSERT OR REPLACE INTO hook_batches(hook, room, id, from_seq, to_seq, events, created_at, tries, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    fixed: database.prepare<[string], HookBatchHead>(`SELECT ${HEAD} FROM hook_batches WHERE hook = ? ORDER BY room`),
    batch: database.prepare<[string, RoomKey], HookBatch>(`SELECT ${HEAD}, body FROM hook_batches WHERE hook = ? AND room = ?`),
    drop: database.prepare<[string, RoomKey]>("DELETE FROM hook_batches WHERE hook = ? AND room = ?"),
    withdraw: database.prepare<[string]>("DELETE FROM hook_batches WHERE instr(body, ?) > 0"),
    deliver: database
      .prepare<[string, RoomKey, string], number>("DELETE FROM hook_batches WHERE hook = ? AND room = ? AND id = ? RETURNING to_seq")
      .pluck(),
    failed: database.prepare<[number, string, RoomKey, string]>("UPDATE hook_batches SET tries = ? WHERE hook = ? AND room = ? AND id = ?"),
    note: database.prepare<[string, string]>("INSERT INTO hook_tries(hook, body) VALUES (?, ?)"),
    prune: database.prepare<[string, string]>(
      `DELETE FROM hook_tries WHERE hook = ? AND n <= (SELECT n FROM hook_tries WHERE hook = ? ORDER BY n DESC LIMIT 1 OFFSET ${TRIES_KEPT})`,
    ),
    tries: database.prepare<[string, number], string>("SELECT body FROM hook_tries WHERE hook = ? ORDER BY n DESC LIMIT ?").pluck(),
  };
}

/** Hooks in SQLite. */
export class SqliteHooks implements Hooks {
  readonly #connection: SqliteConnection;
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#sql = statementsOf(connection.database);
  }

  add(row: HookRow, places: HookPlaces): Promise<void> {
    return this.#connection.write(() => {
      const { changes } = this.#sql.add.run(row.id, row.revision, hookBody(row));
      if (changes === 0) throw new DyliveError("in_use", `there is a hook ${row.id} already`);
      this.#place(row.id, places);
    });
  }

  get(id: string): Promise<HookRow | null> {
    return this.#connection.read(() => this.#row(id));
  }

  list(): Promise<readonly HookRow[]> {
    return this.#connection.read(() => this.#sql.list.all().map(hookOf));
  }

  change(id: string, change: HookChange, places: HookPlaces = new Map(), replay = false): Promise<HookRow | null> {
    return this.#connection.write(() => {
      const row = this.#row(id);
      if (row === null) return null;
      const changed = { ...row, ...change, revision: row.revision + 1, replays: row.replays + (replay ? 1 : 0) };
      this.#sql.update.run(changed.revision, hookBody(changed), id);
      for (const room of places.keys()) this.#sql.drop.run(id, room);
      this.#place(id, places);
      return changed;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#connection.write(() => {
      this.#sql.forget.run(hookReader(id));
      return this.#sql.remove.run(id).changes === 1;
    });
  }

  places(id: string): Promise<ReadonlyMap<RoomKey, number>> {
    return this.#connection.read(() => new Map(this.#sql.places.all(hookReader(id))));
  }

  move(id: string, revision: number, places: ReadonlyMap<RoomKey, number>): Promise<boolean> {
    return this.#connection.write(() => {
      if (this.#sql.revision.get(id) !== revision) return false;
      this.#place(id, places);
      return true;
    });
  }

  fix(id: string, revision: number, batch: HookBatch): Promise<boolean> {
    const { room, from, to, events, createdAt, tries, body } = batch;
    return this.#connection.write(() => {
      if (this.#sql.revision.get(id) !== revision) return false;
      this.#sql.fix.run(id, room, batch.id, from, to, events, createdAt, tries, body);
      return true;
    });
  }

  fixed(id: string): Promise<readonly HookBatchHead[]> {
    return this.#connection.read(() => this.#sql.fixed.all(id));
  }

  batch(id: string, room: RoomKey): Promise<HookBatch | null> {
    return this.#connection.read(() => this.#sql.batch.get(id, room) ?? null);
  }

  tried(id: string, outcome: HookTry): Promise<HookRow | null> {
    const { attempt, delivered, room } = outcome;
    const body = JSON.stringify(outcome);
    return this.#connection.write(() => {
      const row = this.#row(id);
      if (row === null) return null;
      this.#sql.note.run(id, body);
      this.#sql.prune.run(id, id);
      if (attempt === 0) return row;
      const now = { ...row, ...healthAfter(row, outcome) };
      this.#sql.update.run(now.revision, hookBody(now), id);
      if (delivered) {
        const to = this.#sql.deliver.get(id, room, outcome.id);
        if (to !== undefined) this.#sql.place.run(hookReader(id), room, to);
      } else this.#sql.failed.run(attempt, id, room, outcome.id);
      return now;
    });
  }

  withdraw(texts: readonly string[]): Promise<number> {
    return this.#connection.write(() => texts.reduce((sum, text) => sum + this.#sql.withdraw.run(text).changes, 0));
  }

  tries(id: string, limit: number): Promise<readonly HookTry[]> {
    return this.#connection.read(() => this.#sql.tries.all(id, limit).map((body) => JSON.parse(body) as HookTry));
  }

  #row(id: string): HookRow | null {
    const row = this.#sql.get.get(id);
    return row === undefined ? null : hookOf(row);
  }

  #place(id: string, places: HookPlaces): void {
    for (const [room, seq] of places) {
      if (seq === null) this.#sql.unplace.run(hookReader(id), room);
      else this.#sql.place.run(hookReader(id), room, seq);
    }
  }
}
