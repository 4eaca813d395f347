import type { Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { EVENT_TYPES } from "../../events/event.js";
import { systemClock } from "../../runtime/clock.js";
import { recorded, type Told, told, toldAll, toldOf } from "../../runtime/told.js";
import type { RoomKey } from "../../store/log.js";
import type { Rooms } from "../../store/rooms.js";
import type { HOOK_PAUSES, HookTry } from "../../store/sql/hooks.js";
import type { Store } from "../../store/store.js";
import { shownAddress } from "../../webhooks/channels.js";
import { webhookServiceBeside } from "../../webhooks/runner.js";
import { HOOK_NAMES } from "../../webhooks/selection.js";
import { assertAddress, type HookState, type HookView, hookState, type WebhookService } from "../../webhooks/webhook-service.js";
import { WordsOption } from "../completion/node.js";
import { pastedRoom } from "../pasted-room.js";
import { exitWith, interruptSignal } from "../stop.js";
import { moment, plain, print, say } from "../terminal.js";
import { names, whole } from "../values.js";
import { withNewStore, withStore } from "../with-store.js";

/** Tries that `dylive hook show` lists. */
const TRIES_SHOWN = 10;
/** Rooms that it lists. */
const ROOMS_SHOWN = 20;

/** Options of `dylive hook add`, beside the settings. */
interface AddOptions {
  readonly name?: string;
  readonly types?: readonly string[];
  readonly filter?: string;
  readonly rooms?: readonly string[];
  readonly maxEvents?: number;
  readonly allowPrivate: boolean;
}

/** Types and names of events that hooks take, for shells. */
export const HOOK_TYPES = { listOf: [...EVENT_TYPES, ...HOOK_NAMES] };

/** Adds `dylive hook add`, `list`, `show` and the rest. They work beside a running server, which follows within seconds. */
export function addHookCommands(program: Command, data: () => Option): void {
  const hook = program.command("hook").description("webhooks: events sent to an address of yours, signed, until it takes them");
  hook
    .command("add")
    .description("send events from now on; the secret is the last line of stdout")
    .argument("<url>", "where they are sent; quote it")
    .option("--name <name>", "what it is for")
    .addOption(new WordsOption("--types <types>", "event types, or room.live, room.ended, account.lapsed …", HOOK_TYPES).argParser(names))
    .option("--filter <expression>", "only events for which this is true (docs/filters.md)")
    .option("--rooms <names>", "only these rooms, separated by commas; all by default", names)
    .option("--max-events <n>", "events of one request at most (500)", whole)
    .option("--allow-private", "the address may be private, such as 127.0.0.1", false)
    .addOption(data())
    .action((url: string, { name, types, filter, rooms, maxEvents, allowPrivate, ...settings }: Partial<Config> & AddOptions) => {
      // What is no address makes no store.
      assertAddress(url, null);
      return withWebhooks(loadConfig(settings), withNewStore, async (webhooks, store) => {
        const made = await webhooks.add({
          url,
          allowPrivate,
          ...(name !== undefined && { name }),
          ...(types !== undefined && { types }),
          ...(filter !== undefined && { filter }),
          ...(rooms !== undefined && { rooms: await keysOf(store.rooms, rooms) }),
          ...(maxEvents !== undefined && { maxEvents }),
        });
        say(told`hook ${made.id} (${plain(made.name)}) is made; keep its secret, it is not shown again:`);
        await print(made.secret);
      });
    });
  const about = (command: string, description: string) =>
    hook.command(command).description(description).argument("<id>", "of the hook, as `dylive hook list` shows it").addOption(data());
  hook
    .command("list")
    .description("all hooks, and how they are doing")
    .addOption(data())
    .action((settings: Partial<Config>) =>
      withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
        const views = await webhooks.list();
        if (views.length === 0) say(told`there is no hook; dylive hook add URL`);
        for (const view of views) await print(lineOf(view));
      }),
    );
  about("show", "a hook, the rooms it is behind in, and its last requests").action((id: string, settings: Partial<Config>) =>
    withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
      for (const line of linesOf(await webhooks.view(id), await webhooks.tries(id, TRIES_SHOWN))) await print(line);
    }),
  );
  const act = (command: string, description: string, work: (webhooks: WebhookService, id: string) => Promise<unknown>, done: Told) =>
    about(command, description).action((id: string, settings: Partial<Config>) =>
      withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
        await work(webhooks, id);
        say(told`hook ${id} ${done}`);
      }),
    );
  act(
    "pause",
    "send nothing until it is resumed",
    (webhooks, id) => webhooks.pause(id),
    told`is paused; what comes meanwhile is sent later`,
  );
  act("resume", "go on where it was, at once", (webhooks, id) => webhooks.resume(id), told`goes on where it was`);
  act("remove", "send nothing any more, and forget it", (webhooks, id) => webhooks.remove(id), told`is removed`);
  about("replay", "send a room's events again, from a seq on")
    .requiredOption("--room <room>", "its number, id or any other name")
    .requiredOption("--seq <n>", "the first that is sent; 1 is the oldest", whole)
    .action((id: string, { room, seq, ...settings }: Partial<Config> & { room: string; seq: number }) =>
      withWebhooks(loadConfig(settings), withStore, async (webhooks, store) => {
        const [key = 0] = await keysOf(store.rooms, [room]);
        const { paused } = await webhooks.replay(id, key, seq);
        say(told`hook ${id} is sent room ${key} from ${seq} on${paused === null ? "" : told`, once it is resumed`}`);
      }),
    );
  about("rotate", "make a new secret; the old one signs too for a day").action((id: string, settings: Partial<Config>) =>
    withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
      const { secret } = await webhooks.rotate(id);
      say(told`hook ${id} has a new secret; keep it, it is not shown again:`);
      await print(secret);
    }),
  );
  about("test", "send an empty message and say what came of it").action((id: string, settings: Partial<Config>) =>
    withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
      const outcome = await webhooks.test(id, interruptSignal());
      await print(tryLine(outcome));
      if (!outcome.delivered) exitWith(1);
    }),
  );
}

const STATE_WORDS: Readonly<Record<HookState, string>> = { active: "active", failing: "failing", paused: "paused" };
const PAUSE_WORDS: Readonly<Record<(typeof HOOK_PAUSES)[number], string>> = {
  asked: "asked",
  gone: "gone: it answered 410",
  failing: "failing",
};

/** Returns one hook on one line; its name, which may hold spaces, comes last. */
function lineOf({ row, backlog }: HookView): Told {
  const state = row.paused === null ? toldOf(STATE_WORDS[hookState(row)]) : told`paused (${toldOf(PAUSE_WORDS[row.paused.reason])})`;
  return toldAll([row.id, state, told`backlog ${backlog}`, shownAddress(row), row.name], "  ");
}

function linesOf(view: HookView, tries: readonly HookTry[]): readonly Told[] {
  const { row, rooms } = view;
  const lines = [
    lineOf(view),
    told`types ${row.types.join(",") || told`all but unknown, rank and stats`}`,
    told`rooms ${row.rooms.join(",") || told`all`}`,
    ...(row.filter === null ? [] : [told`filter ${row.filter}`]),
    ...(row.allowPrivate ? [told`may reach private addresses`] : []),
    ...(row.paused === null ? [] : [told`paused since ${moment(row.paused.at)}: ${toldOf(PAUSE_WORDS[row.paused.reason])}`]),
    ...(row.failing === null ? [] : [told`failing since ${moment(row.failing.since)}`]),
    ...(row.last?.error == null ? [] : [told`last error ${recorded(row.last.error)}`]),
    told`last delivered ${row.deliveredAt === null ? told`never` : moment(row.deliveredAt)}`,
    ...rooms.slice(0, ROOMS_SHOWN).map(({ room, seq, head, backlog, waiting }) => {
      const tried = waiting === null ? "" : told`; ${waiting.from}-${waiting.to} was tried ${waiting.tries} times`;
      return told`room ${room}  at ${seq} of ${head}, backlog ${backlog}${tried}`;
    }),
    ...(rooms.length > ROOMS_SHOWN ? [told`and ${rooms.length - ROOMS_SHOWN} more rooms`] : []),
    ...tries.map(tryLine),
  ];
  return lines;
}

/** Returns one try on a line. */
export function tryLine({ at, ms, room, from, to, events, attempt, delivered, status, error }: HookTry): Told {
  const what = attempt === 0 ? told`test` : told`room ${room} ${from}-${to} (${events} events), try ${attempt}`;
  const answer = status === null ? told`delivered` : told`delivered, HTTP ${status}`;
  const wrong = error === null ? null : recorded(error);
  const outcome = delivered ? toldAll(wrong === null ? [answer] : [answer, wrong], ": ") : (wrong ?? told`failed`);
  return told`${moment(at)}  ${what}: ${outcome}, ${ms} ms`;
}

/** Returns the rooms of names, each once. */
export async function keysOf(rooms: Rooms, asked: readonly string[]): Promise<readonly RoomKey[]> {
  const keys = new Set<RoomKey>();
  for (const name of asked) keys.add((await pastedRoom(rooms, name)).room);
  return [...keys];
}

/** Opens the webhook service beside a server that may be running and that delivers. */
export function withWebhooks(
  config: Config,
  open: typeof withStore,
  work: (webhooks: WebhookService, store: Store) => Promise<void>,
): Promise<void> {
  return open(config, async (store) => {
    const { webhooks, close } = webhookServiceBeside({ store, clock: systemClock, allow: config.hookAllowPrivate, smtp: config.smtp });
    try {
      await work(webhooks, store);
    } finally {
      await close();
    }
  });
}
