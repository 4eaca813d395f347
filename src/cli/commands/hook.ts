import type { Command } from "commander";
import { EVENT_TYPES } from "../../events/event.js";
import type { ShownHook, ShownHookTry } from "../../http/v1/hook-routes.js";
import { joinMsgs, type Msg, msg, msgOf } from "../../runtime/msg.js";
import { HOOK_NAMES } from "../../webhooks/selection.js";
import { assertAddress } from "../../webhooks/webhook-service.js";
import { type LocalApi, path } from "../api.js";
import { WordsOption } from "../completion.js";
import { asksApi } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { exitWith, interruptSignal } from "../stop.js";
import { moment, plain, print, say } from "../terminal.js";
import { names, whole } from "../values.js";

/** Options of `dylive hook add`. */
interface AddOptions {
  readonly name?: string;
  readonly types?: readonly string[];
  readonly filter?: string;
  readonly rooms?: readonly string[];
  readonly maxEvents?: number;
  readonly allowPrivate: boolean;
}

/** A hook with its secret, which is shown this once. */
export interface NewHookAnswer {
  readonly secret: string;
  readonly about: ShownHook;
}

/** All hooks. */
export interface HookList {
  readonly hooks: readonly ShownHook[];
}

/** Types and names of events that hooks take, for shells. */
export const HOOK_TYPES = { listOf: [...EVENT_TYPES, ...HOOK_NAMES] };

/** Adds `dylive hook add`, `list`, `show` and the rest. */
export function addHookCommands(program: Command): void {
  const hook = program.command("hook").description("webhooks: events sent to an address of yours, signed, until it takes them");
  const add = hook
    .command("add")
    .description("send events from now on; the secret is the last line of stdout")
    .argument("<url>", "where they are sent; quote it")
    .option("--name <name>", "what it is for")
    .addOption(new WordsOption("--types <types>", "event types, or room.live, room.ended, account.lapsed …", HOOK_TYPES).argParser(names))
    .option("--filter <expression>", "only events for which this is true (docs/filters.md)")
    .option("--rooms <names>", "only these rooms, separated by commas; all by default", names)
    .option("--max-events <n>", "events of one request at most (500)", whole)
    .option("--allow-private", "the address may be private, such as 127.0.0.1", false);
  asksApi(
    add,
    async (api, url: string, { rooms, ...options }: AddOptions) => {
      const { secret, about } = await api.post<NewHookAnswer>("/hooks", { url, ...options, rooms: rooms?.map(pastedName) });
      say(msg`hook ${about.id} (${plain(about.name)}) is made; keep its secret, it is not shown again:`);
      await print(secret);
    },
    { makes: true, check: (url) => assertAddress(url, null) },
  );
  asksApi(hook.command("list").description("all hooks, and how they are doing"), async (api) => {
    const { hooks } = await api.get<HookList>("/hooks");
    if (hooks.length === 0) say(msg`none yet: ${"dylive hook add URL"}`);
    for (const one of hooks) await print(lineOf(one));
  });
  const about = (command: string, description: string) =>
    hook.command(command).description(description).argument("<id>", "of the hook, as `dylive hook list` shows it");
  asksApi(about("show", "a hook, its rooms with something under way, and its last requests"), async (api, id: string) => {
    const shown = await api.get<ShownHook>(path`/hooks/${id}`);
    const { tries } = await api.get<{ readonly tries: readonly ShownHookTry[] }>(path`/hooks/${id}/deliveries`, { limit: 10 });
    for (const line of linesOf(shown, tries)) await print(line);
  });
  asksApi(about("pause", "send nothing until it is resumed"), async (api, id: string) => {
    await api.post(path`/hooks/${id}/pause`);
    say(msg`hook ${id} is paused; what comes meanwhile is sent later`);
  });
  asksApi(about("resume", "go on where it was, at once"), async (api, id: string) => {
    await api.post(path`/hooks/${id}/resume`);
    say(msg`hook ${id} goes on where it was`);
  });
  asksApi(about("remove", "send nothing any more, and forget it"), async (api, id: string) => {
    await api.ask("DELETE", path`/hooks/${id}`);
    say(msg`hook ${id} is removed`);
  });
  const replay = about("replay", "send a room's events again, from a seq on")
    .requiredOption("--room <room>", "its number, id or any other name")
    .requiredOption("--seq <n>", "the first that is sent; 1 is the oldest", whole);
  asksApi(replay, async (api, id: string, { room, seq }: { readonly room: string; readonly seq: number }) => {
    const name = pastedName(room);
    const { paused } = await api.post<ShownHook>(path`/hooks/${id}/replay`, { room: name, seq });
    say(msg`hook ${id} is sent room ${name} from ${seq} on${paused === null ? "" : msg`, once it is resumed`}`);
  });
  asksApi(about("rotate", "make a new secret; the old one signs too for a day"), async (api, id: string) => {
    const { secret } = await api.post<NewHookAnswer>(path`/hooks/${id}/rotate`);
    say(msg`hook ${id} has a new secret; keep it, it is not shown again:`);
    await print(secret);
  });
  asksApi(about("test", "send an empty message and say what came of it"), testHook);
}

/** Has a hook sent a test, and says what came of it. */
export async function testHook(api: LocalApi, id: string): Promise<void> {
  const outcome = await api.post<ShownHookTry>(path`/hooks/${id}/test`, undefined, interruptSignal());
  await print(tryLine(outcome));
  if (!outcome.delivered) exitWith(1);
}

const STATE_WORDS: Readonly<Record<ShownHook["state"], string>> = { active: "active", failing: "failing", paused: "paused" };
const PAUSE_WORDS: Readonly<Record<NonNullable<ShownHook["paused"]>["reason"], string>> = {
  asked: "asked",
  gone: "gone: it answered 410",
  failing: "failing",
};

/** Returns one hook on one line; its name, which may hold spaces, comes last. */
function lineOf({ id, state, paused, backlog, url, name }: ShownHook): Msg {
  const how = paused === null ? msgOf(STATE_WORDS[state]) : msg`paused (${msgOf(PAUSE_WORDS[paused.reason])})`;
  return joinMsgs([id, how, msg`backlog ${backlog}`, url, name], "  ");
}

function linesOf(hook: ShownHook, tries: readonly ShownHookTry[]): readonly Msg[] {
  const { types, rooms, filter, allowPrivate, paused, failingSince, lastTry, deliveredAt, behind, behindRooms } = hook;
  const shown = behind.slice(0, 20);
  return [
    lineOf(hook),
    msg`types ${types.join(",") || msg`all but unknown, rank and stats`}`,
    msg`rooms ${rooms.join(",") || msg`all`}`,
    ...(filter === null ? [] : [msg`filter ${filter}`]),
    ...(allowPrivate ? [msg`may reach private addresses`] : []),
    ...(paused === null ? [] : [msg`paused since ${moment(paused.at)}: ${msgOf(PAUSE_WORDS[paused.reason])}`]),
    ...(failingSince === null ? [] : [msg`failing since ${moment(failingSince)}`]),
    ...(lastTry?.error == null ? [] : [msg`last error ${lastTry.error}`]),
    msg`last delivered ${deliveredAt === null ? msg`never` : moment(deliveredAt)}`,
    ...shown.map(({ room, seq, head, backlog, waiting }) => {
      const tried = waiting === null ? "" : msg`; ${waiting.from}-${waiting.to} was tried ${waiting.tries} times`;
      return msg`room ${room}  at ${seq} of ${head}, backlog ${backlog}${tried}`;
    }),
    ...(behindRooms > shown.length ? [msg`and ${behindRooms - shown.length} more rooms`] : []),
    ...tries.map(tryLine),
  ];
}

/** Returns one try on a line. */
export function tryLine({ at, ms, room, from, to, events, attempt, delivered, status, error }: ShownHookTry): Msg {
  const what = attempt === 0 ? msg`test` : msg`room ${room} ${from}-${to} (${events} events), try ${attempt}`;
  const answer = status === null ? msg`delivered` : msg`delivered, HTTP ${status}`;
  const wrong = error === null ? null : msgOf(error);
  const outcome = delivered ? joinMsgs(wrong === null ? [answer] : [answer, wrong], ": ") : (wrong ?? msg`failed`);
  return msg`${moment(at)}  ${what}: ${outcome}, ${ms} ms`;
}
