import { run, type SqlWork } from "../sql/work.js";

/**
 * Advisory locks of dylive's database, each a name for something that two transactions must not do at once. The numbers mean nothing.
 * - `migrate`: bringing the schema up to date
 * - `name`: giving rooms their names
 * - `days`: shared while events are appended, alone while the days that are refused from then on are decided
 * - `make`: making or dropping the table of a day
 * - `remove`: recording what was removed
 * - `wantedRoom`: adding a wanted room, of which there are only so many
 * - `sweep`: bringing the wanted rooms in line with the watch list
 */
export const LOCKS = {
  migrate: 7_301_001,
  name: 7_301_002,
  days: 7_301_003,
  make: 7_301_004,
  remove: 7_301_005,
  wantedRoom: 7_301_006,
  sweep: 7_301_007,
} as const;

/** Takes a lock, which is held until the transaction ends. */
export function* lock(name: keyof typeof LOCKS): SqlWork<void> {
  yield* run("SELECT pg_advisory_xact_lock($1)", LOCKS[name]);
}
