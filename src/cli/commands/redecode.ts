import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import type { DecodedAnew } from "../../http/v1/task-schemas.js";
import { msg } from "../../runtime/msg.js";
import { path, withApi } from "../api.js";
import { pastedName } from "../pasted-room.js";
import { sayDrift } from "../show.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, print, say } from "../terminal.js";
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
  return withApi(config, async (api) => {
    const begun = await api.begin<DecodedAnew>(path`/rooms/${pastedName(asked)}/redecode`, session === null ? {} : { session });
    const progress = new ProgressLine(msg`decoding ${asked} again`, msg`messages of two readings`);
    const done = await api.follow(begun, (_what, messages) => progress.show(messages), interruptSignal());
    if (done === null) return progress.end(msg`stopped; the same command begins again, and changes nothing twice`);
    progress.end(msg`${done.sessions.length} broadcasts, ${done.messages} messages`);
    for (let n = 0; n < done.refused; n++) say(msg`the store refused an event; it was left out`);
    if (json) return print(JSON.stringify(done));
    await print(msg`${done.replaced} events say something else now, ${done.regifted} gifts count otherwise, ${done.appended} are new`);
    if (done.erased > 0) await print(msg`${done.erased} were erased and stay so`);
    if (done.lostBytes > 0) await print(msg`${done.lostBytes} bytes of the files are torn or damaged`);
    sayDrift(done.drift);
  });
}
