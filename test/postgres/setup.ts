import type { TestProject } from "vitest/node";
import { type PostgresServer, startPostgres } from "../../bench/postgres/server.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { runSql, TEMPLATE } from "./database.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The server of this run, without the name of a database. */
    readonly postgres: string;
  }
}

let server: PostgresServer | undefined;

/** One server for all files of the project, with a database whose schema is made: others are copied from it. */
export async function setup(project: TestProject): Promise<void> {
  server = await startPostgres();
  await runSql(`${server.url}/postgres`, `CREATE DATABASE ${TEMPLATE}`);
  const store = await openPostgresStore({ url: `${server.url}/${TEMPLATE}` });
  await store.close();
  project.provide("postgres", server.url);
}

export async function teardown(): Promise<void> {
  await server?.remove();
}
