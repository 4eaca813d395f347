import { systemClock } from "../../runtime/clock.js";
import { addressOf } from "./address.js";
import { PostgresConnection } from "./connection.js";
import { MIGRATIONS, schemaVersion } from "./migrate.js";

/** Facts about a database, as it tells them itself. */
export interface Look {
  /** Host, port and name, which may be shown. */
  readonly name: string;
  /** Version of the server, such as `17.10`. */
  readonly server: string;
  /** Version of our schema; 0 for an empty database. */
  readonly schema: number;
  /** Version of the schema that this dylive knows. */
  readonly known: number;
  readonly bytes: number;
  /** Time from a question to its answer, ms. */
  readonly roundTripMs: number;
  /** Settings by which what was acknowledged may be lost when the power goes. */
  readonly notDurable: readonly string[];
}

/** Looks at a database and changes nothing. @throws DyliveError store_unreachable, bad_config when it is not ours or newer than this dylive */
export async function lookAt(url: string): Promise<Look> {
  const connection = new PostgresConnection(url, systemClock);
  try {
    return await connection.ask(async (session) => {
      const said = await session.row<{ server: string; bytes: number; durable: Record<string, string> }>(
        `SELECT split_part(current_setting('server_version'), ' ', 1) AS server, pg_database_size(current_database()) AS bytes,
           (SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')) AS durable`,
      );
      const { server = "", bytes = 0, durable = {} } = said ?? {};
      const asked = performance.now();
      await session.run("SELECT");
      return {
        roundTripMs: performance.now() - asked,
        name: addressOf(url).name,
        server,
        schema: await schemaVersion(session),
        known: MIGRATIONS.length,
        bytes,
        notDurable: Object.entries(durable).flatMap(([name, value]) => (value === "off" ? `${name} = off` : [])),
      };
    });
  } finally {
    await connection.close();
  }
}
