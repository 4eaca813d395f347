import { monotonicMs } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Assignment, Beat, Lease, Leases, MemberRow, Membership, Uncollected } from "../cluster.js";
import type { RoomKey } from "../log.js";
import { type AliasKind, WATCHES } from "../rooms.js";
import { settingsOf } from "../sql/rooms.js";
import { row, rows, run, type SqlWork } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { lockOf, PostgresLocks } from "./distributed-locks.js";
import { WANTED_ROOMS } from "./wanted-rooms.js";

const PAUSED = WATCHES.indexOf("paused");
/** SQL for which of these rooms are not to be collected, and why; one that was deleted is none of them. */
const UNCOLLECTED = `SELECT room, CASE WHEN watched = ${PAUSED} THEN 'paused' ELSE 'unwanted' END AS why FROM rooms r
  WHERE room = ANY($1) AND (watched = ${PAUSED} OR (watched >= 0 AND NOT EXISTS (SELECT FROM wanted w WHERE w.room = r.room)))`;

/** SQL for the collectors that live, in the order in which they came. */
const COLLECTORS = `SELECT m.id, m.capacity, count(w.key) AS rooms, (SELECT count(*) FROM wanted) AS wanted
  FROM live_members m LEFT JOIN wanted w ON w.owner = m.id WHERE m.capacity > 0 GROUP BY 1, 2 ORDER BY 1`;
/**
 * SQL that takes rooms that have no owner, and those of the dead. A limit with locks stands in a WITH, which is worked out once: within an IN the
 * planner may ask again for each row, and each time the limit allows as many that are not locked yet.
 */
const TAKE = `WITH alive AS MATERIALIZED (SELECT id FROM live_members), picked AS (
    SELECT key, owner FROM wanted WHERE owner IS NULL OR ($3 AND NOT EXISTS (SELECT FROM alive WHERE id = owner))
    ORDER BY watched DESC, key LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  UPDATE wanted w SET owner = $1, since = clock_timestamp() FROM picked p WHERE w.key = p.key
  RETURNING w.key, CASE WHEN p.owner IS NULL THEN 'free' ELSE 'dead' END AS how`;
const LEASES = `SELECT w.key, w.kind, w.value, w.room, r.settings FROM wanted w LEFT JOIN rooms r ON r.room = w.room
  WHERE w.owner = $1 ORDER BY w.since, w.key`;
/** SQL that takes jobs that no living process has, and returns those of this process. */
const JOBS = `WITH taken AS (
    INSERT INTO jobs AS j (name, owner) SELECT g.name, $1 FROM unnest($2::text[]) AS g(name) LEFT JOIN jobs f ON f.name = g.name
      WHERE f.owner IS NULL OR ($3 AND NOT EXISTS (SELECT FROM live_members WHERE id = f.owner))
    ON CONFLICT (name) DO UPDATE SET owner = $1, since = clock_timestamp()
      WHERE j.owner IS NULL OR ($3 AND NOT EXISTS (SELECT FROM live_members WHERE id = j.owner))
    RETURNING name
  )
  SELECT name FROM taken UNION SELECT name FROM jobs WHERE owner = $1`;

/** Time limits of a cluster, in ms. */
interface LeaseTimes {
  /** Time after which a member that has not said that it lives is gone for the others. */
  readonly ttlMs: number;
  /**
   * Time for which nothing is taken from the dead after a time without the database: the others had no database either, and are on their
   * way back. Above the longest pause between two attempts to connect.
   */
  readonly graceMs: number;
}

const LEASE_TIMES: LeaseTimes = { ttlMs: 12_000, graceMs: 6000 };

/** Collector that lives, with the number of rooms that it owns, and of all wanted rooms. */
interface LivingCollector {
  readonly id: number;
  readonly capacity: number;
  readonly rooms: number;
  readonly wanted: number;
}

/** Row of `wanted` that is this process's. */
interface LeaseRow {
  readonly key: string;
  readonly kind: AliasKind;
  readonly value: string;
  readonly room: RoomKey | null;
  readonly settings: string | null;
}

/**
 * Makes this process a member of a cluster on PostgreSQL: it lives as long as it renews its row and holds its lock, the first of its
 * {@link PostgresLocks}. Calls of `beat` run one after the other.
 */
async function memberOf(
  id: number,
  about: Parameters<Leases["join"]>[0],
  connection: PostgresConnection,
  locks: PostgresLocks,
  times: LeaseTimes,
): Promise<Membership> {
  const { clock } = connection;
  const name = `member ${id}`;
  const capacity = about.role === "serve" ? 0 : about.capacity;
  let giveUp: (() => Promise<void>) | null = null;
  let renewedAt = Number.NEGATIVE_INFINITY;
  /** Time at which the last beat that succeeded was sent, monotonic and by the wall. */
  let last = { ms: monotonicMs(clock), wall: clock.now() };
  /** Monotonic time until which nothing is taken from the dead. */
  let unsureUntil = Number.NEGATIVE_INFINITY;
  let beating: Promise<unknown> = Promise.resolve();
  let left = false;

  /** Takes the lock. One that the server still believes to be held by a lost connection of ours shows for us, too. */
  const lock = async () => {
    giveUp = await locks.tryTake(name, () => {
      giveUp = null;
    });
  };

  /** Says that this process lives, also when the others have forgotten it. */
  function* renew(now: number): SqlWork<void> {
    if (now - renewedAt < times.ttlMs / 8) return;
    yield* run(
      `INSERT INTO members(id, name, role, capacity, lock, expires_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 ms')
       ON CONFLICT (id) DO UPDATE SET capacity = excluded.capacity, lock = excluded.lock, expires_at = excluded.expires_at`,
      ...[id, about.name, about.role, capacity, lockOf(name), times.ttlMs],
    );
    renewedAt = now;
  }

  function* work({ rooms, released, jobs }: Beat, now: number): SqlWork<Assignment> {
    const isSure = now >= unsureUntil;
    yield* renew(now);
    if (released.length > 0) {
      yield* run("UPDATE wanted SET owner = NULL WHERE owner = $1 AND key = ANY($2::text[])", id, released);
      yield* run("SELECT pg_notify($1, '')", WANTED_ROOMS);
    }
    const collectors = yield* rows<LivingCollector>(COLLECTORS);
    const shares = sharesOf(
      collectors[0]?.wanted ?? 0,
      collectors.map((one) => one.capacity),
    );
    const at = collectors.findIndex((one) => one.id === id);
    const surplus = (collectors[at]?.rooms ?? 0) - (shares[at] ?? 0);
    const lacking = collectors.reduce((sum, one, i) => sum + Math.max(0, (shares[i] ?? 0) - one.rooms), 0);
    const taken = surplus < 0 ? yield* rows<{ key: string; how: NonNullable<Lease["how"]> }>(TAKE, id, -surplus, isSure) : [];
    const how = new Map(taken.map((one) => [one.key, one.how]));
    const mine = yield* rows<LeaseRow>(LEASES, id);
    const kept = new Set(mine.map(({ room }) => room));
    const gone = rooms.filter((room) => !kept.has(room));
    const uncollected = gone.length === 0 ? [] : yield* rows<{ room: RoomKey; why: Uncollected }>(UNCOLLECTED, gone);
    const held = yield* rows<{ name: string }>(JOBS, id, jobs, isSure);
    return {
      leases: mine.map(({ key, kind, value, room, settings }) => ({
        ...{ key, name: { kind, value }, room, settings: settings === null ? null : settingsOf(settings), how: how.get(key) ?? null },
      })),
      uncollected: new Map(uncollected.map(({ room, why }) => [room, why])),
      surplus: surplus > slackOf(shares[at] ?? 0) ? Math.min(surplus, lacking) : 0,
      lapsed: !isSure,
      jobs: held.map((job) => job.name),
    };
  }

  const send = async (beat: Beat): Promise<Assignment> => {
    if (left) throw new DyliveError("stopping", "the process has left the cluster");
    const [now, wall] = [monotonicMs(clock), clock.now()];
    const silentMs = Math.max(now - last.ms, Math.abs(wall - last.wall));
    // The machine slept, or the clock was set, which may be the database's too: all others look dead now, and must not lose their rooms.
    // Or the database was away: the others are on their way back.
    if (silentMs > times.ttlMs / 2 || giveUp === null) unsureUntil = now + times.graceMs;
    if (giveUp === null) await lock();
    const assignment = await locks.ask(() => work(beat, now));
    last = { ms: now, wall };
    return assignment;
  };

  await lock();
  await locks.ask(() => renew(monotonicMs(clock)));
  return {
    id,
    beat: (beat) => {
      const sent = send(beat);
      beating = sent;
      return sent;
    },
    claim: async (key, room) => {
      const claimed = await connection.write(() => row<{ epoch: number | null }>("SELECT claim_room($1, $2, $3) AS epoch", id, key, room));
      return claimed?.epoch ?? null;
    },
    leave: async () => {
      left = true;
      // It would tell the cluster that this process lives, after the end.
      await beating.catch(() => undefined);
      try {
        await connection.write(function* () {
          yield* run("UPDATE wanted SET owner = NULL WHERE owner = $1", id);
          yield* run("UPDATE jobs SET owner = NULL WHERE owner = $1", id);
          yield* run("DELETE FROM members WHERE id = $1", id);
        });
      } finally {
        await giveUp?.();
      }
    },
  };
}

/** Time after which members that are gone are forgotten. */
const FORGET = "1 hour";

/** Returns the leases of a cluster on PostgreSQL. */
export function postgresLeases(
  connection: PostgresConnection,
  locks = new PostgresLocks(connection),
  times: Partial<LeaseTimes> = {},
): Leases {
  return {
    join: async (about) => {
      const made = await connection.write(function* () {
        yield* run(`DELETE FROM members WHERE expires_at < clock_timestamp() - interval '${FORGET}'`);
        // It counts as alive once it has its lock.
        return yield* row<{ id: number }>(
          "INSERT INTO members(name, role, capacity, lock, expires_at) VALUES ($1, $2, 0, 0, clock_timestamp()) RETURNING id",
          ...[about.name, about.role],
        );
      });
      if (made === undefined) throw new DyliveError("internal", "the database made no member");
      return memberOf(made.id, about, connection, locks, { ...LEASE_TIMES, ...times });
    },
    members: () =>
      connection.ask(() =>
        rows<MemberRow>(
          `SELECT m.id, m.name, m.role, m.capacity, (extract(epoch FROM m.joined_at) * 1000)::bigint AS "joinedAt",
             (extract(epoch FROM m.expires_at) * 1000)::bigint AS "expiresAt",
             (SELECT count(*) FROM wanted w WHERE w.owner = m.id) AS rooms,
             ARRAY(SELECT j.name FROM jobs j WHERE j.owner = m.id ORDER BY j.name) AS jobs, m.lock IN (SELECT lock FROM held_locks) AS connected
           FROM members m ORDER BY m.id`,
        ),
      ),
  };
}

/**
 * Returns how many of the wanted rooms each collector takes: as equal as its capacity allows. Every process that knows the same collectors
 * in the same order comes to the same answer, so none has to decide for the others.
 * @returns numbers in the order of the capacities; together as many as are wanted, or as there is capacity for
 */
export function sharesOf(wanted: number, capacities: readonly number[]): readonly number[] {
  const shares = capacities.map(() => 0);
  // The small ones first: what they cannot take is shared out among the others.
  const order = capacities.map((_, at) => at).sort((a, b) => (capacities[a] ?? 0) - (capacities[b] ?? 0) || a - b);
  let left = wanted;
  for (const [done, at] of order.entries()) {
    const share = Math.min(capacities[at] ?? 0, Math.ceil(left / (order.length - done)));
    shares[at] = share;
    left -= share;
  }
  return shares;
}

/** Returns the rooms above its share that a collector of many keeps: rooms come and go, and each move has its price. */
export function slackOf(share: number): number {
  return Math.floor(share / 16);
}
