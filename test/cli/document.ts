import type { Argument, Option } from "commander";
import { EXAMPLES } from "../../src/cli/examples.js";
import { EXIT_CODES } from "../../src/cli/program.js";
import type { Leaf } from "./tree.js";

/** docs/cli.md as it must be: written from the commands themselves. */
export function documentOf(all: readonly Leaf[]): string {
  const [program, ...rest] = all;
  const list = program?.command.createHelp().visibleCommands(program.command) ?? [];
  const lines = [
    "# The command line",
    "",
    "Every command, its options and its exit codes. This page is written from the commands themselves",
    "(`npx vitest run --project unit test/cli/document.test.ts -u`); `dylive COMMAND --help` says the same in a terminal.",
    "",
    "Results go to stdout, everything that is said beside them to stderr, so that a pipe gets results alone. Settings are read from options, then",
    "from `DYLIVE_…` variables. Commands that work on what is kept open the same data folder beside a running server, which follows within seconds.",
    "",
    "| exit code | |",
    "|---|---|",
    ...EXIT_CODES.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    "Commands that run until they are stopped (`serve`, `demo`, `watch`, `record`, `simulate`) end with 0 at Ctrl-C or SIGTERM; a second one ends",
    "them at once. A reader that closes the pipe (`dylive watch … | head`) ends a command with 0.",
    "",
    "Help, complaints and the doctor speak Chinese where the locale does (`LC_ALL`, `LC_MESSAGES`, `LANG`, else that of the system);",
    "`DYLIVE_LANG=zh` or `en` chooses. What programs read (`--json`, formats, exit codes) is the same in both.",
    "",
    "`dylive completion bash`, `zsh` or `fish` prints a script that completes commands, options and their values.",
    "",
    "| command | |",
    "|---|---|",
    ...list
      .filter((command) => command.name() !== "help")
      .map((command) => `| [\`${command.name()}\`](#dylive-${command.name()}) | ${cell(command.description())} |`),
  ];
  for (const { path, command } of rest) {
    lines.push("", `${path.includes(" ") ? "###" : "##"} dylive ${path}`, "", `${sentence(command.description())}`);
    const usage = command.registeredArguments.map(nameOf).join(" ");
    if (command.commands.length === 0) lines.push("", `\`dylive ${path}${usage === "" ? "" : ` ${usage}`}\``);
    const rows = [...command.registeredArguments.map(argumentRow), ...command.options.map(optionRow)];
    if (rows.length > 0) lines.push("", "| | |", "|---|---|", ...rows);
    if (command.commands.length === 0)
      lines.push("", ...(EXAMPLES[path] ?? []).map((example) => `- \`${example.replaceAll("\\\n", "")}\``));
  }
  return `${lines.join("\n")}\n`;
}

function nameOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentRow(argument: Argument): string {
  return `| \`${nameOf(argument)}\` | ${cell(argument.description)}${choices(argument.argChoices)} |`;
}

function optionRow(option: Option): string {
  const { defaultValue } = option as { defaultValue?: unknown };
  const given = defaultValue === undefined || defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return `| \`${cell(option.flags)}\` | ${cell(option.description)}${choices(option.argChoices)}${given ? "" : `; ${String(defaultValue)} if not given`} |`;
}

function choices(words: readonly string[] | undefined): string {
  return words === undefined ? "" : `: ${words.map((word) => `\`${word}\``).join(", ")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
