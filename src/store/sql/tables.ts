import { DyliveError } from "../../runtime/errors.js";
import { type MsgPart, msg } from "../../runtime/msg.js";

/** Version of the schema. No store of another one was released, so none is brought up to date. */
export const SCHEMA_VERSION = 2;

/** @throws DyliveError `store_newer` when a store has a newer schema; `bad_config` when it has an older one */
export function assertVersion(name: MsgPart, version: number): void {
  if (version > SCHEMA_VERSION)
    throw new DyliveError("store_newer", msg`${name} has schema ${version}, this dylive knows ${SCHEMA_VERSION}`);
  if (version < SCHEMA_VERSION)
    throw new DyliveError(
      "bad_config",
      msg`${name} was written by a version of dylive that was never released: name another data folder or an empty database`,
    );
}

/**
 * A table that both engines have. Both make it from this, and a store is copied from one engine to the other by it. A column is written as in
 * SQL, with the types `text` and `bigint`. In PostgreSQL texts compare byte by byte, as in SQLite, whatever the database's language is.
 */
export interface SqlTable {
  readonly name: string;
  /** Columns by name; those of the primary key come first. */
  readonly columns: Readonly<Record<string, string>>;
  /** Number of the primary key's columns. */
  readonly keys: number;
  /** Whether the database gives the first column, the only one of the key, its numbers; none is given twice. */
  readonly counts?: boolean;
  /** Columns of integers that may be beyond what a number of JavaScript holds. */
  readonly sums?: readonly string[];
  readonly unique?: string;
  /** Indexes: the end of each one's name, and what it is on. */
  readonly indexes?: Readonly<Record<string, string>>;
  /** Share of a page (%) that PostgreSQL fills, for tables that are updated often. */
  readonly fill?: number;
  /** Whether rows are too large to lie in the tree of the primary key. */
  readonly large?: boolean;
  /** Condition of the rows that are copied to another engine; all by default. */
  readonly copied?: string;
}

const COUNT = "bigint NOT NULL";
const ZERO = "bigint NOT NULL DEFAULT 0";
const NAME = "text NOT NULL";
const ROOM = "bigint NOT NULL REFERENCES rooms(room)";
const HOOK = "text NOT NULL REFERENCES hooks(id) ON DELETE CASCADE";
/** Rows of statistics that are being deleted are not copied. */
const ALIVE = "n IN (SELECT n FROM statistics_sessions)";
const RUN = { n: COUNT, subject: NAME, reported_at: COUNT, ended_at: "bigint", body: NAME, seen_at: "bigint" };
const GIVEN = { combos: COUNT, settled: COUNT, units: COUNT, diamonds: COUNT, unpriced: COUNT };

/**
 * Table of rooms. `settings`: JSON of what differs from the server's settings. `watched`: the place on the watch list, or -1: the room was
 * deleted, and its key, which is never given again, is all that is left of it.
 */
export const ROOMS: SqlTable = {
  name: "rooms",
  keys: 1,
  counts: true,
  columns: {
    ...{ room: COUNT, web_rid: "text", title: "text", anchor_id: "text", anchor_sec_uid: "text", anchor_nickname: "text" },
    ...{ anchor_avatar: "text", watched: ZERO, settings: "text NOT NULL DEFAULT '{}'", resume: "text", created_at: COUNT },
  },
};

/**
 * All other tables that both engines have alike, in an order in which nothing refers to what is not there yet. Beside them each engine has
 * its own for events and the search index.
 *
 * - `heads`: the newest seq and epoch of each room's log; the epoch of a deleted room is below 0. It is apart from `rooms`, narrow and with room to spare, because it is written with
 *   every append; in PostgreSQL an append to the room locks its row, so that seqs are in the order of commits. A copy gets it with the
 *   events.
 * - `room_reports.body`: JSON of a room's last status, for processes that do not collect it.
 * - `positions.holder`: id of the only one that moves it, a connection or a client over all of its own: the one that subscribed by its name last; empty where each may.
 * - `tokens.rooms`: JSON array of names. `hooks.body`, `hook_tries.body`: JSON of the row.
 *   `hook_batches.body`: what is sent, byte for byte until it is delivered; a hook has at most one batch of each room. `hook_rooms.seq`: the
 *   place in a room with a batch, or that is further or less far than `hooks.pos` says.
 * - Statistics (`store/statistics.ts`): a broadcast of which events are replaced is reset in the same transaction, and gets a new `n`; the rows of the old
 *   one (`statistics_dead`) are deleted little by little, and nothing that was under way for it can be added to the new one. `totals` is JSON: it is read and written whole, and its sums of diamonds
 *   have no bound. `back < until`: the broadcast is being counted again, and its events in between are still to be looked at.
 *   `statistics_dropped`: what was counted of the broadcast went by its age; what is counted of it again is a part.
 * - `works.body`: JSON of the work (`works/model`), of which the other columns are copies; `reply`: the last reply to the page itself.
 * - `comments.body`: JSON of the comment as it was read last; `words`: its text, folded for searching; `run`: the last run that saw it;
 *   `erased`: a person was taken out of it, and no reading changes it any more. `comment_runs.body`, `list_runs.body`: JSON of the run;
 *   `subject`: the work, the author or the mix that it is about; `reported_at`: when its progress was last saved.
 * - `seen_at`: when it was first seen that the time by which the row grows old is yet to come; retention sets it, a newer time takes it away.
 * - `downloads.body`: JSON of the download, `author`: of who made its work, `folder`: id of the folder with its files, which a process has on its
 *   disk; `removed`: nothing is left of it but that its files are to be removed by a process that has them.
 * - `author_watches.body`: JSON of the watch (`works/model/author-watch`) and the ids of works that are known; `outcome`: of the last look.
 * - `deletions`: rooms (`session_id` is empty) and broadcasts that were deleted; of one without `ended_at` something is still to be removed, of
 *   events those up to `until_seq`. Files on the disks of other processes are found by those that have ended.
 *   `sessions`: broadcasts whose statistics were dropped when it began. Events of a broadcast that is being deleted are not shown.
 * - `gifts`: the catalogue of gifts; `gift_prices`: each price that a gift had, from when to when it was seen.
 * - `account_days.day`: number of the day of UTC since 1970. `forgotten_accounts.at`: when an account was forgotten; logins of before may still be
 *   in use, and nothing more is kept of them.
 * - `consumers.pos`: position of what is made from the log: all that a consumer (`search`, `statistics`) makes of the events up to it is there, and
 *   nothing of later ones. A consumer has a row from the beginning. Of a copy the index is made from the log again; statistics are copied, and go on.
 *   `locks`: number of the calls that have locked the positions. What was read of the log before the last of them may have been replaced since.
 * - `removals.pos`: position of the last event that was removed.
 */
export const TABLES: readonly SqlTable[] = [
  { name: "heads", keys: 1, fill: 50, copied: "false", columns: { room: ROOM, head: ZERO, epoch: ZERO } },
  { name: "aliases", keys: 2, columns: { kind: NAME, value: NAME, room: ROOM }, indexes: { room: "room" } },
  { name: "room_reports", keys: 1, fill: 70, columns: { room: ROOM, reported_at: COUNT, body: NAME } },
  { name: "removals", keys: 2, columns: { room: ROOM, from_seq: COUNT, to_seq: COUNT, reason: NAME, pos: COUNT }, indexes: { pos: "pos" } },
  {
    name: "sessions",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: COUNT, room: ROOM, session_id: NAME, title: "text", opened_at: COUNT, ended_at: "bigint", end_reason: "text", seen: "text" },
    },
    unique: "room, session_id",
  },
  { name: "positions", keys: 1, fill: 70, columns: { reader: NAME, pos: COUNT, moved_at: ZERO, holder: "text NOT NULL DEFAULT ''" } },
  {
    name: "tokens",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: COUNT, id: "text NOT NULL UNIQUE", name: NAME, scope: NAME, hash: "text NOT NULL UNIQUE", rooms: NAME },
      ...{ per_minute: "bigint", created_at: COUNT, expires_at: "bigint", revoked_at: "bigint", last_used_at: "bigint" },
    },
  },
  { name: "hooks", keys: 1, counts: true, columns: { n: COUNT, id: "text NOT NULL UNIQUE", revision: COUNT, pos: COUNT, body: NAME } },
  {
    name: "hook_batches",
    keys: 2,
    large: true,
    columns: {
      ...{ hook: HOOK, room: COUNT, id: NAME, from_seq: COUNT, to_seq: COUNT, events: COUNT, created_at: COUNT, tries: COUNT, body: NAME },
    },
  },
  { name: "hook_rooms", keys: 2, fill: 70, columns: { hook: HOOK, room: COUNT, seq: COUNT } },
  { name: "hook_tries", keys: 1, counts: true, columns: { n: COUNT, hook: HOOK, body: NAME }, indexes: { hook: "hook, n" } },
  { name: "retention", keys: 2, columns: { room: ROOM, kind: NAME, max_age_ms: "bigint", max_bytes: "bigint" } },
  {
    name: "deletions",
    keys: 1,
    counts: true,
    columns: { n: COUNT, room: ROOM, session_id: NAME, until_seq: COUNT, at: COUNT, sessions: ZERO, ended_at: "bigint" },
    indexes: { room: "room", open: "n) WHERE (ended_at IS NULL" },
  },
  { name: "horizons", keys: 1, columns: { room: COUNT, time: COUNT } },
  {
    name: "statistics_sessions",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: COUNT, room: COUNT, session_id: NAME, first_seq: COUNT, last_seq: COUNT, back: ZERO, until: ZERO, partial: ZERO },
      ...{ combos: ZERO, settled: ZERO, people: ZERO, chatters: ZERO, gifters: ZERO, totals: NAME, seen_at: "bigint" },
    },
    unique: "room, session_id",
    indexes: { again: "n) WHERE (back < until" },
  },
  {
    name: "statistics_minutes",
    keys: 2,
    copied: ALIVE,
    columns: { n: COUNT, minute: COUNT, events: COUNT, first_seq: COUNT, totals: NAME },
  },
  {
    name: "statistics_people",
    keys: 2,
    sums: ["diamonds"],
    copied: ALIVE,
    columns: {
      ...{ n: COUNT, user_id: NAME, name: "text", name_seq: COUNT, events: COUNT, chats: COUNT, likes: COUNT, joins: COUNT },
      ...{ follows: COUNT, shares: COUNT, ...GIVEN, first_at: COUNT, last_at: COUNT, level: "bigint", club: "bigint" },
    },
    // A person is looked for in all broadcasts: each by the primary key would be as many looks as there are broadcasts.
    indexes: { user: "user_id, n" },
  },
  {
    name: "statistics_gifts",
    keys: 4,
    sums: ["diamonds"],
    copied: ALIVE,
    columns: {
      ...{ n: COUNT, user_id: NAME, receiver_id: NAME, gift_id: NAME, gift_name: "text", gift_seq: COUNT, receiver_name: "text" },
      ...{ receiver_seq: COUNT, ...GIVEN },
    },
  },
  { name: "statistics_combos", keys: 2, copied: ALIVE, columns: { n: COUNT, combo_id: NAME, settled: COUNT } },
  {
    name: "statistics_ranks",
    keys: 3,
    copied: ALIVE,
    columns: {
      ...{ n: COUNT, list: NAME, user_id: NAME, name: "text", name_seq: COUNT, first_seq: COUNT, first_score: COUNT, high_score: COUNT },
    },
  },
  { name: "statistics_words", keys: 3, copied: ALIVE, columns: { n: COUNT, kind: NAME, word: NAME, count: COUNT } },
  {
    name: "works",
    keys: 1,
    large: true,
    columns: {
      ...{ id: NAME, author: "text", mix: "text", time: COUNT, state: NAME, received_at: COUNT, first_seen_at: COUNT, revision: COUNT },
      ...{ body: NAME, reply: "text", seen_at: "bigint" },
    },
    indexes: { newest: "time, id", author: "author, time, id", mix: "mix, time, id", received: "received_at" },
  },
  {
    name: "comments",
    keys: 2,
    columns: {
      ...{ work_id: NAME, id: NAME, parent_id: "text", user_id: "text", sec_uid: "text", time: COUNT, rank: COUNT, run: COUNT },
      ...{ received_at: COUNT, first_seen_at: COUNT, removed_at: "bigint", revision: COUNT, erased: ZERO, words: NAME, body: NAME },
      seen_at: "bigint",
    },
    indexes: {
      ...{ floor: "work_id, parent_id, rank, id", newest: "time, work_id, id", user: "user_id, time", person: "sec_uid, time" },
      received: "received_at",
    },
  },
  {
    name: "comment_runs",
    keys: 1,
    counts: true,
    columns: RUN,
    indexes: { subject: "subject, n", reported: "reported_at" },
  },
  {
    name: "list_runs",
    keys: 1,
    counts: true,
    columns: RUN,
    indexes: { subject: "subject, n", reported: "reported_at" },
  },
  {
    name: "downloads",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: COUNT, id: "text NOT NULL UNIQUE", work_id: NAME, folder: NAME, author: "text", reported_at: COUNT, ended_at: "bigint" },
      ...{ removed: ZERO, body: NAME, seen_at: "bigint" },
    },
    indexes: { work: "work_id, n", folder: "folder, n) WHERE (ended_at IS NULL OR removed = 1", reported: "reported_at" },
  },
  {
    name: "author_watches",
    keys: 1,
    counts: true,
    columns: { n: COUNT, sec_uid: "text NOT NULL UNIQUE", added_at: COUNT, next_at: COUNT, outcome: "text", body: NAME },
    indexes: { due: "next_at, n" },
  },
  {
    name: "gifts",
    keys: 1,
    columns: {
      ...{ id: NAME, name: "text", icon: "text", source: NAME, kind: "bigint", combo: "bigint" },
      ...{ first_seen_at: COUNT, seen_at: COUNT, listed_at: "bigint" },
    },
  },
  {
    name: "gift_prices",
    keys: 2,
    columns: { gift_id: NAME, from_at: COUNT, until_at: "bigint", seen_at: COUNT, diamonds: COUNT, source: NAME },
  },
  {
    name: "account_days",
    keys: 2,
    columns: { account: NAME, day: COUNT, gifts: COUNT, diamonds: COUNT, witnessed: COUNT, missing: COUNT, refusals: COUNT },
  },
  { name: "forgotten_accounts", keys: 1, columns: { account: NAME, at: COUNT } },
  { name: "statistics_dropped", keys: 2, columns: { room: COUNT, session_id: NAME } },
  { name: "consumers", keys: 1, fill: 50, copied: "false", columns: { name: NAME, pos: ZERO, locks: ZERO } },
  { name: "statistics_dead", keys: 1, copied: "false", columns: { n: COUNT } },
];

/** Texts kept by name: the store's id and key, erasures, changed settings, and what an engine notes. Of them erasures and settings are copied. */
export const META: SqlTable = {
  name: "meta",
  keys: 1,
  columns: { key: NAME, value: NAME },
  copied: "key LIKE 'erased:%' OR key LIKE 'setting:%'",
};

/** Words by which an engine writes a {@link SqlTable}. */
export interface TableWriter {
  readonly types: Readonly<Record<"text" | "bigint", string>>;
  /** Type of a column whose numbers the database gives, with its being the key. */
  readonly counted: string;
  /** Returns what follows the closing bracket of a table. */
  readonly ending: (table: SqlTable) => string;
}

/** Returns the SQL that makes a table and its indexes. */
export function createTable(table: SqlTable, { types, counted, ending }: TableWriter): string {
  const { name, columns, keys, counts = false, unique, indexes = {} } = table;
  const names = Object.keys(columns);
  const lines = Object.entries(columns).map(([column, sql], at) =>
    counts && at === 0 ? `${column} ${counted}` : `${column} ${sql.replace(/^(text|bigint)/, (type) => types[type as "text" | "bigint"])}`,
  );
  if (!counts) lines.push(`PRIMARY KEY(${names.slice(0, keys).join(", ")})`);
  if (unique !== undefined) lines.push(`UNIQUE(${unique})`);
  const made = Object.entries(indexes).map(([end, on]) => `CREATE INDEX ${name}_${end} ON ${name}(${on});`);
  return [`CREATE TABLE ${name}(\n  ${lines.join(",\n  ")}\n)${ending(table)};`, ...made].join("\n");
}
