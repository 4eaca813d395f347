import { REPORT_MAX_CHARS, type WantedRoom, type WantedRooms, wantedKey } from "../cluster.js";
import { type AliasKind, WATCHES } from "../rooms.js";
import { row, rows, run, type SqlWork } from "../sql/work.js";
import { Waker } from "../waker.js";
import type { PostgresConnection } from "./connection.js";
import { watchChannel } from "./connection.js";
import { LOCKS, lock } from "./session.js";

/** Channel of notices that wanted rooms or their reports have changed. */
export const WANTED_ROOMS = "dylive_wanted_rooms";
/** Time after which a request renews a wanted room: many requests a second are one write. */
const RENEW = "1 s";
const ON = WATCHES.indexOf("on");
const PAUSED = WATCHES.indexOf("paused");

/** Wanted room as the database has it. */
interface WantedRow extends Omit<WantedRoom, "name"> {
  readonly kind: AliasKind;
  readonly value: string;
}

/** Returns the wanted rooms in PostgreSQL. */
export function postgresWantedRooms(connection: PostgresConnection): WantedRooms {
  const { ask, write } = connection;
  const inTurn = connection.lane();
  const waker: Waker = new Waker((signal) => watchChannel(connection, WANTED_ROOMS, () => waker.notify(), signal));
  connection.onClose(() => waker.close());
  const changed = async (): Promise<void> => {
    // A process that misses this finds the same when it looks again.
    await ask(() => run("SELECT pg_notify($1, '')", WANTED_ROOMS)).catch(() => undefined);
  };
  return {
    ask: async (name, most) => {
      const key = wantedKey(name);
      const renew = () => row(RENEWED, key);
      if ((await ask(renew)) !== undefined) return true;
      const added = await write(function* () {
        yield* lock("wantedRoom");
        // Another process may have asked meanwhile.
        if ((yield* renew()) !== undefined) return 1;
        return yield* run(
          `INSERT INTO wanted(key, kind, value) SELECT $1, $2, $3
           WHERE (SELECT count(*) FROM wanted w LEFT JOIN rooms r ON r.room = w.room WHERE NOT w.watched AND r.watched IS DISTINCT FROM ${ON}) < $4
           ON CONFLICT (key) DO NOTHING`,
          ...[key, name.kind, name.value, most],
        );
      });
      if (added > 0) await changed();
      return added > 0;
    },
    forget: async (what) => {
      const forgotten = await ask(() =>
        typeof what === "number"
          ? run("DELETE FROM wanted WHERE room = $1", what)
          : run("DELETE FROM wanted WHERE key = $1", wantedKey(what)),
      );
      if (forgotten > 0) await changed();
    },
    sweep: async (idleMs) => {
      const changes = await inTurn(function* () {
        const got = yield* row<{ got: boolean }>("SELECT pg_try_advisory_xact_lock($1) AS got", LOCKS.sweep);
        return got?.got === true ? yield* sweep(idleMs) : 0;
      });
      if (changes > 0) await changed();
    },
    report: async (member, reports) => {
      const fitting = reports.filter(({ report }) => report.length <= REPORT_MAX_CHARS);
      if (fitting.length === 0) return;
      const [keys, texts] = [fitting.map(({ key }) => key), fitting.map(({ report }) => report)];
      await ask(() => run(REPORT, member, keys, texts));
      await changed();
    },
    all: async (known = new Map()) => {
      const found = await ask(() => rows<WantedRow>(READ, [...known.keys()], [...known.values()]));
      return found.map(({ kind, value, ...row }) => ({ ...row, name: { kind, value } }));
    },
    wakes: (signal) => waker.wakes(signal),
  };
}

/** SQL that renews a wanted room. It returns a row where there is one. */
const RENEWED = `WITH renewed AS (
    UPDATE wanted SET asked_at = clock_timestamp() WHERE key = $1 AND asked_at < clock_timestamp() - interval '${RENEW}'
  ) SELECT key FROM wanted WHERE key = $1`;

/** SQL for all wanted rooms, with the reports that are not of these times. */
const READ = `SELECT w.key, w.kind, w.value, w.room, w.watched, m.id AS "ownerId",
    CASE WHEN t.ms IS DISTINCT FROM k.ms THEN t.report END AS report, t.ms AS "reportedAt"
  FROM wanted w LEFT JOIN (SELECT key, report, (extract(epoch FROM reported_at) * 1000)::bigint AS ms FROM wanted_reports) t ON t.key = w.key
    LEFT JOIN unnest($1::text[], $2::bigint[]) AS k(key, ms) ON k.key = w.key LEFT JOIN live_members m ON m.id = w.owner ORDER BY w.key`;

/** SQL that stores the reports of a room's owner. */
const REPORT = `INSERT INTO wanted_reports(key, report, reported_at)
    SELECT g.key, g.report, clock_timestamp() FROM unnest($2::text[], $3::text[]) AS g(key, report) JOIN wanted w ON w.key = g.key AND w.owner = $1 ORDER BY g.key
  ON CONFLICT (key) DO UPDATE SET report = excluded.report, reported_at = excluded.reported_at`;

/** SQL for the rooms on the watch list, and which wanted room is whose: by the room, or by the number until the room is met. */
const LISTED = `listed AS (SELECT room, 'web_rid:' || web_rid AS key, web_rid FROM rooms WHERE watched = ${ON} AND web_rid IS NOT NULL)`;

/** Brings the wanted rooms in line with the watch list. @returns how many came, went or changed */
function* sweep(idleMs: number): SqlWork<number> {
  let changes = 0;
  for (const sql of [
    // Taking a room off the list means the room, by whichever name it was asked for.
    `WITH ${LISTED} DELETE FROM wanted w WHERE watched AND NOT EXISTS (SELECT FROM listed l WHERE l.room = w.room OR l.key = w.key)`,
    // A pause outlasts requests for the room.
    `DELETE FROM wanted w USING rooms r WHERE r.watched = ${PAUSED} AND (w.room = r.room OR w.key = 'web_rid:' || r.web_rid)`,
    `WITH ${LISTED} UPDATE wanted w SET watched = true FROM listed l WHERE NOT w.watched AND (w.room = l.room OR w.key = l.key)`,
    `WITH ${LISTED} INSERT INTO wanted(key, kind, value, room, watched) SELECT l.key, 'web_rid', l.web_rid, l.room, true FROM listed l
     WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.room = l.room OR w.key = l.key) ORDER BY l.room ON CONFLICT DO NOTHING`,
  ])
    changes += yield* run(sql);
  changes += yield* run(
    "DELETE FROM wanted WHERE NOT watched AND asked_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)",
    idleMs,
  );
  return changes;
}
