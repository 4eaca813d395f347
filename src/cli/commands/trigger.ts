import { Argument, type Command } from "commander";
import type { LiveEvent } from "../../events/event.js";
import { TEST_TYPES, type TestEvent } from "../../events/test-event.js";
import { msg } from "../../runtime/msg.js";
import { path } from "../api.js";
import { asksApi } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { print, say } from "../terminal.js";
import { wholeFrom } from "../values.js";

/** Options of `dylive trigger`, beside the settings. */
interface TriggerOptions extends Omit<TestEvent, "type" | "userId"> {
  readonly room: string;
  readonly user?: string;
}

const million = wholeFrom(1, 1_000_000);

/** Adds `dylive trigger`. */
export function addTriggerCommand(program: Command): void {
  const trigger = program
    .command("trigger")
    .description("make a test event: overlays, streams, hooks and alarms get it, and nothing counts it")
    .addArgument(new Argument("<type>", "what happens; the last four happen in no room").choices(TEST_TYPES))
    .option("--room <room>", "its number, id or any other name; 0 for what happens in no room", "0")
    .option("--nickname <name>", "who did it (测试观众)")
    .option("--user <id>", "their uid, to try an alarm about a person")
    .option("--text <text>", "words of a chat, fans club, system event or work")
    .option("--gift <name>", "name of the gift (测试礼物)")
    .option("--units <n>", "how many of the gift (1)", million)
    .option("--diamonds <n>", "worth of all of it, a multiple of --units", wholeFrom(0, 1_000_000_000))
    .option("--count <n>", "likes (10)", million);
  asksApi(trigger, async (api, type: TestEvent["type"], { room, user: userId, ...rest }: TriggerOptions) => {
    const event = await api.post<LiveEvent>(path`/rooms/${pastedName(room)}/test-events`, { type, userId, ...rest });
    say(msg`test event ${event.seq} of room ${event.room}`);
    await print(JSON.stringify(event));
  });
}
