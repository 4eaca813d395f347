import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import type { Lease, Membership } from "../../src/store/cluster.js";
import { PostgresConnection } from "../../src/store/postgres/connection.js";
import { PostgresLocks } from "../../src/store/postgres/distributed-locks.js";
import { postgresLeases } from "../../src/store/postgres/leases.js";
import { sqlRooms } from "../../src/store/sql/rooms.js";
import { dropDatabase, emptyDatabase, newDatabase, runSql } from "./database.js";

/** A process of the cluster, and what it has by what it was told. */
export class Process {
  readonly membership: Membership;
  readonly connection: PostgresConnection;
  readonly has = new Map<string, Lease>();
  /** How often a room came to it. */
  taken = 0;
  /** Number of rooms that it is to give up. */
  surplus = 0;
  /** Jobs that it is ready to do, and those that it has. */
  ready: readonly string[] = [];
  jobs: readonly string[] = [];
  /** Rooms that it lost because the others took it for dead, with the last beat. */
  lapsed: readonly string[] = [];

  readonly #sql: (text: string) => Promise<unknown>;

  constructor(membership: Membership, connection: PostgresConnection, sql: (text: string) => Promise<unknown>) {
    this.membership = membership;
    this.connection = connection;
    this.#sql = sql;
  }

  async beat(): Promise<void> {
    // It has stopped collecting what is above its share.
    const released = [...this.has.keys()].slice(0, this.surplus);
    const rooms = [...this.has.values()].flatMap(({ room }) => room ?? []);
    const { leases, surplus, lapsed, jobs } = await this.membership.beat({ rooms, released, jobs: this.ready });
    this.lapsed = [];
    const keys = new Set(leases.map(({ key }) => key));
    for (const key of [...this.has.keys()]) {
      if (keys.has(key)) continue;
      this.has.delete(key);
      if (lapsed && !released.includes(key)) this.lapsed = [...this.lapsed, key];
    }
    for (const lease of leases) {
      if (this.has.has(lease.key) && !released.includes(lease.key)) expect(lease.how, `${lease.key}, which it had`).toBeNull();
      if (lease.how !== null) this.taken++;
      this.has.set(lease.key, { ...lease, how: lease.how ?? this.has.get(lease.key)?.how ?? null });
    }
    this.surplus = surplus;
    this.jobs = jobs;
  }

  /** Its process is gone: the database knows nothing of it but that its sessions ended. */
  async die(): Promise<void> {
    await this.#sql(
      // Other files have members of the same numbers on this server.
      `SELECT pg_terminate_backend(l.pid, 10000) FROM pg_locks l JOIN members m ON m.lock = l.classid::bigint << 32 | l.objid::bigint
         WHERE m.id = ${this.membership.id} AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
  }
}

/** Processes of a cluster on a database of the file's own, empty for each test. */
export function useProcesses() {
  let url: string;
  let open: PostgresConnection[] = [];
  beforeAll(async () => {
    url = await newDatabase();
  });
  beforeEach(() => emptyDatabase(url));
  afterEach(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    open = [];
  });
  afterAll(() => dropDatabase(url));

  const sql = (text: string) => runSql(url, text);
  /** Starts one: the first is called p1. */
  const start = async (times: Parameters<typeof postgresLeases>[2] = {}, capacity = 1000, clock: Clock = systemClock): Promise<Process> => {
    const connection = new PostgresConnection(url, clock);
    open.push(connection);
    const leases = postgresLeases(connection, new PostgresLocks(connection), times);
    return new Process(await leases.join({ name: `p${open.length}`, role: "all", capacity }), connection, sql);
  };
  /** Makes rooms that are wanted. @returns their keys */
  const wanted = async (n: number): Promise<readonly number[]> => {
    const rooms = sqlRooms(open[0] ?? (await start()).connection);
    const keys: number[] = [];
    for (let i = 0; i < n; i++) keys.push(await rooms.ensure([{ kind: "web_rid", value: String(1000 + i) }]));
    await sql("INSERT INTO wanted(key, kind, value, room) SELECT 'web_rid:' || value, kind, value, room FROM aliases");
    return keys;
  };
  /** As `wanted`, for rooms that need no log. */
  const wantedOnly = async (n: number): Promise<void> => {
    await sql(`INSERT INTO wanted(key, kind, value) SELECT 'web_rid:' || n, 'web_rid', n::text FROM generate_series(1, ${n}) AS n`);
  };
  return { sql, start, wanted, wantedOnly };
}

/** Each beats, and releases with that what is above its share, so many times one after the other. */
export async function rounds(n: number, ...processes: readonly Process[]): Promise<void> {
  for (let i = 0; i < n; i++) {
    for (const one of processes) await one.beat();
  }
}

/** How many rooms each has. */
export function sizes(...processes: readonly Process[]): readonly number[] {
  return processes.map(({ has }) => has.size);
}
