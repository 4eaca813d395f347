import { type Command, Help } from "commander";
import { EXAMPLES } from "./examples.js";
import { columnsOf } from "./terminal.js";

/** Columns of the help, also on a wider terminal: longer lines are read badly. */
const WIDTH = 80;

/** The commands as the help lists them, by what they are for. */
const SECTIONS: readonly (readonly [heading: string, names: readonly string[]])[] = [
  ["Begin here:", ["demo", "serve", "doctor", "login"]],
  ["A room, without a server:", ["resolve", "watch", "record"]],
  ["Files:", ["replay", "import", "decode", "strip"]],
  ["What a server does (also while it runs):", ["room", "token", "hook", "official"]],
  ["What is kept (also while a server runs):", ["session", "stats", "gifts", "user", "search", "export"]],
  ["Care of what is kept:", ["retention", "erase-user", "redecode", "check", "backup"]],
  ["Many machines:", ["cluster", "migrate", "restored"]],
];
const OTHERS = "Others:";

/** What the exit code of any command says; docs/cli.md has the same. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, "done; also when a command that runs until it is stopped was stopped"],
  [1, "it failed, or what was looked at is not as it should be"],
  [2, "the command, a setting or a file was wrong: correct it first"],
  [130, "stopped by Ctrl-C before it was done"],
  [143, "stopped by SIGTERM before it was done"],
];

/** Gives the whole tree of commands its help: sections, examples, lines that fit. */
export function layOut(program: Command): void {
  const order = SECTIONS.flatMap(([, names]) => names);
  const place = (command: Command) => (order.includes(command.name()) ? order.indexOf(command.name()) : order.length);
  const plainHelp = new Help();
  program.commandsGroup(OTHERS);
  for (const command of program.commands) command.helpGroup(SECTIONS.find(([, names]) => names.includes(command.name()))?.[0] ?? OTHERS);
  dress(program, []);
  program.configureHelp({
    helpWidth: WIDTH,
    visibleCommands: (command) => {
      const visible = plainHelp.visibleCommands(command);
      return command === program ? visible.sort((a, b) => place(a) - place(b)) : visible;
    },
    groupItems: (_unsorted, visible, groupOf) => plainHelp.groupItems(visible, visible, groupOf),
    subcommandTerm,
    displayWidth: columnsOf,
  });
  program.addHelpText(
    "after",
    `\nExit codes:\n${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`).join("\n")}`,
  );
}

function dress(command: Command, path: readonly string[]): void {
  const name = ["dylive", ...path].join(" ");
  command.showHelpAfterError(`(see ${name} --help)`);
  // Commands made before this have a copy of the settings; all need the same.
  command.configureHelp({ helpWidth: WIDTH, subcommandTerm, displayWidth: columnsOf });
  command.helpOption("-h, --help", "show this help");
  if (command.commands.length > 0) command.helpCommand("help [command]", "show the help of a command");
  // Exit codes: 0 for what was asked for (help, version), 2 for what is wrong.
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const examples = EXAMPLES[path.join(" ")] ?? [];
  if (examples.length > 0) command.addHelpText("after", `\n${examples.length === 1 ? "Example" : "Examples"}:\n${linesOf(examples)}`);
  for (const sub of command.commands) dress(sub, [...path, sub.name()]);
}

function linesOf(examples: readonly string[]): string {
  return examples.map((example) => `  ${example.replaceAll("\n", "\n    ")}`).join("\n");
}

/** The name with its arguments; that there are options is true of all. */
function subcommandTerm(command: Command): string {
  const names = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...names].join(" ");
}
