/**
 * Type of a column in PostgreSQL; SQLite keeps a boolean as 0 or 1. `sum` is a bigint that may be beyond what a number of JavaScript holds:
 * its cells are text.
 */
export type ColumnType = "text" | "bigint" | "sum" | "boolean";

/** A table that is the same on both engines. */
export interface Table {
  readonly name: string;
  /** Columns by name; those of the primary key come first, so many of them. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly keys: number;
  /** Whether its `n` is given by the database: after the copy it goes on behind the greatest. */
  readonly counts?: boolean;
  /** SQL condition of the rows that are copied; all by default. */
  readonly where?: string;
}

const alive = "n IN (SELECT n FROM statistics_sessions)";
const person = { n: "bigint", user_id: "text" } as const;

/**
 * Tables that are copied as they are, beside rooms, heads and events, in an order in which nothing refers to what is not there yet.
 * Whatever is made again is left out: the search index, and statistics that were being deleted.
 */
export const TABLES: readonly Table[] = [
  { name: "meta", keys: 1, columns: { key: "text", value: "text" }, where: "key LIKE 'erased:%'" },
  { name: "aliases", keys: 2, columns: { kind: "text", value: "text", room: "bigint" } },
  { name: "removals", keys: 2, columns: { room: "bigint", from_seq: "bigint", to_seq: "bigint", reason: "text" } },
  {
    name: "sessions",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: "bigint", room: "bigint", session_id: "text", title: "text" },
      ...{ opened_at: "bigint", ended_at: "bigint", end_reason: "text" },
    },
  },
  { name: "positions", keys: 2, columns: { reader: "text", room: "bigint", seq: "bigint", moved_at: "bigint" } },
  {
    name: "tokens",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: "bigint", id: "text", name: "text", scope: "text", hash: "text", rooms: "text", per_minute: "bigint" },
      ...{ created_at: "bigint", expires_at: "bigint", revoked_at: "bigint", last_used_at: "bigint" },
    },
  },
  { name: "hooks", keys: 1, counts: true, columns: { n: "bigint", id: "text", revision: "bigint", body: "text" } },
  {
    name: "hook_batches",
    keys: 2,
    columns: {
      ...{ hook: "text", room: "bigint", id: "text", from_seq: "bigint", to_seq: "bigint", events: "bigint" },
      ...{ created_at: "bigint", tries: "bigint", body: "text" },
    },
  },
  { name: "hook_tries", keys: 1, counts: true, columns: { n: "bigint", hook: "text", body: "text" } },
  { name: "retention", keys: 2, columns: { room: "bigint", kind: "text", max_age_ms: "bigint", max_bytes: "bigint" } },
  { name: "statistics_rooms", keys: 1, columns: { room: "bigint", counted: "bigint", version: "bigint" } },
  {
    name: "statistics_sessions",
    keys: 1,
    counts: true,
    columns: {
      ...{ n: "bigint", room: "bigint", session_id: "text", first_seq: "bigint", last_seq: "bigint", back: "bigint", until: "bigint" },
      ...{
        partial: "boolean",
        combos: "bigint",
        settled: "bigint",
        people: "bigint",
        chatters: "bigint",
        gifters: "bigint",
        tally: "text",
      },
    },
  },
  { name: "statistics_minutes", keys: 2, where: alive, columns: { n: "bigint", minute: "bigint", events: "bigint", tally: "text" } },
  {
    name: "statistics_people",
    keys: 2,
    where: alive,
    columns: {
      ...{ ...person, name: "text", name_seq: "bigint", events: "bigint", chats: "bigint", likes: "bigint", joins: "bigint" },
      ...{ follows: "bigint", shares: "bigint", combos: "bigint", settled: "bigint", units: "bigint", diamonds: "sum" },
      ...{ unpriced: "bigint", first_at: "bigint", last_at: "bigint" },
    },
  },
  {
    name: "statistics_gifts",
    keys: 4,
    where: alive,
    columns: {
      ...{ ...person, receiver_id: "text", gift_id: "text", gift_name: "text", gift_seq: "bigint", receiver_name: "text" },
      ...{ receiver_seq: "bigint", combos: "bigint", settled: "bigint", units: "bigint", diamonds: "sum", unpriced: "bigint" },
    },
  },
  { name: "statistics_combos", keys: 2, where: alive, columns: { n: "bigint", combo_id: "text", settled: "boolean" } },
  { name: "statistics_words", keys: 3, where: alive, columns: { n: "bigint", kind: "text", word: "text", count: "bigint" } },
  { name: "statistics_stale", keys: 2, columns: { room: "bigint", session_id: "text", from_seq: "bigint", to_seq: "bigint" } },
];

/** Table of rooms. Rooms are copied first and are brought up to date when a copy goes on; their row 0 is there already. */
export const ROOMS: Table = {
  name: "rooms",
  keys: 1,
  columns: {
    ...{ room: "bigint", web_rid: "text", title: "text", anchor_id: "text", anchor_sec_uid: "text", anchor_nickname: "text" },
    ...{ anchor_avatar: "text", watched: "bigint", settings: "text", resume: "text", created_at: "bigint" },
  },
};

/** Columns of an event as both engines keep it, but for its room. `id` comes first: it tells the day. */
export const EVENT_COLUMNS = {
  ...{ id: "text", seq: "bigint", type: "text", session_id: "text", user_id: "text", combo_id: "text", combo_total: "bigint" },
  ...{ settled: "boolean", diamonds: "bigint", revision: "bigint", body: "text" },
} as const satisfies Readonly<Record<string, ColumnType>>;

/** A value of a row; a row has them in the order of its columns. */
export type Cell = string | number | boolean | null;
export type Row = readonly Cell[];
