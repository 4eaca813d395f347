import type { Comment } from "../../works/model/comment.js";
import { type KeptComment, keptComment, type ReadComment } from "../../works/model/kept.js";
import { foldText } from "../search.js";
import { each, expireSome, row, rows, run, type SqlDatabase, type SqlWork } from "./work.js";

/** Name of a kept comment. */
interface CommentKey {
  readonly workId: string;
  readonly id: string;
}

/** Place in a list of a work's comments: the last one of the page before. */
interface CommentPlace {
  readonly rank: number;
  readonly id: string;
}

/** Comments of a work that are asked for, in the order in which the platform gave them. */
export interface CommentAsk {
  readonly workId: string;
  /** Replies of this top comment; null asks for the top comments. */
  readonly parentId: string | null;
  /** Only those after this one in the list. */
  readonly after?: CommentPlace;
  /** Whether those that are no longer there are left out. */
  readonly present?: boolean;
  readonly limit: number;
}

/** Numbers of a work's comments. */
interface CommentCounts {
  readonly comments: number;
  /** Number of them that are top comments. */
  readonly topLevel: number;
  /** Number of them that are no longer there. */
  readonly removed: number;
}

/** Place in what was found: the last comment that was looked at. */
interface FoundPlace extends CommentKey {
  /** ms UTC */
  readonly time: number;
}

/** Conditions of a search of comments; all that are given must hold. */
export interface CommentSearch {
  /** Only comments of this work. */
  readonly workId?: string;
  /** Only replies of this top comment. */
  readonly parentId?: string;
  /** Part of the text. Capitals and the width of letters do not matter. */
  readonly text?: string;
  /** `user.id` or `user.secUid` of who wrote it. */
  readonly user?: string;
  /** Earliest time, ms UTC, included. */
  readonly from?: number;
  /** Latest time, ms UTC, not included. */
  readonly to?: number;
  /** Only those after this place. */
  readonly after?: FoundPlace;
  readonly limit: number;
}

/** Page of what was found, newest first. */
export interface FoundComments {
  /** May be fewer than asked for before the end. */
  readonly comments: readonly KeptComment[];
  /** Place to go on from; null when all has been looked at. */
  readonly next: FoundPlace | null;
}

/** Most comments that one search looks at: a rare text must not hold up other callers. */
const LOOKED_AT = 5_000;
/** Comments that are removed in one step. */
const STEP_COMMENTS = 500;

const TYPES: Readonly<Record<string, "text" | "bigint">> = {
  ...{ work_id: "text", id: "text", parent_id: "text", user_id: "text", sec_uid: "text", time: "bigint", rank: "bigint", run: "bigint" },
  ...{
    received_at: "bigint",
    first_seen_at: "bigint",
    removed_at: "bigint",
    revision: "bigint",
    erased: "bigint",
    words: "text",
    body: "text",
  },
};
const NAMES = Object.keys(TYPES);
/** Columns that a newer reading changes, with their parameters after the two of the key. */
const CHANGED = NAMES.slice(2).map((name, at) => `${name} = $${at + 3}`);
/** Columns of a {@link SeenRow} of `c`; its replies are counted as they are now. */
const SEEN = `c.body, c.first_seen_at AS "firstSeenAt", c.removed_at AS "removedAt", c.revision, c.erased,
  (SELECT count(*) FROM comments r WHERE r.work_id = c.work_id AND r.parent_id = c.id) AS "repliesCollected"`;

/** Name of the field in the JSON of a comment: in none of its texts is there a quote that is not escaped. */
const REPLIES = '"replies":';

interface SeenRow extends Pick<KeptComment, "firstSeenAt" | "removedAt" | "revision" | "repliesCollected"> {
  readonly body: string;
  readonly erased: number;
}

/** Comments of a store's works. */
export type Comments = ReturnType<typeof sqlComments>;

/** Returns the comments of a database. */
export function sqlComments({ dialect, ask, read, lane }: SqlDatabase) {
  const write = lane();
  return {
    /**
     * Keeps comments that a run saw, each as {@link keptComment} says: the new ones are added, the known ones renewed.
     * @param seenBy number of the run
     * @param at ms UTC
     * @returns how many of them are new
     */
    put: (seenBy: number, seen: readonly ReadComment[], at?: number): Promise<number> =>
      write(function* () {
        const all = [...new Map(seen.map((one) => [keyOf(one), one])).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
        // First rows, so that there are some to lock: two runs must not both be the first that saw one.
        const added = yield* each<CommentKey>(
          `INSERT INTO comments(${NAMES.join(", ")}) ${dialect.given(Object.values(TYPES))} ON CONFLICT DO NOTHING
           RETURNING work_id AS "workId", id`,
          all.map(([, one]) => valuesOf(keptComment(null, one), seenBy)),
        );
        const news = new Set(added.map(keyOf));
        for (const [key, one] of all) if (!news.has(key)) yield* renew(one, seenBy, at);
        return news.size;
      }, seen.length),
    /** Returns a comment; null when it is not kept. */
    get: ({ workId, id }: CommentKey): Promise<KeptComment | null> =>
      ask(function* () {
        const seen = yield* row<SeenRow>(`SELECT ${SEEN} FROM comments c WHERE c.work_id = $1 AND c.id = $2`, workId, id);
        return seen === undefined ? null : keptOf(seen);
      }),
    /** Returns top comments of a work, or the replies of one, in the order in which the platform gave them. */
    list: ({ workId, parentId, after, present = false, limit }: CommentAsk): Promise<readonly KeptComment[]> =>
      ask(function* () {
        const values: (string | number)[] = [workId, limit];
        const add = (value: string | number) => `$${values.push(value)}`;
        const floor = parentId === null ? "c.parent_id IS NULL" : `c.parent_id = ${add(parentId)}`;
        const from = after === undefined ? "" : `AND (c.rank, c.id) > (${add(after.rank)}, ${add(after.id)})`;
        const there = present ? "AND c.removed_at IS NULL" : "";
        const sql = `SELECT ${SEEN} FROM comments c WHERE c.work_id = $1 AND ${floor} ${from} ${there} ORDER BY c.rank, c.id LIMIT $2`;
        return (yield* rows<SeenRow>(sql, ...values)).map(keptOf);
      }),
    /** Returns how many comments are kept of a work. */
    count: (workId: string): Promise<CommentCounts> =>
      ask(function* () {
        const sql = `SELECT count(*) AS comments, count(*) - count(parent_id) AS "topLevel", count(removed_at) AS removed
          FROM comments WHERE work_id = $1`;
        return (yield* row<CommentCounts>(sql, workId)) ?? { comments: 0, topLevel: 0, removed: 0 };
      }),
    /** Returns the names of all comments of a work and of their floors, with the number of replies that the platform says, in the order of their ranks. */
    known: (workId: string): Promise<readonly Pick<Comment, "id" | "parentId" | "rank" | "replies">[]> =>
      ask(function* () {
        // Not by the engine's JSON: PostgreSQL's refuses a whole object for half a character in a text.
        const found = yield* rows<Pick<Comment, "id" | "parentId" | "rank"> & { readonly replies: string }>(
          `SELECT id, parent_id AS "parentId", rank, substr(body, ${dialect.position}(body, '${REPLIES}'), ${REPLIES.length + 16}) AS replies
           FROM comments WHERE work_id = $1 ORDER BY rank, id`,
          workId,
        );
        return found.map(({ replies, ...one }) => ({
          ...one,
          replies: replies.startsWith(REPLIES) ? numberIn(replies.slice(REPLIES.length)) : null,
        }));
      }),
    /** Finds comments, newest first. */
    find: (asked: CommentSearch): Promise<FoundComments> => read(() => find(asked)),
    /** Returns all comments in the order of their names, from after one on. */
    walk: (after: CommentKey | null, limit: number): Promise<readonly KeptComment[]> =>
      ask(function* () {
        const { workId, id } = after ?? { workId: "", id: "" };
        const sql = `SELECT ${SEEN} FROM comments c WHERE (c.work_id, c.id) > ($1, $2) ORDER BY c.work_id, c.id LIMIT $3`;
        return (yield* rows<SeenRow>(sql, workId, id, limit)).map(keptOf);
      }),
    /** Puts others in the place of kept comments, as an erasure leaves them: they are not read again. */
    replace: (erased: readonly KeptComment[]): Promise<void> =>
      write(function* () {
        for (const one of erased) {
          const set = ["parent_id", "user_id", "sec_uid", "revision", "words", "body"];
          const { parentId, user, text, revision } = one;
          yield* run(
            `UPDATE comments SET erased = 1, ${set.map((name, at) => `${name} = $${at + 3}`).join(", ")} WHERE work_id = $1 AND id = $2`,
            ...[one.workId, one.id, parentId, plain(user.id), plain(user.secUid), revision + 1, wordsOf(text), bodyOf(one)],
          );
        }
      }, erased.length),
    /**
     * Removes some of the comments that no run saw since a time, ms UTC, as {@link expireSome} says; a floor with its last reply.
     * @returns whether there may be more
     */
    expire: (before: number, now: number): Promise<boolean> =>
      write(() => {
        const also = "AND NOT EXISTS (SELECT 1 FROM comments r WHERE r.work_id = t.work_id AND r.parent_id = t.id)";
        return expireSome(
          dialect,
          { table: "comments", keys: "work_id, id", time: "received_at" },
          { before, now, most: STEP_COMMENTS, also },
        );
      }),
  };

  function* renew(read: ReadComment, seenBy: number, at?: number): SqlWork<void> {
    const seen = yield* row<SeenRow>(
      `SELECT ${SEEN} FROM comments c WHERE c.work_id = $1 AND c.id = $2 ${dialect.forUpdate}`,
      ...[read.workId, read.id],
    );
    if (seen === undefined) return; // it was removed meanwhile, and comes with the next run
    const before = keptOf(seen);
    const now = keptComment(before, read, at);
    if (now === before) {
      // What this run read is not what is known last; it has seen it all the same.
      yield* run("UPDATE comments SET run = $3, seen_at = NULL WHERE work_id = $1 AND id = $2 AND run < $3", read.workId, read.id, seenBy);
      return;
    }
    yield* run(`UPDATE comments SET ${CHANGED.join(", ")}, seen_at = NULL WHERE work_id = $1 AND id = $2`, ...valuesOf(now, seenBy));
  }

  function* find({ workId, parentId, text, user, from, to, after, limit }: CommentSearch): SqlWork<FoundComments> {
    const values: (string | number)[] = [];
    const add = (value: string | number) => `$${values.push(value)}`;
    const found = text === undefined ? "1" : `CASE WHEN ${dialect.position}(c.words, ${add(wordsOf(text))}) > 0 THEN 1 ELSE 0 END`;
    const conditions = [
      ...(workId === undefined ? [] : [`c.work_id = ${add(workId)}`]),
      ...(parentId === undefined ? [] : [`c.parent_id = ${add(parentId)}`]),
      ...(user === undefined ? [] : [`(c.user_id = ${add(user)} OR c.sec_uid = ${add(user)})`]),
      ...(from === undefined ? [] : [`c.time >= ${add(from)}`]),
      ...(to === undefined ? [] : [`c.time < ${add(to)}`]),
      ...(after === undefined ? [] : [`(c.time, c.work_id, c.id) < (${add(after.time)}, ${add(after.workId)}, ${add(after.id)})`]),
    ];
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
    const looked = yield* rows<FoundPlace & { readonly found: number }>(
      `SELECT c.time, c.work_id AS "workId", c.id, ${found} AS found FROM comments c ${where}
       ORDER BY c.time DESC, c.work_id DESC, c.id DESC LIMIT ${add(text === undefined ? limit : LOOKED_AT)}`,
      ...values,
    );
    const comments: KeptComment[] = [];
    for (const { time, workId, id, found } of looked) {
      if (found !== 1) continue;
      const seen = yield* row<SeenRow>(`SELECT ${SEEN} FROM comments c WHERE c.work_id = $1 AND c.id = $2`, workId, id);
      if (seen !== undefined) comments.push(keptOf(seen));
      if (comments.length === limit) return { comments, next: { time, workId, id } };
    }
    const last = looked.at(-1);
    return {
      comments,
      next: last === undefined || looked.length < LOOKED_AT ? null : { time: last.time, workId: last.workId, id: last.id },
    };
  }
}

function keptOf({ body, erased, ...columns }: SeenRow): KeptComment {
  return { ...(JSON.parse(body) as Comment), ...columns, erased: erased !== 0 };
}

function keyOf({ workId, id }: CommentKey): string {
  return JSON.stringify([workId, id]);
}

function valuesOf(comment: KeptComment, seenBy: number): (string | number | null)[] {
  const { workId, id, parentId, user, text, time, rank, receivedAt, firstSeenAt, removedAt, revision, erased } = comment;
  return [
    ...[workId, id, parentId, plain(user.id), plain(user.secUid), time, rank, seenBy, receivedAt, firstSeenAt, removedAt, revision],
    ...[erased ? 1 : 0, wordsOf(text), bodyOf(comment)],
  ];
}

/** Returns the JSON of a comment without what columns say: those change by themselves. */
function bodyOf({ firstSeenAt: _first, removedAt: _removed, revision: _revision, erased: _erased, ...comment }: KeptComment): string {
  return JSON.stringify(comment);
}

/** Returns the number with which a JSON value begins; null for any other. */
function numberIn(json: string): number | null {
  const [digits] = /^\d+/.exec(json) ?? [];
  return digits === undefined ? null : Number(digits);
}

function wordsOf(text: string): string {
  return plain(foldText(text)) ?? "";
}

/** Returns a text as a column of any engine takes it. */
function plain(text: string | null): string | null {
  return text?.replaceAll("\0", " ").toWellFormed() ?? null;
}
