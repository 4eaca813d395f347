import type { Command } from "commander";
import type { DecodedAnew } from "../../http/v1/task-schemas.js";
import { msg } from "../../runtime/msg.js";
import { path } from "../api.js";
import { asksApi, type Json } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { sayDrift } from "../show.js";
import { interruptSignal } from "../stop.js";
import { ProgressLine, print, say } from "../terminal.js";
import { BROADCAST } from "./session.js";

/** Adds `dylive redecode`. */
export function addRedecodeCommand(program: Command): void {
  const redecode = program
    .command("redecode")
    .description("read raw recordings again with this version's decoders; keeps every seq and id")
    .argument("<room>", "a room (all its recordings), or a broadcast's room_id")
    .argument("[session]", BROADCAST)
    .option("--json", "what came of it as one JSON object", false);
  asksApi(redecode, async (api, room: string, session: string | undefined, { json }: Json) => {
    const begun = await api.begin<DecodedAnew>(path`/rooms/${pastedName(room)}/redecode`, { session });
    const progress = new ProgressLine(msg`decoding ${room} again`, msg`messages of two readings`);
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
