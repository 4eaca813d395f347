import { Command, Help, type HelpConfiguration, Option } from "commander";
import { type GivenSettings, loadConfig, misspeltSettings } from "../app/config.js";
import { meantName } from "../events/misspelt.js";
import { inLanguage, type Language, recognised } from "../i18n/words.js";
import { msg } from "../runtime/msg.js";
import { packageVersion } from "../runtime/packages.js";
import type { CommentsFlags } from "./commands/comments.js";
import type { simulate } from "./commands/simulate.js";
import type { WorksFlags } from "./commands/works.js";
import { addCompletionCommand } from "./completion.js";
import { EXAMPLES } from "./examples.js";
import { data, host, type Json, port, repeated, signer, upstream } from "./options.js";
import { columnsOf, say, wrapped } from "./terminal.js";
import { count, numberFrom, whole, wholeFrom } from "./values.js";

/** Columns of the help, also on a wider terminal: longer lines are read badly. */
const WIDTH = 80;

/** The commands as the help lists them, by what they are for. */
const SECTIONS: readonly (readonly [heading: string, names: readonly string[]])[] = [
  ["Begin here:", ["demo", "serve", "doctor", "login"]],
  ["A room, without a server:", ["resolve", "watch", "record"]],
  ["A work, without a server:", ["work", "download", "comments", "works"]],
  ["Files:", ["replay", "import", "decode", "strip"]],
  ["What a server does (also while it runs):", ["room", "account", "author", "token", "hook", "notify", "trigger", "official"]],
  [
    "What is kept (also while a server runs):",
    ["session", "stats", "highlights", "user", "gifts", "search", "export", "sidecar", "tail", "mcp"],
  ],
  ["Care of what is kept:", ["retention", "settings", "erase-user", "redecode", "check", "backup"]],
  ["Many machines:", ["cluster", "migrate", "restored"]],
];
const OTHERS = "Others:";

/** Exit codes of all commands, with what they say; docs/cli.md has the same. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, "done; also when a command that runs until it is stopped was stopped"],
  [1, "it failed, or what was looked at is not as it should be"],
  [2, "the command, a setting or a file was wrong: correct it first"],
  [130, "stopped by Ctrl-C before it was done"],
  [143, "stopped by SIGTERM before it was done"],
];

/** Gives the whole tree of commands its help: sections, examples, lines that fit, all of it in a language. */
function layOut(program: Command, language: Language): void {
  const words = (sentence: string) => inLanguage(language, sentence);
  const order = SECTIONS.flatMap(([, names]) => names);
  const place = (command: Command) => (order.includes(command.name()) ? order.indexOf(command.name()) : order.length);
  const plainHelp = new Help();
  program.commandsGroup(OTHERS);
  for (const command of program.commands) command.helpGroup(SECTIONS.find(([, names]) => names.includes(command.name()))?.[0] ?? OTHERS);
  const layout: HelpConfiguration = {
    helpWidth: WIDTH,
    subcommandTerm,
    displayWidth: columnsOf,
    styleTitle: words,
    optionDescription: (option) => inHelp(plainHelp.optionDescription(option), words),
    argumentDescription: (argument) => inHelp(plainHelp.argumentDescription(argument), words),
    ...(language === "zh" && { boxWrap: wrapped }),
  };
  dress(program, [], layout, language);
  program.configureHelp({
    ...layout,
    visibleCommands: (command) => {
      const visible = plainHelp.visibleCommands(command);
      return command === program ? visible.sort((a, b) => place(a) - place(b)) : visible;
    },
    groupItems: (_unsorted, visible, groupOf) => plainHelp.groupItems(visible, visible, groupOf),
  });
  program.addHelpText(
    "after",
    `\n${words("Exit codes:")}\n${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${words(meaning)}`).join("\n")}`,
  );
}

type Words = (sentence: string) => string;

/** Returns the description of an option or argument, with what commander adds to it. */
function inHelp(description: string, words: Words): string {
  const [, about = "", added = ""] = /^(.*?)(?: (\((?:choices|default): .*\)))?$/s.exec(description) ?? [];
  // That a switch is off unless it is given goes without saying.
  const extra = added === "(default: false)" ? "" : added.replace(/\b(choices|default): /g, (title) => words(title));
  return [words(about), extra].filter((text) => text !== "").join(" ");
}

function dress(command: Command, path: readonly string[], layout: HelpConfiguration, language: Language): void {
  const words = (sentence: string) => inLanguage(language, sentence);
  const name = ["dylive", ...path].join(" ");
  command.showHelpAfterError(inLanguage(language, msg`(see ${name} --help)`));
  // Commands made before this have a copy of the settings; all need the same.
  command.configureHelp(layout);
  command.configureOutput({
    outputError: (text, write) =>
      write(
        withMeant(text)
          .split("\n")
          .map((line) => inLanguage(language, recognised(line)))
          .join("\n"),
      ),
  });
  command.description(words(command.description()));
  command.helpOption("-h, --help", "show this help");
  if (command.commands.length > 0) command.helpCommand("help [command]", words("show the help of a command"));
  // Exit codes: 0 for what was asked for (help, version), 2 for what is wrong.
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const examples = EXAMPLES[path.join(" ")] ?? [];
  if (examples.length > 0)
    command.addHelpText("after", `\n${words(examples.length === 1 ? "Example:" : "Examples:")}\n${linesOf(examples)}`);
  for (const sub of command.commands) dress(sub, [...path, sub.name()], layout, language);
}

/** Returns what commander says of a word that is none of those to choose from, with the one that was probably meant. */
function withMeant(text: string): string {
  return text.replace(/'([^'\n]*)' is invalid\b.*\. Allowed choices are (.*)\.$/gm, (line, given: string, choices: string) => {
    const meant = meantName(given, choices.split(", "));
    return meant === null ? line : `${line}\n(Did you mean ${meant}?)`;
  });
}

function linesOf(examples: readonly string[]): string {
  return examples.map((example) => `  ${example.replaceAll("\n", "\n    ")}`).join("\n");
}

/** Options that give a field by another name. */
const NAMED: Readonly<Record<string, string>> = {
  perMinute: "rate",
  expiresAt: "expires",
  userId: "user",
  "channel.kind": "kind",
  "channel.secret": "secret",
  "channel.to": "to",
  "channel.template": "template",
};

/** Returns the name by which a command is given a field: its option or its argument; the field itself where it has none. */
export function givenAs(command: Command, field: string): string {
  const option = command.options.find((one) => one.attributeName() === (NAMED[field] ?? field));
  if (option !== undefined) return option.long ?? option.flags;
  return command.registeredArguments.some((one) => one.name() === field) ? `<${field}>` : field;
}

/** Returns the name with its arguments; that there are options is true of all. */
function subcommandTerm(command: Command): string {
  const names = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...names].join(" ");
}

/** Reads a speed: up to a day in less than a second, and as fast as it goes where it is 0. */
const speed = numberFrom(0, 100_000);
/** Reads a rate: beyond its bounds, the simulated people would take more time than there is. */
const rate = numberFrom(0.001, 1000);

const worksAccount = () => new Option("--account <name>", "account to read it as (DYLIVE_WORKS_ACCOUNT, guest)");

/**
 * Returns the commands. Each loads what it needs when it runs, and those of the groups below when they are asked for: a short one starts at
 * once.
 * @param asked the command's name if it is known: then the groups that it is not in are left out
 */
export async function programFor(asked: string | null, language: Language = "en"): Promise<Command> {
  const program = new Command("dylive")
    .version(packageVersion(), "-V, --version", "print the version")
    .description("Real-time data of Douyin (抖音) live rooms, on your own machine. Read-only.");
  program.hook("preAction", () => {
    for (const [name, meant] of misspeltSettings()) say(msg`dylive: there is no setting ${name}: it is ignored. Did you mean ${meant}?`);
  });
  addOwnCommands(program);
  const own = GROUPS.find(({ names }) => asked !== null && names.includes(asked));
  // All of them for the help and for an unknown command.
  const needsNone = asked === "--version" || asked === "-V" || program.commands.some((command) => command.name() === asked);
  const wanted = own !== undefined ? [own] : needsNone ? [] : GROUPS;
  for (const { add } of wanted) await add(program);
  layOut(program, language);
  return program;
}

function addOwnCommands(program: Command): void {
  program
    .command("serve")
    .description("run the server")
    .addOption(host())
    .addOption(port())
    .addOption(data())
    .addOption(upstream())
    .addOption(signer())
    .option("--watch <room>", "put a room on the watch list (repeat for more)", repeated, [])
    .action(async ({ watch: watched, ...settings }: GivenSettings & { watch: string[] }) => {
      const { serve } = await import("./commands/serve.js"); // each command loads what it needs, when it runs: a short one starts at once
      await serve(loadConfig(settings), watched);
    });

  program
    .command("demo")
    .description("run the server with simulated rooms, to try everything")
    .addOption(host())
    .addOption(port())
    .addOption(data("folder in which a folder `demo` holds what is kept (DYLIVE_DATA, ./data)"))
    .action(async (settings: GivenSettings) => {
      const { demo } = await import("./commands/demo.js");
      await demo(loadConfig(settings));
    });

  program
    .command("resolve")
    .description("say what a link, an id or a share text names, and if it is live")
    .argument("<text>", "anything that names a room; quote it")
    .option("--json", "the answer as one JSON object", false)
    .addOption(upstream())
    .action(async (text: string, { json, ...settings }: GivenSettings & Json) => {
      const { resolve } = await import("./commands/resolve.js");
      await resolve(loadConfig(settings), text, { json });
    });

  program
    .command("work")
    .description("say what a video, note or live photo is: text, author, figures, files")
    .argument("<link>", "a link, share text or id of a work; quote it")
    .option("--json", "the work as one JSON object", false)
    .addOption(worksAccount())
    .addOption(data())
    .addOption(upstream())
    .action(async (link: string, { json, account, ...settings }: GivenSettings & Json) => {
      const { work } = await import("./commands/work.js");
      await work(loadConfig({ ...settings, worksAccount: account }), link, { json });
    });

  program
    .command("comments")
    .description("show a work's comments with their replies, or write them to a file")
    .argument("<link>", "a link, share text or id of a work; quote it")
    .option("--limit <n>", "stop after so many", count)
    .option("--no-replies", "leave out replies that are shown only after a click")
    .option("-o, --out <file>", "file to write, a JSON object a line; one that exists is continued")
    .option("--json", "one JSON object a line", false)
    .addOption(worksAccount())
    .addOption(data())
    .addOption(upstream())
    .action(async (link: string, { account, data, upstream, limit = null, out = null, ...flags }: GivenSettings & CommentsFlags) => {
      const { comments } = await import("./commands/comments.js");
      await comments(loadConfig({ data, upstream, worksAccount: account }), link, { limit, out, ...flags });
    });

  program
    .command("works")
    .description("list the works of an author or a mix (guests are shown about 20 of an author's)")
    .argument("<link>", "a link or share text of an author or a mix, or a sec_uid; quote it")
    .option("--limit <n>", "stop after so many", count)
    .option("--known <file>", "leave out works that are in it: ids, or what --json wrote")
    .option("--stop-after-known <n>", "with --known, stop after so many in a row; not in a mix", count, 3)
    .option("--json", "JSON lines: the author or mix, each work, the end", false)
    .addOption(worksAccount())
    .addOption(data())
    .addOption(upstream())
    .action(async (link: string, { account, data, upstream, limit = null, known = null, ...flags }: GivenSettings & WorksFlags) => {
      const { works } = await import("./commands/works.js");
      await works(loadConfig({ data, upstream, worksAccount: account }), link, { limit, known, ...flags });
    });

  program
    .command("watch")
    .description("show a room's events as they come; keeps nothing")
    .argument("<room>", "a link, share text, room number or id; quote it")
    .option("--json", "one JSON object a line", false)
    .option("--all", "also stats, ranks and unknown messages", false)
    .addOption(upstream())
    .addOption(signer())
    .action(async (room: string, { json, all, ...settings }: GivenSettings & Json & { all: boolean }) => {
      const { watch } = await import("./commands/watch.js");
      await watch(loadConfig(settings), room, { json, all });
    });

  program
    .command("record")
    .description("write what a room sends to a file, byte for byte")
    .argument("<room>", "a link, share text, room number or id; quote it")
    .option("-o, --out <file>", "file to write; an existing recording is continued (ROOM.dyrec)")
    .addOption(upstream())
    .addOption(signer())
    .action(async (room: string, { out, ...settings }: GivenSettings & { out?: string }) => {
      const { record } = await import("./commands/record.js");
      await record(loadConfig(settings), room, out ?? null);
    });

  program
    .command("replay")
    .description("show a recording's events at their pace; stores nothing")
    .argument("<file>", "a recording, or a HAR of a browser")
    .option("--speed <n>", "times as fast as it was; 0 is as fast as it goes", speed, 1)
    .option("--json", "one JSON object a line", false)
    .option("--all", "also stats, ranks and unknown messages", false)
    .action(async (file: string, options: { speed: number; json: boolean; all: boolean }) => {
      const { replay } = await import("./commands/replay.js");
      await replay(file, options);
    });

  program
    .command("import")
    .description("store recordings, HARs, raw frames or Responses; twice adds nothing")
    .argument("<files...>", "a HAR is exported from Chrome's DevTools, with content")
    .addOption(data())
    .action(async (files: string[], settings: GivenSettings) => {
      const { importFiles } = await import("./commands/import.js");
      await importFiles(loadConfig(settings), files);
    });

  program
    .command("decode")
    .description("LiveEvents of recordings, HARs, frames, Responses or payloads as JSON")
    .argument("<files...>", "a single payload is named after its method (ChatMessage.bin)")
    .action(async (files: string[]) => {
      const { decode } = await import("./commands/decode.js");
      await decode(files);
    });

  program
    .command("simulate")
    .description("run the fake platform alone; its base URL is the last line of stdout")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--port <port>", "port to listen on; 0 takes a free one", wholeFrom(0, 65_535), 0)
    .option("--seed <n>", "what the rooms do", whole, 1)
    .option("--rate <n>", "times as many messages", rate, 1)
    .option("--accept-any-signature", "take any signature of 16 characters", false)
    .option(
      "--mood <viewer=mood>",
      "gifts that an account (its sessionid) is sent, once for each: all, first_gift or none_after:MINUTES",
      repeated,
      [],
    )
    .action(async (options: Parameters<typeof simulate>[0]) => {
      const { simulate } = await import("./commands/simulate.js");
      await simulate(options);
    });
}

/** Commands with options of their own, which are described in their files. */
const GROUPS: readonly { readonly names: readonly string[]; readonly add: (program: Command) => Promise<void> }[] = [
  {
    names: ["doctor"],
    add: async (program) => (await import("./commands/doctor.js")).addDoctorCommand(program),
  },
  { names: ["download"], add: async (program) => (await import("./commands/download.js")).addDownloadCommand(program) },
  { names: ["login"], add: async (program) => (await import("./commands/login.js")).addLoginCommand(program) },
  { names: ["room"], add: async (program) => (await import("./commands/room.js")).addRoomCommands(program) },
  { names: ["account"], add: async (program) => (await import("./commands/account.js")).addAccountCommands(program) },
  { names: ["author"], add: async (program) => (await import("./commands/author.js")).addAuthorCommands(program) },
  { names: ["token"], add: async (program) => (await import("./commands/token.js")).addTokenCommands(program) },
  { names: ["official"], add: async (program) => (await import("./commands/official.js")).addOfficialCommands(program) },
  { names: ["hook"], add: async (program) => (await import("./commands/hook.js")).addHookCommands(program) },
  { names: ["notify"], add: async (program) => (await import("./commands/notify.js")).addNotifyCommands(program) },
  { names: ["trigger"], add: async (program) => (await import("./commands/trigger.js")).addTriggerCommand(program) },
  { names: ["session"], add: async (program) => (await import("./commands/session.js")).addSessionCommands(program) },
  { names: ["stats", "user"], add: async (program) => (await import("./commands/stats.js")).addStatsCommands(program) },
  { names: ["highlights"], add: async (program) => (await import("./commands/highlights.js")).addHighlightsCommand(program) },
  { names: ["gifts"], add: async (program) => (await import("./commands/gifts.js")).addGiftsCommand(program) },
  { names: ["export"], add: async (program) => (await import("./commands/export.js")).addExportCommand(program) },
  { names: ["sidecar"], add: async (program) => (await import("./commands/sidecar.js")).addSidecarCommand(program) },
  { names: ["redecode"], add: async (program) => (await import("./commands/redecode.js")).addRedecodeCommand(program) },
  { names: ["search"], add: async (program) => (await import("./commands/search.js")).addSearchCommand(program) },
  { names: ["backup", "check"], add: async (program) => (await import("./commands/store.js")).addStoreCommands(program) },
  { names: ["erase-user"], add: async (program) => (await import("./commands/erase.js")).addEraseCommand(program) },
  { names: ["retention"], add: async (program) => (await import("./commands/retention.js")).addRetentionCommand(program) },
  { names: ["settings"], add: async (program) => (await import("./commands/settings.js")).addSettingsCommands(program) },
  { names: ["migrate"], add: async (program) => (await import("./commands/migrate.js")).addMigrateCommand(program) },
  { names: ["cluster"], add: async (program) => (await import("./commands/cluster.js")).addClusterCommand(program) },
  { names: ["restored"], add: async (program) => (await import("./commands/restored.js")).addRestoredCommand(program) },
  { names: ["tail"], add: async (program) => (await import("./commands/tail.js")).addTailCommand(program) },
  { names: ["mcp"], add: async (program) => (await import("./commands/mcp.js")).addMcpCommand(program) },
  { names: ["strip"], add: async (program) => (await import("./commands/strip.js")).addStripCommand(program) },
  { names: ["completion"], add: async (program) => addCompletionCommand(program) },
];
