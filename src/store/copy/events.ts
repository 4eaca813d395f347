/** Types in PostgreSQL of an event's columns as both engines keep it, but for its room. `id` comes first: it tells the day. */
export const EVENT_COLUMNS = {
  ...{ id: "text", seq: "bigint", type: "text", session_id: "text", user_id: "text", combo_id: "text", combo_total: "bigint" },
  ...{ settled: "boolean", diamonds: "bigint", revision: "bigint", body: "text" },
} as const;

/** Value of a row; a row has them in the order of its columns. */
export type CopiedCell = string | number | boolean | null;
export type Row = readonly CopiedCell[];
