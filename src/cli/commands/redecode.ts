import { resolve } from "node:path";
import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { lateErasures } from "../../erasure/late.js";
import { broadcastId } from "../../http/v1/session-routes.js";
import { recordingsOf, redecode } from "../../ingest/redecode.js";
import { Drift } from "../../platform/wire/drift.js";
import { systemClock } from "../../runtime/clock.js";
import { told } from "../../runtime/told.js";
import { rawFolder } from "../../sources/raw/files.js";
import { pastedRoom } from "../pasted-room.js";
import { sayDrift } from "../show.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, print, say } from "../terminal.js";
import { withStore } from "../with-store.js";
import { BROADCAST } from "./session.js";

/** Adds `dylive redecode`. @param data makes the option that names the data folder */
export function addRedecodeCommand(program: Command, data: () => Option): void {
  program
    .command("redecode")
    .description("read raw recordings again with this version's decoders; keeps every seq and id")
    .argument("<room>", "a room (all its recordings), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .option("--json", "what came of it as one JSON object", false)
    .addOption(data())
    .action((room: string, session: string | undefined, { json, ...settings }: Partial<Config> & { json: boolean }) =>
      run(loadConfig(settings), room, session ?? null, json),
    );
}

function run(config: Config, asked: string, session: string | null, json: boolean): Promise<void> {
  return withStore(config, async (store) => {
    const { room, sessionId } = await pastedRoom(store.rooms, asked);
    const wanted = session === null ? sessionId : await broadcastId(store.sessions, room, session);
    const files = await recordingsOf(rawFolder(resolve(config.data)), room, wanted);
    const progress = new ProgressLine(told`decoding ${asked} again`, told`messages of two readings`);
    const stop = interruptSignal();
    const drift = new Drift();
    const done = await redecode({
      store,
      room,
      files,
      clock: systemClock,
      drift,
      erased: lateErasures(store),
      signal: stop,
      setAside: () => say(told`the store refused an event; it was left out`),
      onProgress: (messages) => progress.show(messages),
    }).catch((error: unknown) => {
      if (!stop.aborted) throw error;
      progress.end(told`stopped; the same command begins again, and changes nothing twice`);
      return null;
    });
    if (done === null) return;
    progress.end(told`${files.length} files of ${done.sessions.length} broadcasts, ${done.messages} messages`);
    if (json) return print(JSON.stringify(done));
    await print(told`${done.replaced} events say something else now, ${done.regifted} gifts count otherwise, ${done.appended} are new`);
    if (done.erased > 0) await print(told`${done.erased} were erased and stay so`);
    if (done.lostBytes > 0) await print(told`${done.lostBytes} bytes of the files are torn or damaged`);
    sayDrift(drift);
  });
}
