import { type Command, Option } from "commander";
import { type Config, loadConfig } from "../../app/config.js";
import { DyliveError } from "../../runtime/errors.js";
import { told } from "../../runtime/told.js";
import { HOOK_CHANNELS, type HookChannel } from "../../store/sql/hooks.js";
import { type Alarms, alarmSelection, USUAL_ALARMS } from "../../webhooks/alarm-text.js";
import { channelOf, shownAddress } from "../../webhooks/channels.js";
import { WordsOption } from "../completion/node.js";
import { exitWith, interruptSignal } from "../stop.js";
import { plain, print, say } from "../terminal.js";
import { count, names } from "../values.js";
import { withNewStore, withStore } from "../with-store.js";
import { HOOK_TYPES, keysOf, tryLine, withWebhooks } from "./hook.js";

/** Options of `dylive notify add`, beside the settings. */
interface NotifyOptions extends Alarms {
  readonly kind?: HookChannel["kind"];
  readonly secret?: string;
  readonly to?: string;
  readonly text: HookChannel["language"];
  readonly template?: string;
  readonly types?: readonly string[];
  readonly name?: string;
  readonly rooms?: readonly string[];
  readonly allowPrivate: boolean;
}

/** Adds `dylive notify add`, `list` and `test`. What else can be done with a hook, `dylive hook` does. */
export function addNotifyCommands(program: Command, data: () => Option): void {
  const notify = program
    .command("notify")
    .description("alarms on the phone: DingTalk, Feishu, WeCom, Server酱, Bark, ntfy, Telegram, Discord, Slack, e-mail");
  notify
    .command("add")
    .description("tell people from now on; which service it is, the address says")
    .argument("<url>", "address of the robot or the device, as the service gives it; quote it")
    .addOption(
      new Option("--kind <kind>", "service, where the address does not tell: a server of your own, or http").choices([...HOOK_CHANNELS]),
    )
    .option("--secret <secret>", "what DingTalk and Feishu sign with, or a token of ntfy")
    .option("--to <chat>", "id of the chat, for Telegram")
    .addOption(
      new WordsOption("--types <types>", "event types, or room.live, room.ended … (what goes on air, ends or fails)", HOOK_TYPES).argParser(
        names,
      ),
    )
    .option("--gifts <diamonds>", "combos of gifts worth so much, once each", count)
    .option("--words <words>", "chats that hold one of these, separated by commas", names)
    .option("--people <uids>", "these people: what they say and give, and when they come", names)
    .option("--rooms <names>", "only these rooms, separated by commas; all by default", names)
    .addOption(new Option("--text <language>", "language of the text").choices(["zh", "en"]).default("zh"))
    .option("--template <body>", "body for the kind http, with {title}, {text} or {all} in it")
    .option("--name <name>", "what it is for")
    .option("--allow-private", "the address may be private, such as a server at home", false)
    .addOption(data())
    .action((url: string, options: Partial<Config> & NotifyOptions) => {
      const {
        kind,
        secret,
        to,
        text,
        template,
        types = USUAL_ALARMS,
        gifts,
        words,
        people,
        rooms,
        name,
        allowPrivate,
        ...settings
      } = options;
      const config = loadConfig(settings);
      const channel = channelOf({ kind, secret, to, language: text, template }, url);
      return withWebhooks(config, withNewStore, async (webhooks, store) => {
        const { id } = await webhooks.add({
          ...{ url, channel, allowPrivate, name: name ?? channel.kind },
          ...alarmSelection(types, { gifts, words, people }),
          ...(rooms !== undefined && { rooms: await keysOf(store.rooms, rooms) }),
        });
        await print(id);
        if (channel.kind === "email" && config.smtp === null)
          say(told`no mail server is set here: the server needs DYLIVE_SMTP to send them`);
        say(told`alarms go to ${channel.kind} from now on; send a test: dylive notify test ${id}`);
      });
    });
  notify
    .command("list")
    .description("who is told, and of what")
    .addOption(data())
    .action((settings: Partial<Config>) =>
      withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
        const views = (await webhooks.list()).filter(({ row }) => row.channel !== null);
        if (views.length === 0) say(told`nobody is told; dylive notify add URL`);
        for (const { row } of views)
          await print(plain([row.id, row.channel?.kind, shownAddress(row), row.types.join(","), row.filter ?? "", row.name].join("  ")));
      }),
    );
  notify
    .command("test")
    .description("send a message and say what came of it")
    .argument("<id>", "as `dylive notify list` shows it")
    .addOption(data())
    .action((id: string, settings: Partial<Config>) =>
      withWebhooks(loadConfig(settings), withStore, async (webhooks) => {
        if ((await webhooks.get(id)).channel === null)
          throw new DyliveError("bad_request", told`hook ${id} tells a program: dylive hook test ${id}`);
        const outcome = await webhooks.test(id, interruptSignal());
        await print(tryLine(outcome));
        if (!outcome.delivered) exitWith(1);
      }),
    );
}
