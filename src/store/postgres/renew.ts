import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { addressOf } from "./address.js";
import { PostgresConnection } from "./connection.js";
import { PostgresLeases } from "./leases.js";
import { migrate, schemaVersion } from "./migrate.js";

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
    if ((await connection.ask((session) => schemaVersion(session))) === 0)
      throw new DyliveError("bad_config", `there is no store in ${name}`);
    await migrate(connection);
    const running = (await new PostgresLeases(connection).members()).filter(({ connected }) => connected);
    if (running.length > 0)
      throw new DyliveError("in_use", `stop all processes first: ${running.map((member) => member.name).join(", ")} have it open`);
    const after = randomBytes(9).toString("base64url");
    const before = await connection.write(async (session) => {
      const was = await session.row<{ value: string }>("SELECT value FROM meta WHERE key = 'log_id' FOR UPDATE");
      if (was === undefined) throw new DyliveError("bad_config", "the database has lost its id");
      await session.run("UPDATE meta SET value = $1 WHERE key = 'log_id'", after);
      await session.run("UPDATE heads SET epoch = epoch + $1", BEYOND.epochs);
      await session.run("DELETE FROM members");
      await session.run(
        "SELECT setval(pg_get_serial_sequence('members', 'id'), nextval(pg_get_serial_sequence('members', 'id')) + $1)",
        BEYOND.members,
      );
      await session.run(
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
