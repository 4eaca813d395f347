import { DyliveError } from "../../runtime/errors.js";
import {
  type HookBatch,
  type HookBatchHead,
  type HookPlaces,
  type HookRow,
  type Hooks,
  type HookTry,
  healthAfter,
  hookReader,
  TRIES_KEPT,
} from "../hooks.js";
import type { RoomKey } from "../log.js";
import { forgetReader, placeReader } from "./positions.js";
import { row, rows, run, type SqlDatabase, type Work } from "./work.js";

/** Hook as it is kept: all but id and revision as JSON text. */
interface StoredHook {
  readonly id: string;
  readonly revision: number;
  readonly body: string;
}

const SELECT = "SELECT id, revision, body FROM hooks";
const HEAD = `id, room, from_seq AS "from", to_seq AS "to", events, created_at AS "createdAt", tries`;

/** Returns the hooks of a database. Whoever changes a hook or what is on its way locks its row first. */
export function sqlHooks({ dialect, ask, lane }: SqlDatabase): Hooks {
  const write = lane();
  const lock = (id: string) => find(id, dialect.forUpdate);
  return {
    add: (hook, places) =>
      write(function* () {
        const sql = "INSERT INTO hooks(id, revision, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        if ((yield* run(sql, hook.id, hook.revision, bodyOf(hook))) === 0)
          throw new DyliveError("in_use", `there is a hook ${hook.id} already`);
        yield* place(hook.id, places);
      }),
    get: (id) => ask(() => find(id)),
    list: () =>
      ask(function* () {
        return (yield* rows<StoredHook>(`${SELECT} ORDER BY n`)).map(hookOf);
      }),
    change: (id, change, places = new Map(), replay = false) =>
      write(function* () {
        const hook = yield* lock(id);
        if (hook === null) return null;
        const changed = { ...hook, ...change, revision: hook.revision + 1, replays: hook.replays + (replay ? 1 : 0) };
        yield* update(changed);
        yield* run(`DELETE FROM hook_batches WHERE hook = $1 AND room ${dialect.among("$2", "bigint")}`, id, [...places.keys()]);
        yield* place(id, places);
        return changed;
      }),
    remove: (id) =>
      write(function* () {
        yield* lock(id);
        yield* forgetReader(hookReader(id));
        return (yield* run("DELETE FROM hooks WHERE id = $1", id)) === 1;
      }),
    places: (id) =>
      ask(function* () {
        const sql = "SELECT room, seq FROM positions WHERE reader = $1 ORDER BY room";
        return new Map((yield* rows<{ room: RoomKey; seq: number }>(sql, hookReader(id))).map(({ room, seq }) => [room, seq]));
      }),
    move: (id, revision, places) =>
      write(function* () {
        if ((yield* lock(id))?.revision !== revision) return false;
        yield* place(id, places);
        return true;
      }),
    fix: (id, revision, { id: batch, room, from, to, events, createdAt, tries, body }) =>
      write(function* () {
        if ((yield* lock(id))?.revision !== revision) return false;
        yield* run("DELETE FROM hook_batches WHERE hook = $1 AND room = $2", id, room);
        yield* run(
          `INSERT INTO hook_batches(hook, room, id, from_seq, to_seq, events, created_at, tries, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          ...[id, room, batch, from, to, events, createdAt, tries, body],
        );
        return true;
      }),
    fixed: (id) => ask(() => rows<HookBatchHead>(`SELECT ${HEAD} FROM hook_batches WHERE hook = $1 ORDER BY room`, id)),
    batch: (id, room) =>
      ask(function* () {
        return (yield* row<HookBatch>(`SELECT ${HEAD}, body FROM hook_batches WHERE hook = $1 AND room = $2`, id, room)) ?? null;
      }),
    tried: (id, outcome) =>
      write(function* () {
        const hook = yield* lock(id);
        if (hook === null) return null;
        yield* run("INSERT INTO hook_tries(hook, body) VALUES ($1, $2)", id, JSON.stringify(outcome));
        yield* run(
          "DELETE FROM hook_tries WHERE hook = $1 AND n <= (SELECT n FROM hook_tries WHERE hook = $1 ORDER BY n DESC LIMIT 1 OFFSET $2)",
          ...[id, TRIES_KEPT],
        );
        if (outcome.attempt === 0) return hook;
        const now = { ...hook, ...healthAfter(hook, outcome) };
        yield* update(now);
        yield* settle(id, outcome);
        return now;
      }),
    withdraw: (texts) =>
      write(function* () {
        let count = 0;
        for (const text of texts) count += yield* run(`DELETE FROM hook_batches WHERE ${dialect.position}(body, $1) > 0`, text);
        return count;
      }),
    tries: (id, limit) =>
      ask(function* () {
        const noted = yield* rows<{ body: string }>("SELECT body FROM hook_tries WHERE hook = $1 ORDER BY n DESC LIMIT $2", id, limit);
        return noted.map(({ body }) => JSON.parse(body) as HookTry);
      }),
  };
}

function* find(id: string, lock = ""): Work<HookRow | null> {
  const stored = yield* row<StoredHook>(`${SELECT} WHERE id = $1 ${lock}`, id);
  return stored === undefined ? null : hookOf(stored);
}

function* update(hook: HookRow): Work<void> {
  yield* run("UPDATE hooks SET revision = $2, body = $3 WHERE id = $1", hook.id, hook.revision, bodyOf(hook));
}

function* place(id: string, places: HookPlaces): Work<void> {
  for (const [room, seq] of places) yield* placeReader(hookReader(id), room, seq);
}

/** Takes a batch off the way that was delivered, or notes the try. */
function* settle(id: string, { room, id: batch, attempt, delivered }: HookTry): Work<void> {
  const which = "hook = $1 AND room = $2 AND id = $3";
  if (!delivered) {
    yield* run(`UPDATE hook_batches SET tries = $4 WHERE ${which}`, id, room, batch, attempt);
    return;
  }
  const gone = yield* row<{ to: number }>(`DELETE FROM hook_batches WHERE ${which} RETURNING to_seq AS "to"`, id, room, batch);
  if (gone !== undefined) yield* placeReader(hookReader(id), room, gone.to);
}

function bodyOf({ id: _id, revision: _revision, ...body }: HookRow): string {
  return JSON.stringify(body);
}

function hookOf({ id, revision, body }: StoredHook): HookRow {
  return { id, revision, ...(JSON.parse(body) as Omit<HookRow, "id" | "revision">) };
}
