import type { Argument, Option } from "commander";
import { EXAMPLES } from "../../src/cli/examples.js";
import { EXIT_CODES } from "../../src/cli/program.js";
import { inLanguage, type Language } from "../../src/i18n/words.js";
import type { Leaf } from "./tree.js";

/** What stands before the commands, but for the exit codes. */
const INTRODUCTION: Readonly<Record<Language, { readonly before: readonly string[]; readonly after: readonly string[] }>> = {
  en: {
    before: [
      "# The command line",
      "",
      "Every command, its options and its exit codes. This page is written from the commands themselves",
      "(`npx vitest run --project unit test/cli/document.test.ts -u`); `dylive COMMAND --help` says the same in a terminal. [中文](cli.zh.md)",
      "",
      "Results go to stdout, everything that is said beside them to stderr, so that a pipe gets results alone. Settings are read from options, then",
      "from `DYLIVE_…` variables. Commands that work on what is kept ask the server that runs on the data folder, over",
      "its local socket (`server.sock`) and without a token. Where none runs they have the folder themselves as long as they take, one after another.",
      "",
    ],
    after: [
      "",
      "Commands that run until they are stopped (`serve`, `demo`, `watch`, `record`, `simulate`) end with 0 at Ctrl-C or SIGTERM; a second one ends",
      "them at once. A reader that closes the pipe (`dylive watch … | head`) ends a command with 0.",
      "",
      "Help, complaints and the doctor speak Chinese where the locale does (`LC_ALL`, `LC_MESSAGES`, `LANG`, else that of the system);",
      "`DYLIVE_LANG=zh` or `en` chooses. What programs read (`--json`, formats, exit codes) is the same in both.",
      "",
      "`dylive completion bash`, `zsh` or `fish` prints a script that completes commands, options and their values.",
      "",
    ],
  },
  zh: {
    before: [
      "# 命令行",
      "",
      "全部命令、它们的选项和退出码。本页由命令自己写成（`npx vitest run --project unit test/cli/document.test.ts -u`）；在终端里用",
      "`dylive COMMAND --help` 看到的相同。[English](cli.md)",
      "",
      "结果写到 stdout，其他的话写到 stderr，所以管道里只有结果。设置先看选项，再看 `DYLIVE_…` 变量。查看和修改已保存内容的命令，",
      "会通过数据目录里的本地套接字（`server.sock`）去问正在运行的服务，不需要 token；没有服务在运行时，命令自己占用数据目录，一个接一个地执行。",
      "",
    ],
    after: [
      "",
      "一直运行的命令（`serve`、`demo`、`watch`、`record`、`simulate`）收到 Ctrl-C 或 SIGTERM 后以 0 结束；再来一次就立即结束。",
      "读取的一方关闭管道（`dylive watch … | head`），命令以 0 结束。",
      "",
      "语言环境是中文时（`LC_ALL`、`LC_MESSAGES`、`LANG`，否则看系统），帮助、报错和 doctor 说中文；`DYLIVE_LANG=zh` 或 `en` 可以指定。",
      "程序读取的内容（`--json`、格式、退出码）两种语言相同。",
      "",
      "`dylive completion bash`、`zsh` 或 `fish` 打印补全脚本，可以补全命令、选项和选项的值。",
      "",
    ],
  },
};

/** docs/cli.md as it must be, or the Chinese one: written from the commands themselves. */
export function documentOf(all: readonly Leaf[], language: Language = "en"): string {
  const [program, ...rest] = all;
  const list = program?.command.createHelp().visibleCommands(program.command) ?? [];
  const said = (text: string) => inLanguage(language, text);
  const { before, after } = INTRODUCTION[language];
  const lines = [
    ...before,
    language === "zh" ? "| 退出码 | |" : "| exit code | |",
    "|---|---|",
    ...EXIT_CODES.map(([code, meaning]) => `| ${code} | ${said(meaning)} |`),
    ...after,
    language === "zh" ? "| 命令 | |" : "| command | |",
    "|---|---|",
    ...list
      .filter((command) => command.name() !== "help")
      .map((command) => `| [\`${command.name()}\`](#dylive-${command.name()}) | ${cell(said(command.description()))} |`),
  ];
  for (const { path, command } of rest) {
    lines.push("", `${path.includes(" ") ? "###" : "##"} dylive ${path}`, "", sentence(said(command.description()), language));
    const usage = command.registeredArguments.map(nameOf).join(" ");
    if (command.commands.length === 0) lines.push("", `\`dylive ${path}${usage === "" ? "" : ` ${usage}`}\``);
    const rows = [
      ...command.registeredArguments.map((one) => argumentRow(one, language)),
      ...command.options.map((one) => optionRow(one, language)),
    ];
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

function argumentRow(argument: Argument, language: Language): string {
  const about = cell(inLanguage(language, argument.description));
  return `| \`${nameOf(argument)}\` | ${about}${choices(argument.argChoices, language)} |`;
}

function optionRow(option: Option, language: Language): string {
  const { defaultValue } = option as { defaultValue?: unknown };
  const given = defaultValue === undefined || defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  const otherwise = language === "zh" ? `；默认 ${String(defaultValue)}` : `; ${String(defaultValue)} if not given`;
  const about = cell(inLanguage(language, option.description));
  return `| \`${cell(option.flags)}\` | ${about}${choices(option.argChoices, language)}${given ? "" : otherwise} |`;
}

function choices(words: readonly string[] | undefined, language: Language): string {
  const [colon, comma] = language === "zh" ? ["：", "、"] : [": ", ", "];
  return words === undefined ? "" : `${colon}${words.map((word) => `\`${word}\``).join(comma)}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function sentence(text: string, language: Language): string {
  return language === "zh" ? `${text}。` : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
