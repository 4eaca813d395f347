import type { Command } from "commander";
import { type Config, type GivenSettings, loadConfig } from "../../app/config.js";
import type { RoomAnswer } from "../../http/v1/room-routes.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Watch } from "../../store/rooms.js";
import { path, withApi } from "../api.js";
import { data } from "../options.js";
import { print, say } from "../terminal.js";
import { eventsIn } from "./room.js";

/** Adds `dylive official start`, `stop` and `list`: rooms in which an anchor has mounted your app. */
export function addOfficialCommands(program: Command): void {
  const official = program.command("official").description("push tasks of your app on the Open Platform");
  const about = (command: string, description: string) => official.command(command).description(description).addOption(data());
  about("start", "have the room's messages pushed here, until its broadcast ends")
    .argument("<room_id>", "room_id of the broadcast, which the launch token tells")
    .action((roomId: string, settings: GivenSettings) => want(loadConfig(settings), roomId, "on"));
  about("stop", "stop the tasks of a room; its events stay")
    .argument("<room_id>", "room_id of the broadcast")
    .action((roomId: string, settings: GivenSettings) => want(loadConfig(settings), roomId, "paused"));
  about("list", "rooms of the app: room_id, whether tasks are wanted, events kept").action((settings: GivenSettings) =>
    list(loadConfig(settings)),
  );
}

function want(config: Config, roomId: string, watch: Watch): Promise<void> {
  const appId = appOf(config);
  if (!/^\d{1,20}$/.test(roomId)) throw new DyliveError("bad_request", "room_id must be a number of up to 20 digits");
  if (watch === "on" && config.officialSecret === null)
    throw new DyliveError("bad_config", "DYLIVE_OFFICIAL_SECRET is not set: without the app's secret no task can be started");
  return withApi(
    config,
    async (api) => {
      if (watch === "on") await api.post("/official/rooms", { appId, roomId });
      else await api.post(path`/rooms/${`official:${appId}:${roomId}`}/pause`);
      const by = msg`by the server that runs on this data folder, or by the next \`dylive serve\``;
      say(watch === "on" ? msg`the tasks of room ${roomId} are started ${by}` : msg`the tasks of room ${roomId} are stopped ${by}`);
    },
    { makes: watch === "on" },
  );
}

function list(config: Config): Promise<void> {
  const prefix = `${appOf(config)}:`;
  return withApi(config, async (api) => {
    let listed = 0;
    for await (const { id, aliases, watch } of api.items<RoomAnswer>("/rooms", "rooms", { limit: 1_000 })) {
      const alias = aliases.find(({ kind, value }) => kind === "official" && value.startsWith(prefix));
      if (alias === undefined) continue;
      const tasks = { on: msg`wanted`, paused: msg`stopped`, off: msg`not wanted` }[watch];
      await print(msg`${alias.value.slice(prefix.length)}  tasks ${tasks}  up to ${await eventsIn(api, id)} events  room ${id}`);
      listed++;
    }
    if (listed === 0) say(msg`no room of this app is known`);
  });
}

function appOf({ officialApp }: Config): string {
  if (officialApp === null) throw new DyliveError("bad_config", "DYLIVE_OFFICIAL_APP is not set: the id of your app, tt…");
  return officialApp;
}
