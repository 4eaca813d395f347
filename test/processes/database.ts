import pg from "pg";
import { type PostgresServer, startPostgres } from "../../bench/postgres/server.js";

/** A new database: on the server that DATABASE_URL names, if it does, else on one of our own. */
export interface ClusterDatabase {
  readonly url: string;
  /** Our own server, which can be stopped and started; null where it is somebody else's. */
  readonly server: PostgresServer | null;
  rows<T>(sql: string): Promise<readonly T[]>;
  remove(): Promise<void>;
}

let count = 0;

export async function clusterDatabase(): Promise<ClusterDatabase> {
  const given = process.env["DATABASE_URL"] ?? "";
  const server = given === "" ? await startPostgres() : null;
  const admin = server === null ? given : `${server.url}/postgres`;
  const name = `dylive_cluster_${process.pid}_${count++}`;
  await run(admin, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
  const url = new URL(admin);
  url.pathname = name;
  return {
    url: url.href,
    server,
    rows: (sql) => run(url.href, sql),
    remove: async () => {
      if (server === null) await run(admin, `DROP DATABASE ${name} WITH (FORCE)`);
      else await server.remove();
    },
  };
}

async function run<T>(url: string, sql: string): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}
