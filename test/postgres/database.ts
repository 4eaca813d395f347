import pg from "pg";
import { inject } from "vitest";

/** The database that others are copied from. */
export const TEMPLATE = "dylive_template";

let count = 0;

/** Runs SQL on a connection of its own. */
export async function runSql<T = unknown>(url: string, sql: string): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows as T[];
  } finally {
    await client.end();
  }
}

/** The address of a new database: a copy of one with our schema, or an empty one. */
export async function newDatabase(template: typeof TEMPLATE | "template0" = TEMPLATE): Promise<string> {
  const server = inject("postgres");
  const name = `t_${process.pid}_${count++}`;
  await runSql(`${server}/postgres`, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return `${server}/${name}`;
}

/** Drops a {@link newDatabase}. */
export async function dropDatabase(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await runSql(`${inject("postgres")}/postgres`, `DROP DATABASE ${name} WITH (FORCE)`);
}
