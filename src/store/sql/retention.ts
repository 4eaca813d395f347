import { DyliveError } from "../../runtime/errors.js";
import { type Limits, RETAINED, type Retention } from "../retention.js";
import { row, rows, run, type SqlDatabase } from "./work.js";

/** Returns the limits of a database's rooms. @param files what only the engine knows: how much there is, and how it is given back */
export function sqlRetention(
  { dialect, ask, lane }: SqlDatabase,
  files: Pick<Retention, "size" | "storeSize" | "giveBack" | "days" | "dropDays">,
): Retention {
  const write = lane();
  return {
    ...files,
    limits: (room) =>
      ask(function* () {
        const sql = `SELECT kind, max_age_ms AS "maxAgeMs", max_bytes AS "maxBytes" FROM retention WHERE room = $1`;
        const stored = yield* rows<Limits & { readonly kind: string }>(sql, room);
        const kept = new Map(stored.map(({ kind, maxAgeMs, maxBytes }) => [kind, { maxAgeMs, maxBytes }]));
        return Object.fromEntries(RETAINED.flatMap((kind) => (kept.has(kind) ? [[kind, kept.get(kind)]] : [])));
      }),
    setLimits: (room, kind, limits) =>
      write(function* () {
        const known = yield* row("SELECT room FROM rooms WHERE room = $1", room);
        if (known === undefined) throw new DyliveError("not_found", "there is no such room");
        yield* run("DELETE FROM retention WHERE room = $1 AND kind = $2", room, kind);
        if (limits === null) return;
        const sql = "INSERT INTO retention(room, kind, max_age_ms, max_bytes) VALUES ($1, $2, $3, $4)";
        yield* run(sql, room, kind, limits.maxAgeMs, limits.maxBytes);
      }),
    horizon: (room) =>
      ask(function* () {
        return (yield* row<{ time: number }>("SELECT time FROM horizons WHERE room = $1", room))?.time ?? null;
      }),
    setHorizon: (room, time) =>
      write(function* () {
        yield* run(
          `INSERT INTO horizons(room, time) VALUES ($1, $2)
           ON CONFLICT (room) DO UPDATE SET time = ${dialect.greatest}(horizons.time, excluded.time)`,
          ...[room, time],
        );
      }),
  };
}
