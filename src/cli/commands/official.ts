import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { officialAlias } from "../../collector/open-platform/rooms.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import type { Watch } from "../../store/rooms.js";
import { print, say } from "../terminal.js";
import { withNewStore, withStore } from "../with-store.js";

/** Adds `dylive official start`, `stop` and `list`: rooms in which an anchor has mounted your app. They work beside a running server, which follows within seconds. */
export function addOfficialCommands(program: Command, data: () => Option): void {
  const official = program.command("official").description("push tasks of your app on the Open Platform");
  official
    .command("start")
    .description("have the room's messages pushed here, until its broadcast ends")
    .argument("<room_id>", "room_id of the broadcast, which the launch token tells")
    .addOption(data())
    .action((roomId: string, settings: Partial<Config>) => want(loadConfig(settings), roomId, "on"));
  official
    .command("stop")
    .description("stop the tasks of a room; its events stay")
    .argument("<room_id>", "room_id of the broadcast")
    .addOption(data())
    .action((roomId: string, settings: Partial<Config>) => want(loadConfig(settings), roomId, "paused"));
  official
    .command("list")
    .description("rooms of the app: room_id, whether tasks are wanted, events kept")
    .addOption(data())
    .action((settings: Partial<Config>) => list(loadConfig(settings)));
}

function want(config: Config, roomId: string, watch: Watch): Promise<void> {
  const appId = appOf(config);
  if (!/^\d{1,20}$/.test(roomId)) throw new DyliveError("bad_request", "room_id must be a number of up to 20 digits");
  if (watch === "on" && config.officialSecret === null)
    throw new DyliveError("bad_config", "DYLIVE_OFFICIAL_SECRET is not set: without the app's secret no task can be started");
  return withNewStore(config, async ({ rooms }) => {
    const alias = officialAlias(appId, roomId);
    if (watch !== "on" && (await rooms.find(alias)) === null)
      throw new DyliveError("not_found", told`no room ${roomId} of ${appId} is known`);
    await rooms.setWatch(await rooms.ensure([alias]), watch);
    const by = told`by the server that runs on this data folder, or by the next \`dylive serve\``;
    say(watch === "on" ? told`the tasks of room ${roomId} are started ${by}` : told`the tasks of room ${roomId} are stopped ${by}`);
  });
}

function list(config: Config): Promise<void> {
  const prefix = `${appOf(config)}:`;
  return withStore(config, async ({ rooms, log }) => {
    let listed = 0;
    for (const { room, watch } of await rooms.list()) {
      const alias = (await rooms.aliases(room)).find(({ kind, value }) => kind === "official" && value.startsWith(prefix));
      if (alias === undefined) continue;
      const { head = 0, oldest = 1 } = (await log.heads([room])).get(room) ?? {};
      const tasks = { on: told`wanted`, paused: told`stopped`, off: told`not wanted` }[watch];
      await print(told`${alias.value.slice(prefix.length)}  tasks ${tasks}  up to ${head - oldest + 1} events  room ${room}`);
      listed++;
    }
    if (listed === 0) say(told`no room of this app is known`);
  });
}

function appOf({ officialApp }: Config): string {
  if (officialApp === null) throw new DyliveError("bad_config", "DYLIVE_OFFICIAL_APP is not set: the id of your app, tt…");
  return officialApp;
}
