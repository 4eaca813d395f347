import type { Command } from "commander";
import { loadConfig } from "../../app/config.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { renewLog } from "../../store/postgres/admin.js";
import { exitWith } from "../stop.js";
import { print, say } from "../terminal.js";

/** Adds `dylive restored`. */
export function addRestoredCommand(program: Command): void {
  program
    .command("restored")
    .description("give a PostgreSQL log that was restored, or lost commits, a new id")
    .option("--yes", "do it: every cursor given out before ends", false)
    .action(({ yes }: { yes: boolean }) => restored(loadConfig().databaseUrl, yes));
}

async function restored(url: string | null, yes: boolean): Promise<void> {
  if (url === null)
    throw new DyliveError(
      "bad_config",
      "no database is named: set DATABASE_URL. A copy of a SQLite store that dylive backup made needs nothing, it has an id of its own",
    );
  if (!yes) {
    say(
      msg`If this database was restored or has lost commits, stop all processes and give --yes: the log gets a new id, and every cursor that was given out before ends with cursor_reset.`,
    );
    exitWith(2);
    return;
  }
  const { name, before, after } = await renewLog(url);
  await print(
    msg`The log in ${name} is ${after} from now on, no longer ${before}: start the processes; readers with older cursors get cursor_reset.`,
  );
}
