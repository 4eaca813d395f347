import { steadyMs } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { Changes, Lease, Leases, MemberRow, Membership, Role, Uncollected } from "../cluster.js";
import type { RoomKey } from "../log.js";
import { WATCHES } from "../rooms.js";
import { row, rows, run, type SqlWork } from "../sql/work.js";
import type { PostgresConnection } from "./connection.js";
import { leaseOf, MemberSession, type MineRow, rowsOf } from "./member.js";

const PAUSED = WATCHES.indexOf("paused");
/** SQL for which of these rooms nobody is to collect, and why; one that was deleted is none of them. */
const UNCOLLECTED = `SELECT room, CASE WHEN watched = ${PAUSED} THEN 'paused' ELSE 'unwanted' END AS why FROM rooms r
  WHERE room = ANY($1) AND (watched = ${PAUSED} OR (watched >= 0 AND NOT EXISTS (SELECT FROM wanted w WHERE w.room = r.room)))`;

/** Time limits of a cluster, in ms. */
interface LeaseTimes {
  /** Time after which a member that has not said that it lives is gone for the others. */
  readonly ttlMs: number;
  /**
   * Time for which nothing is taken from the dead after a time without the database: the others had no database either, and are on their
   * way back. Above the longest pause between two attempts to connect.
   */
  readonly graceMs: number;
  /** Shortest time between two turns in which a process gives rooms up that are above its share. */
  readonly giveMs: number;
}

const LEASE_TIMES: LeaseTimes = { ttlMs: 12_000, graceMs: 6000, giveMs: 1000 };
/** Most rooms that a process gives up in a turn: a process that takes them connects to twice as many a second. */
const GIVEN_AT_ONCE = 10;

/** Lease of this process, and the row that it was made of. */
interface Known {
  readonly lease: Lease;
  readonly row: MineRow;
}

/** Member that lives, with the number of rooms that it owns, and of all wanted rooms: one for all names of a room. */
interface LivingMember {
  readonly id: number;
  readonly capacity: number;
  readonly rooms: number;
  readonly wanted: number;
}

/** Way in which a room came to this process. */
type How = Lease["how"];

/** Membership of this process in a cluster on PostgreSQL. Calls of `beat` run one after the other. */
class PostgresMembership implements Membership {
  readonly id: number;
  readonly #connection: PostgresConnection;
  readonly #session: MemberSession;
  readonly #about: { readonly name: string; readonly role: Role };
  readonly #times: LeaseTimes;
  readonly #capacity: number;
  #known: ReadonlyMap<string, Known> = new Map();
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Time of the last time that this process told the cluster that it lives. */
  #heardAt: number | null = null;
  #beatAt: { readonly ms: number; readonly wall: number } | null = null;
  #losses = 0;
  #beating: Promise<Changes> | null = null;
  #left = false;
  /** Rooms that this process was asked to give up and still owns. */
  #giving: readonly string[] = [];
  #gaveAt = Number.NEGATIVE_INFINITY;
  /** Time, by {@link #ms}, until which nothing is taken from the dead. */
  #unsureUntil = Number.NEGATIVE_INFINITY;

  constructor(
    id: number,
    deps: { readonly connection: PostgresConnection; readonly session: MemberSession; readonly times: LeaseTimes },
    about: { readonly name: string; readonly role: Role; readonly capacity: number },
  ) {
    this.id = id;
    this.#connection = deps.connection;
    this.#session = deps.session;
    this.#times = deps.times;
    this.#about = about;
    this.#capacity = about.role === "serve" ? 0 : about.capacity;
  }

  /** Enters the cluster: the others see this process from now on. */
  enter(): Promise<void> {
    return this.#session.ask(() => this.#renew());
  }

  beat(): Promise<Changes> {
    this.#beating = this.#look();
    return this.#beating;
  }

  async #look(): Promise<Changes> {
    if (this.#left) throw new DyliveError("stopping", "the process has left the cluster");
    const now = this.#ms;
    // Stopped for long, or the machine was: so may have been the others, and whoever is awake first must not take all.
    // Or the clock was set: the database's may be the same one, by which everybody looks dead now.
    const { clock } = this.#connection;
    const before = this.#beatAt;
    if (before !== null && Math.max(now - before.ms, Math.abs(clock.now() - before.wall)) > this.#times.ttlMs / 2) this.#doubt();
    let taken: ReadonlyMap<string, How>;
    let surplus: readonly string[];
    let mine: readonly MineRow[];
    let uncollected: ReadonlyMap<RoomKey, Uncollected>;
    const { losses } = this.#session;
    const heardAt = this.#heardAt ?? now;
    try {
      [taken, surplus, mine] = await this.#session.ask(() => this.#beat());
      uncollected = await this.#uncollected(mine);
    } catch (error) {
      this.#doubt();
      throw error;
    } finally {
      this.#beatAt = { ms: this.#ms, wall: clock.now() };
    }
    const changes = { ...this.#compare(taken, mine, uncollected), surplus };
    // As of the answer: the process may have hung while it waited for it.
    const silentMs = this.#ms - heardAt;
    const isDead = silentMs >= this.#times.ttlMs || this.#session.losses > losses;
    const lost = changes.lost.filter((one) => one.uncollected === null);
    return isDead && lost.length > 0 ? { ...changes, silentMs } : changes;
  }

  /** Returns which of the rooms that are no longer this process's nobody is to collect, and why. */
  async #uncollected(mine: readonly MineRow[]): Promise<ReadonlyMap<RoomKey, Uncollected>> {
    const kept = new Set(mine.map(({ key }) => key));
    const gone = [...this.#known.values()].flatMap(({ row: { key, room } }) => (room === null || kept.has(key) ? [] : [room]));
    if (gone.length === 0) return new Map();
    const found = await this.#session.ask(() => rows<{ room: RoomKey; why: Uncollected }>(UNCOLLECTED, gone));
    return new Map(found.map(({ room, why }) => [room, why]));
  }

  /** Returns what is new in the rows since the last beat. */
  #compare(
    ways: ReadonlyMap<string, How>,
    mine: readonly MineRow[],
    uncollected: ReadonlyMap<RoomKey, Uncollected>,
  ): Omit<Changes, "surplus"> {
    const before = this.#known;
    const now = new Map<string, Known>();
    const [taken, changed]: [Lease[], Lease[]] = [[], []];
    for (const row of mine) {
      // One that nobody had was forgotten and is wanted again, all between two beats: what it was collected by is over.
      const was = ways.get(row.key) === "free" ? undefined : before.get(row.key);
      if (was !== undefined && was.row.room === row.room && was.row.settings === row.settings) {
        now.set(row.key, was);
        continue;
      }
      const lease = leaseOf(row, was?.lease.how ?? ways.get(row.key) ?? "free");
      now.set(row.key, { lease, row });
      (was === undefined ? taken : changed).push(lease);
    }
    this.#known = now;
    const gone = [...before].filter(([key]) => !now.has(key) || ways.get(key) === "free");
    return {
      taken,
      changed,
      lost: gone.map(([key, { row }]) => ({ key, uncollected: (row.room === null ? null : uncollected.get(row.room)) ?? null })),
    };
  }

  async claim(key: string, room: RoomKey): Promise<number | null> {
    const claimed = await this.#connection.write(() =>
      row<{ epoch: number | null }>("SELECT claim_room($1, $2, $3) AS epoch", this.id, key, room),
    );
    return claimed?.epoch ?? null;
  }

  async release(keys: readonly string[]): Promise<void> {
    const sql = "UPDATE wanted SET owner = NULL WHERE owner = $1 AND (key = ANY($2::text[]) OR twin_of = ANY($2::text[]))";
    await this.#connection.write(() => run(sql, this.id, keys));
  }

  job(name: string): Promise<boolean> {
    const { id } = this;
    const sure = this.#sure;
    return this.#connection.ask(function* () {
      const job = yield* row<{ owner: number | null }>("SELECT owner FROM jobs WHERE name = $1", name);
      if (job?.owner === id) return true;
      const taken = yield* run(
        `INSERT INTO jobs(name, owner) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, since = clock_timestamp()
           WHERE jobs.owner IS NULL OR jobs.owner = $2 OR ($3 AND jobs.owner NOT IN (SELECT id FROM live_members))`,
        ...[name, id, sure],
      );
      return taken === 1;
    });
  }

  async leave(): Promise<void> {
    this.#left = true;
    // It would tell the cluster that this process lives, after the end.
    await this.#beating?.catch(() => undefined);
    try {
      const { id } = this;
      await this.#connection.write(function* () {
        for (const sql of [
          "UPDATE wanted SET owner = NULL WHERE owner = $1",
          "UPDATE jobs SET owner = NULL WHERE owner = $1",
          "DELETE FROM members WHERE id = $1",
        ])
          yield* run(sql, id);
      });
    } finally {
      this.#known = new Map();
      await this.#session.close();
    }
  }

  /** ms by which it judges how long ago something was: a clock that is set makes nobody dead. */
  get #ms(): number {
    return steadyMs(this.#connection.clock);
  }

  get #sure(): boolean {
    return this.#ms >= this.#unsureUntil;
  }

  #doubt(): void {
    this.#unsureUntil = this.#ms + this.#times.graceMs;
  }

  /** @returns rooms that were taken, rooms to give up, and all that are this process's */
  *#beat(): SqlWork<[ReadonlyMap<string, How>, readonly string[], readonly MineRow[]]> {
    if (this.#session.losses !== this.#losses) this.#doubt();
    this.#losses = this.#session.losses;
    yield* this.#renew();
    const alive = yield* rows<LivingMember>(
      `SELECT m.id, m.capacity, count(w.key) AS rooms, (SELECT count(*) FROM wanted WHERE twin_of IS NULL) AS wanted
       FROM live_members m LEFT JOIN wanted w ON w.owner = m.id AND w.twin_of IS NULL GROUP BY 1, 2 ORDER BY 1`,
    );
    const collectors = alive.filter(({ capacity }) => capacity > 0);
    const shares = sharesOf(
      alive[0]?.wanted ?? 0,
      collectors.map(({ capacity }) => capacity),
    );
    const at = collectors.findIndex(({ id }) => id === this.id);
    const surplus = (collectors[at]?.rooms ?? 0) - (shares[at] ?? 0);
    const taken = surplus < 0 ? yield* this.#take(alive, -surplus) : [];
    const lacking = collectors.reduce((sum, { rooms }, i) => sum + Math.max(0, (shares[i] ?? 0) - rooms), 0);
    const given = surplus > slackOf(shares[at] ?? 0) ? yield* this.#give(Math.min(surplus, lacking)) : [];
    const mine = yield* rowsOf(this.id);
    this.#giving = mine.flatMap(({ key }) => (given.includes(key) || this.#giving.includes(key) ? [key] : []));
    return [new Map(taken.map(({ key, how }) => [key, how])), given, mine];
  }

  /** Tells the cluster that this process lives; also when the others have forgotten it. */
  *#renew(): SqlWork<void> {
    const now = this.#ms;
    if (now - this.#renewedAt < this.#times.ttlMs / 8) return;
    yield* run(
      `INSERT INTO members(id, name, role, capacity, expires_at) VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 ms')
       ON CONFLICT (id) DO UPDATE SET capacity = excluded.capacity, expires_at = excluded.expires_at`,
      ...[this.id, this.#about.name, this.#about.role, this.#capacity, this.#times.ttlMs],
    );
    this.#renewedAt = now;
    this.#heardAt = now;
  }

  /**
   * Takes rooms that have no owner, and those of the dead. A limit with locks stands in a WITH, which is worked out once: within an IN the
   * planner may ask again for each row, and each time the limit allows as many that are not locked yet.
   */
  #take(alive: readonly LivingMember[], most: number): SqlWork<readonly { readonly key: string; readonly how: How }[]> {
    return rows<{ key: string; how: How }>(
      `WITH picked AS (
         SELECT key, owner FROM wanted WHERE twin_of IS NULL AND (owner IS NULL OR ($4 AND owner <> ALL($2::integer[])))
         ORDER BY watched DESC, key LIMIT $3 FOR UPDATE SKIP LOCKED
       ), moved AS (
         SELECT key, owner FROM picked UNION ALL SELECT t.key, p.owner FROM picked p JOIN wanted t ON t.twin_of = p.key
       )
       UPDATE wanted w SET owner = $1, since = clock_timestamp() FROM moved m WHERE w.key = m.key
       RETURNING w.key, CASE WHEN m.owner IS NULL THEN 'free' ELSE 'dead' END AS how`,
      ...[this.id, alive.map(({ id }) => id), most, this.#sure],
    );
  }

  /** Picks rooms to give up: the ones that this process has had for longest, so that none moves again soon. */
  *#give(most: number): SqlWork<readonly string[]> {
    const more = Math.min(most - this.#giving.length, GIVEN_AT_ONCE);
    if (more <= 0 || this.#ms - this.#gaveAt < this.#times.giveMs) return [];
    this.#gaveAt = this.#ms;
    const picked = yield* rows<{ key: string }>(
      "SELECT key FROM wanted WHERE owner = $1 AND twin_of IS NULL AND key <> ALL($2::text[]) ORDER BY since, key LIMIT $3",
      ...[this.id, this.#giving, more],
    );
    return picked.map(({ key }) => key);
  }
}

/** Time after which members that are gone are forgotten. */
const FORGET = "1 hour";

/** Returns the leases of a cluster on PostgreSQL. */
export function postgresLeases(connection: PostgresConnection, times: Partial<LeaseTimes> = {}): Leases {
  return {
    join: async (about) => {
      const made = await connection.write(function* () {
        yield* run(`DELETE FROM members WHERE expires_at < clock_timestamp() - interval '${FORGET}'`);
        // Nobody takes it for alive before it has its lock.
        return yield* row<{ id: number }>(
          "INSERT INTO members(name, role, capacity, expires_at) VALUES ($1, $2, 0, clock_timestamp()) RETURNING id",
          ...[about.name, about.role],
        );
      });
      if (made === undefined) throw new DyliveError("internal", "the database made no member");
      const session = new MemberSession(connection, made.id);
      connection.onClose(() => void session.close());
      const membership = new PostgresMembership(made.id, { connection, session, times: { ...LEASE_TIMES, ...times } }, about);
      await membership.enter();
      return membership;
    },
    members: () =>
      connection.ask(() =>
        rows<MemberRow>(
          `SELECT m.id, m.name, m.role, m.capacity, (extract(epoch FROM m.joined_at) * 1000)::bigint AS "joinedAt",
             (extract(epoch FROM m.expires_at) * 1000)::bigint AS "expiresAt",
             (SELECT count(*) FROM wanted w WHERE w.owner = m.id AND w.twin_of IS NULL) AS rooms,
             ARRAY(SELECT j.name FROM jobs j WHERE j.owner = m.id ORDER BY j.name) AS jobs,
             EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 77 AND l.objid = m.id::oid AND l.objsubid = 2
               AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS connected
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
