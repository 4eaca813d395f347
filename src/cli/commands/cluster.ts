import type { Command } from "commander";
import { type GivenSettings, loadConfig } from "../../app/config.js";
import type { ClusterView } from "../../http/v1/cluster-routes.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, msg, msgOf } from "../../runtime/msg.js";
import { withApi } from "../api.js";
import { data, type Json } from "../options.js";
import { type Cell, print, printColumns } from "../terminal.js";

/** Adds `dylive cluster`. */
export function addClusterCommand(program: Command): void {
  program
    .command("cluster")
    .description("show the processes on a PostgreSQL store, their rooms and lag")
    .option("--json", "as one JSON object", false)
    .addOption(data())
    .action(async ({ json, ...settings }: Json & GivenSettings) => {
      const config = loadConfig(settings);
      if (config.databaseUrl === null)
        throw new DyliveError(
          "bad_config",
          "DATABASE_URL is not set: the store is a SQLite file, and one process does everything (docs/scale.md)",
        );
      const view = await withApi(config, (api) => api.get<ClusterView>("/cluster"));
      await (json ? print(JSON.stringify(view, null, 2)) : printView(view, Date.now()));
    });
}

async function printView({ members, rooms, behind }: ClusterView, now: number): Promise<void> {
  await printColumns(
    [msg`process`, msg`role`, msg`rooms`, msg`of`, msg`their states`, msg`alive`, msg`since`, msg`jobs`],
    members.map(({ name, role, rooms: held, capacity, states, connected, expiresAt, joinedAt, jobs }): readonly Cell[] => [
      name,
      role,
      held,
      capacity,
      statesOf(states),
      // The database's clock may be some seconds off: only what is long past is said to be so.
      connected ? (expiresAt + 1000 < now ? msg`not heard of` : msg`yes`) : msg`gone`,
      msg`${Math.max(0, Math.round((now - joinedAt) / 60_000))} min`,
      jobs.join(", ") || null,
    ]),
  );
  const unowned = statesOf(rooms.unowned);
  await print(
    msg`${rooms.wanted} rooms are wanted, ${rooms.watched} of them on the watch list${unowned === null ? "" : msg`; without a process: ${unowned}`}`,
  );
  await print(msg`events behind: statistics ${behind.statistics}, search ${behind.search}, webhooks ${behind.hooks}`);
}

/** Returns how many rooms are in each state; null where there are none. */
function statesOf(counts: ClusterView["rooms"]["unowned"]): Msg | null {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  if (some.length === 0) return null;
  return joinMsgs(
    some.map(([state, count]) => msg`${count} ${msgOf(state)}`),
    ", ",
  );
}
