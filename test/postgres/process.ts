import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import type { Lease, Membership } from "../../src/store/cluster.js";
import { PostgresConnection } from "../../src/store/postgres/connection.js";
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
  /** Rooms that it is to give up. */
  surplus: readonly string[] = [];
  /** For how long the cluster had heard nothing of it when it lost rooms by that, ms; null where the last beat told none. */
  silentMs: number | null = null;

  readonly #sql: (text: string) => Promise<unknown>;

  constructor(membership: Membership, connection: PostgresConnection, sql: (text: string) => Promise<unknown>) {
    this.membership = membership;
    this.connection = connection;
    this.#sql = sql;
  }

  async beat(): Promise<void> {
    const { taken, lost, surplus, silentMs = null } = await this.membership.beat();
    this.silentMs = silentMs;
    for (const { key } of lost) expect(this.has.delete(key), `lost ${key}, which it had`).toBe(true);
    for (const lease of taken) {
      expect(this.has.has(lease.key), `was given ${lease.key} twice`).toBe(false);
      this.has.set(lease.key, lease);
    }
    this.taken += taken.length;
    this.surplus = surplus;
  }

  /** Releases what is above its share, as a process does once it has stopped collecting it. */
  async settle(): Promise<void> {
    if (this.surplus.length > 0) await this.membership.release(this.surplus);
  }

  /** Its process is gone: the database knows nothing of it but that its sessions ended. */
  async die(): Promise<void> {
    await this.#sql(
      // Other files have members of the same numbers on this server.
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
         WHERE application_name = 'dylive member ${this.membership.id}' AND datname = current_database()`,
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
  const start = async (times: Parameters<typeof postgresLeases>[1] = {}, capacity = 1000, clock: Clock = systemClock): Promise<Process> => {
    const connection = new PostgresConnection(url, clock);
    open.push(connection);
    const leases = postgresLeases(connection, { giveMs: 0, ...times });
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

/** Each beats and releases what is above its share, so many times one after the other. */
export async function rounds(n: number, ...processes: readonly Process[]): Promise<void> {
  for (let i = 0; i < n; i++) {
    for (const one of processes) {
      await one.beat();
      await one.settle();
    }
  }
}

/** How many rooms each has. */
export function sizes(...processes: readonly Process[]): readonly number[] {
  return processes.map(({ has }) => has.size);
}
