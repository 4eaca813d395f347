import { keptWork } from "../../works/model/kept.js";
import type { Work } from "../../works/model/work.js";
import { expireSome, row, rows, run, type SqlDatabase } from "./work.js";

/** A work as it is kept. */
export interface WorkRow {
  readonly work: Work;
  /** The page's own reply at the last reading, as it came; null when it was read from the page's state. */
  readonly reply: string | null;
}

/** Place in a list of works: the last work of the page before. */
interface WorkPlace {
  /** ms UTC */
  readonly time: number;
  readonly id: string;
}

/** Works that are asked for, newest first. */
interface WorkAsk {
  /** Only those of the author with this sec_uid. */
  readonly author?: string;
  /** Only those of the mix with this id. */
  readonly mix?: string;
  /** Only those after this one in the list. */
  readonly after?: WorkPlace;
  readonly limit: number;
}

/** Works that are removed in one step. */
const STEP_WORKS = 100;

/** Works of a store. */
export type Works = ReturnType<typeof sqlWorks>;

/** Returns the works of a database. */
export function sqlWorks({ dialect, ask, lane }: SqlDatabase) {
  const write = lane();
  return {
    /** Keeps a reading of a work at a time, ms UTC, as {@link keptWork} says. @returns the work as it is kept now */
    keep: (read: Work, reply: string | null, at?: number): Promise<Work> =>
      write(function* () {
        // First a row, so that there is one to lock: two readings of a work must not both be its first.
        const first = keptWork(null, read);
        const added = yield* run(
          `INSERT INTO works(id, author, mix, time, state, received_at, first_seen_at, revision, body, reply)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
          ...[read.id, ...valuesOf(first), reply],
        );
        if (added === 1) return first;
        const stored = yield* row<{ body: string }>(`SELECT body FROM works WHERE id = $1 ${dialect.forUpdate}`, read.id);
        const before = stored === undefined ? null : (JSON.parse(stored.body) as Work);
        const now = keptWork(before, read, at);
        if (now === before) return now;
        yield* run(
          `UPDATE works SET author = $2, mix = $3, time = $4, state = $5, received_at = $6, first_seen_at = $7, revision = $8, body = $9,
             reply = $10, seen_at = NULL
           WHERE id = $1`,
          ...[read.id, ...valuesOf(now), reply],
        );
        return now;
      }),
    /** Returns a work by its id; null when it is not kept. */
    get: (id: string): Promise<WorkRow | null> =>
      ask(function* () {
        const stored = yield* row<{ body: string; reply: string | null }>("SELECT body, reply FROM works WHERE id = $1", id);
        return stored === undefined ? null : { work: JSON.parse(stored.body) as Work, reply: stored.reply };
      }),
    /** Returns works, those published last first. */
    list: ({ author, mix, after, limit }: WorkAsk): Promise<readonly Work[]> =>
      ask(function* () {
        const given: (string | number)[] = [limit];
        const place = (value: string | number) => `$${given.push(value)}`;
        const conditions = [
          ...(author === undefined ? [] : [`author = ${place(author)}`]),
          ...(mix === undefined ? [] : [`mix = ${place(mix)}`]),
          ...(after === undefined ? [] : [`(time, id) < (${place(after.time)}, ${place(after.id)})`]),
        ];
        const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
        const found = yield* rows<{ body: string }>(`SELECT body FROM works ${where} ORDER BY time DESC, id DESC LIMIT $1`, ...given);
        return found.map(({ body }) => JSON.parse(body) as Work);
      }),
    /** Returns the ids of the works of an author that are kept and were published before a time, ms UTC. */
    idsOf: (author: string, before: number): Promise<ReadonlySet<string>> =>
      ask(function* () {
        const found = yield* rows<{ id: string }>("SELECT id FROM works WHERE author = $1 AND time < $2", author, before);
        return new Set(found.map(({ id }) => id));
      }),
    /** Returns all works in the order of their ids, from after one on. */
    walk: (after: string, limit: number): Promise<readonly WorkRow[]> =>
      ask(function* () {
        const sql = "SELECT body, reply FROM works WHERE id > $1 ORDER BY id LIMIT $2";
        const found = yield* rows<{ body: string; reply: string | null }>(sql, after, limit);
        return found.map(({ body, reply }) => ({ work: JSON.parse(body) as Work, reply }));
      }),
    /** Puts another in the place of a kept work, as an erasure leaves it. */
    replace: (left: Work, reply: string | null): Promise<void> =>
      write(function* () {
        const now = { ...left, revision: left.revision + 1 };
        yield* run("UPDATE works SET revision = $2, body = $3, reply = $4 WHERE id = $1", now.id, now.revision, JSON.stringify(now), reply);
      }),
    /** Removes a work. */
    remove: (id: string): Promise<void> =>
      write(function* () {
        yield* run("DELETE FROM works WHERE id = $1", id);
      }),
    /** Removes some of the works that were not read since a time, ms UTC, as {@link expireSome} says. @returns whether there may be more */
    expire: (before: number, now: number): Promise<boolean> =>
      write(() => expireSome(dialect, { table: "works", keys: "id", time: "received_at" }, { before, now, most: STEP_WORKS })),
  };
}

function valuesOf(work: Work): (string | number | null)[] {
  const { author, mix, time, state, receivedAt, firstSeenAt, revision } = work;
  return [author.secUid, mix?.id ?? null, time, state, receivedAt, firstSeenAt, revision, JSON.stringify(work)];
}
