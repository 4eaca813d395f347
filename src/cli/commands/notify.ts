import { type Command, Option } from "commander";
import { type GivenSettings, loadConfig } from "../../app/config.js";
import type { ShownHook } from "../../http/v1/hook-routes.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { HOOK_CHANNELS, type HookChannel } from "../../store/sql/hooks.js";
import { type Alarms, alarmSelection, USUAL_ALARMS } from "../../webhooks/alarm-text.js";
import { channelOf } from "../../webhooks/channels.js";
import { path, withApi } from "../api.js";
import { WordsOption } from "../completion.js";
import { asksApi, data } from "../options.js";
import { pastedName } from "../pasted-room.js";
import { plain, print, say } from "../terminal.js";
import { count, names } from "../values.js";
import { HOOK_TYPES, type HookList, type NewHookAnswer, testHook } from "./hook.js";

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
export function addNotifyCommands(program: Command): void {
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
    .action((url: string, options: GivenSettings & NotifyOptions) => {
      const { kind, secret, to, text: language, template, types = USUAL_ALARMS, rooms, name, allowPrivate, ...rest } = options;
      const config = loadConfig({ data: options.data });
      const given = { kind, secret, to, language, template };
      const channel = channelOf(given, url);
      const wanted = {
        ...{ url, channel: given, allowPrivate, name: name ?? channel.kind },
        ...{ ...alarmSelection(types, rest), rooms: rooms?.map(pastedName) },
      };
      return withApi(
        config,
        async (api) => {
          const { id } = (await api.post<NewHookAnswer>("/hooks", wanted)).about;
          await print(id);
          if (channel.kind === "email" && config.smtp === null)
            say(msg`no mail server is set here: the server needs DYLIVE_SMTP to send them`);
          say(msg`alarms go to ${channel.kind} from now on; send a test: dylive notify test ${id}`);
        },
        { makes: true },
      );
    });
  asksApi(notify.command("list").description("the alarms, and what each is about"), async (api) => {
    const hooks = (await api.get<HookList>("/hooks")).hooks.filter(({ channel }) => channel !== null);
    if (hooks.length === 0) say(msg`none yet: ${"dylive notify add URL"}`);
    for (const { id, channel, url, types, filter, name } of hooks)
      await print(plain([id, channel?.kind, url, types.join(","), filter ?? "", name].join("  ")));
  });
  const test = notify
    .command("test")
    .description("send a message and say what came of it")
    .argument("<id>", "as `dylive notify list` shows it");
  asksApi(test, async (api, id: string) => {
    if ((await api.get<ShownHook>(path`/hooks/${id}`)).channel === null)
      throw new DyliveError("bad_request", msg`hook ${id} tells a program: dylive hook test ${id}`);
    await testHook(api, id);
  });
}
