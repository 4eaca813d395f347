import { Argument, type Command, Option } from "commander";
import { print } from "./terminal.js";

/** Each shell asks `dylive complete WORDS…`, of which the last is being typed; where no line comes back, it offers files. */
export const SCRIPTS = {
  bash: `_dylive() {
  local IFS=$'\\n'
  COMPREPLY=($(dylive complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _dylive dylive`,
  zsh: `#compdef dylive
_dylive() {
  local out="$(dylive complete "\${(@)words[2,CURRENT]}" 2>/dev/null | tr '\\t' :)"
  local -a found
  found=("\${(@f)out}")
  if [[ -n "$out" ]]; then _describe dylive found; else _files; fi
}
if [[ "\${funcstack[1]}" == "_dylive" ]]; then _dylive "$@"; else compdef _dylive dylive; fi`,
  fish: `function __dylive
    set -l word (commandline -ct)
    set -l found (dylive complete (commandline -opc)[2..-1] "$word" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$word"
    end
end
complete -c dylive -f -a '(__dylive)'`,
} as const;

/** Option whose values shells offer, but which the command checks itself: its errors say more than commander's. */
export class WordsOption extends Option {
  readonly words: readonly string[] | { readonly listOf: readonly string[] };

  /** @param words the values; several with commas between in `listOf` */
  constructor(flags: string, description: string, words: WordsOption["words"]) {
    super(flags, description);
    this.words = words;
  }
}

/** Adds `dylive completion`. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes dylive in a shell")
    .addArgument(new Argument("<shell>", "of yours").choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => print(SCRIPTS[shell]));
}

/** Returns what can stand for the last of the words, each with its description after a tab if it has one. */
export function completionsOf(program: Command, words: readonly string[]): readonly string[] {
  // bash splits --name=value into three words.
  const given = words.map((word) => (word === "=" ? "" : word)).filter((word, i) => word !== "" || i === words.length - 1);
  const typed = given.at(-1) ?? "";
  const [, name = given.at(-2) ?? "", value = typed] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
  const command = given.slice(0, -1).reduce((at, word) => at.commands.find((sub) => sub.name() === word) ?? at, program);
  const help = command.createHelp();
  const option = command.options.find(({ long, short }) => long === name || short === name);
  if (option?.required || option?.optional) {
    const start = typed.slice(0, typed.length - value.length);
    const choices = option instanceof WordsOption ? option.words : (option.argChoices ?? []);
    if (!("listOf" in choices)) return starting(value, choices).map((word) => start + word);
    const before = value.slice(0, value.lastIndexOf(",") + 1);
    return starting(value.slice(before.length), choices.listOf).map((word) => start + before + word);
  }
  if (typed.startsWith("-"))
    return starting(
      typed,
      help.visibleOptions(command).map((one) => `${one.long ?? one.flags}\t${help.optionDescription(one)}`),
    );
  const commands = help.visibleCommands(command).map((sub) => `${sub.name()}\t${sub.description()}`);
  return starting(typed, commands.length > 0 ? commands : command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices));
}

function starting(start: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => word.startsWith(start));
}
