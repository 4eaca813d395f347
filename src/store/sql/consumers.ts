import { row, type SqlWork } from "./work.js";

/** Consumers of the log: what each makes of the events up to its position is kept, and nothing of later ones. */
export const CONSUMERS = ["search", "statistics"] as const;

/** Positions of the consumers. */
export interface Consumed {
  readonly search: number;
  readonly statistics: number;
  /** Number of the calls that have locked them. */
  readonly locks: number;
}

/** Returns the positions of the consumers. */
export function* consumed(): SqlWork<Consumed> {
  const sql =
    "SELECT s.pos AS search, c.pos AS statistics, c.locks FROM consumers c, consumers s WHERE c.name = 'statistics' AND s.name = 'search'";
  return (yield* row<Consumed>(sql)) ?? { search: 0, statistics: 0, locks: 0 };
}

/**
 * Locks the positions of the consumers, and returns them. They do not move, and no event is replaced or removed by another call, until the
 * transaction ends.
 */
export function* lockConsumers(): SqlWork<Consumed> {
  // One row locks both, so that two calls never wait for each other; the positions are looked at when it is locked.
  yield* row("UPDATE consumers SET locks = locks + 1 WHERE name = 'statistics' RETURNING locks");
  return yield* consumed();
}
