import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { row, run } from "../sql/work.js";
import { addressOf, PostgresConnection } from "./connection.js";
import { postgresLeases } from "./leases.js";
import { hasSchema } from "./schema.js";

/** Facts about a database, as it tells them itself. */
export interface Look {
  /** Host, port and name, which may be shown. */
  readonly name: string;
  /** Version of the server, such as `17.10`. */
  readonly server: string;
  /** Whether it is empty. */
  readonly isEmpty: boolean;
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
    return await connection.ask(function* () {
      const said = yield* row<{ server: string; bytes: number; durable: Record<string, string> }>(
        `SELECT split_part(current_setting('server_version'), ' ', 1) AS server, pg_database_size(current_database()) AS bytes,
           (SELECT json_object_agg(name, setting) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')) AS durable`,
      );
      const { server = "", bytes = 0, durable = {} } = said ?? {};
      const asked = performance.now();
      yield* run("SELECT");
      return {
        roundTripMs: performance.now() - asked,
        name: addressOf(url).name,
        server,
        isEmpty: !(yield* hasSchema()),
        bytes,
        notDurable: Object.entries(durable).flatMap(([name, value]) => (value === "off" ? `${name} = off` : [])),
      };
    });
  } finally {
    await connection.close();
  }
}

/** Log that has another id from now on. */
interface Renewed {
  /** Host, port and name of the database, which may be shown. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Distances that are more than what is lost can have given out: of epochs and ids of processes, and of rooms, whose ids people see. */
const BEYOND = { epochs: 1_000_000, members: 1_000_000, rooms: 10_000 };

/**
 * Gives the log of a database another id, which is needed when it was restored, or failed over to a standby that lacks what was committed
 * last: seqs that were given out are given to other events then, which no cursor of before may name. What of the lost part is still about
 * does no harm either: processes that were overlooked are fenced, no process and no room gets an id that another one had.
 *
 * @throws DyliveError in_use when processes are connected, which it names; bad_config when there is no store; store_unreachable
 */
export async function renewLog(url: string, clock: Clock = systemClock): Promise<Renewed> {
  const connection = new PostgresConnection(url, clock);
  try {
    const { name } = addressOf(url);
    if (!(await connection.ask(hasSchema))) throw new DyliveError("bad_config", msg`there is no store in ${name}`);
    const running = (await postgresLeases(connection).members()).filter(({ connected }) => connected);
    if (running.length > 0)
      throw new DyliveError("in_use", msg`stop all processes first: ${running.map((member) => member.name).join(", ")} have it open`);
    const after = randomBytes(9).toString("base64url");
    const before = await connection.write(function* () {
      const was = yield* row<{ value: string }>("SELECT value FROM meta WHERE key = 'log_id' FOR UPDATE");
      if (was === undefined) throw new DyliveError("bad_config", "the database has lost its id");
      yield* run("UPDATE meta SET value = $1 WHERE key = 'log_id'", after);
      yield* run("UPDATE heads SET epoch = epoch + $1 WHERE epoch >= 0", BEYOND.epochs);
      yield* run("DELETE FROM members");
      yield* run(
        "SELECT setval(pg_get_serial_sequence('members', 'id'), nextval(pg_get_serial_sequence('members', 'id')) + $1)",
        BEYOND.members,
      );
      yield* run(
        "SELECT setval(pg_get_serial_sequence('rooms', 'room'), nextval(pg_get_serial_sequence('rooms', 'room')) + $1)",
        BEYOND.rooms,
      );
      return was.value;
    });
    return { name, before, after };
  } finally {
    await connection.close();
  }
}
