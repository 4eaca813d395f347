import { resolve } from "node:path";
import type { Command } from "commander";
import { type GivenSettings, loadConfig } from "../../app/config.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { lockDataDir } from "../../store/lock.js";
import { moveStore } from "../../store/move.js";
import { data } from "../options.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, print, say } from "../terminal.js";
import { existingStore } from "../with-store.js";

/** Adds `dylive migrate sqlite-to-postgres`. */
export function addMigrateCommand(program: Command): void {
  const migrate = program.command("migrate").description("move the store to another database");
  migrate
    .command("sqlite-to-postgres")
    .description("copy everything kept to PostgreSQL; cursors stay valid")
    .option("--to <url>", "the database, which is empty (DATABASE_URL, which no list of processes shows)")
    .addOption(data())
    .action(({ to, ...settings }: GivenSettings & { to?: string }) => {
      const config = loadConfig(settings);
      return toPostgres(config.data, to ?? config.databaseUrl);
    });
}

async function toPostgres(data: string, to: string | null): Promise<void> {
  if (to === null) throw new DyliveError("bad_config", "no database is named: set DATABASE_URL, or give --to postgres://…");
  const stop = interruptSignal();
  const from = existingStore({ data });
  // A server would go on writing what is no longer copied.
  const lock = await lockDataDir(resolve(data));
  const progress = new ProgressLine(msg`moving`, msg`events`);
  try {
    const { rooms, events } = await moveStore({ from, to, signal: stop, onProgress: (done, of) => progress.show(done, done / of) });
    progress.end(msg`copied`);
    await print(msg`${events} events of ${rooms} rooms are in the database, with tokens, webhooks, positions and statistics`);
    say(msg`From now on start dylive with DATABASE_URL; cursors and tokens stay valid. The search index is rebuilt in the background.`);
    say(
      msg`Logins, raw recordings and what was set aside stay in ${data}: dylive goes on using them from there. The old store is left as it was.`,
    );
  } finally {
    lock.release();
  }
}
