import { randomBytes } from "node:crypto";
import { DyliveError } from "../../runtime/errors.js";
import type { PostgresConnection } from "./connection.js";
import { LOCKS } from "./locks.js";
import { SCHEMA } from "./schema.js";
import type { PostgresSession } from "./session.js";

/** SQL of every migration, in order; the schema's version is how many were applied. Never change one that was released: add one. */
export const MIGRATIONS: readonly string[] = [SCHEMA];

/**
 * Brings the database to the newest schema, in one transaction; makes the store's id and the system's room when it is new. Several processes
 * may do so at once.
 *
 * @throws DyliveError `bad_config` when the database is not ours, cannot hold every text, or was written by a newer dylive
 */
export async function migrate(connection: PostgresConnection, migrations: readonly string[] = MIGRATIONS): Promise<void> {
  // The usual case takes no lock.
  if ((await connection.ask((session) => schemaVersion(session, migrations.length))) === migrations.length) return;
  await connection.write(async (session) => {
    await session.run("SELECT pg_advisory_xact_lock($1)", LOCKS.migrate);
    const version = await schemaVersion(session, migrations.length);
    if (version === migrations.length) return;
    for (const sql of migrations.slice(version)) await session.run(sql);
    await session.run(
      "INSERT INTO meta(key, value) VALUES ('schema', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      String(migrations.length),
    );
    if (version > 0) return;
    await session.run("INSERT INTO meta(key, value) VALUES ('log_id', $1), ('horizon', '0')", randomBytes(9).toString("base64url"));
    await session.run("INSERT INTO rooms(room, created_at) VALUES (0, $1)", connection.clock.now());
    await session.run("INSERT INTO heads(room) VALUES (0)");
  });
}

/**
 * Returns the version of the schema; 0 for an empty database. @throws DyliveError bad_config when it is not ours or newer than what is
 * known
 */
export async function schemaVersion(session: PostgresSession, known = MIGRATIONS.length): Promise<number> {
  const found = await session.row<{ name: string; encoding: string; ours: boolean; tables: number }>(
    `SELECT current_database() AS name, current_setting('server_encoding') AS encoding, to_regclass('meta') IS NOT NULL AS ours,
       (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace) AS tables`,
  );
  const { name = "", encoding = "", ours = false, tables = 0 } = found ?? {};
  if (encoding !== "UTF8") throw new DyliveError("bad_config", `the database ${name} has the encoding ${encoding}; create it with UTF8`);
  if (!ours && tables === 0) return 0;
  const version = ours ? await schemaOf(session) : null;
  if (version === null) throw new DyliveError("bad_config", `the database ${name} is not one of dylive: give it an empty one`);
  if (version <= known) return version;
  throw new DyliveError("store_newer", `the database ${name} has schema ${version}, this dylive knows ${known}`);
}

async function schemaOf(session: PostgresSession): Promise<number | null> {
  const columns = await session.row<{ n: number }>(
    "SELECT count(*) AS n FROM pg_attribute WHERE attrelid = 'meta'::regclass AND attname IN ('key', 'value')",
  );
  if (columns?.n !== 2) return null;
  const row = await session.row<{ value: string }>("SELECT value FROM meta WHERE key = 'schema'");
  return row === undefined ? null : Number(row.value);
}
