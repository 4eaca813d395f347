import { type Argument, type Command, Option } from "commander";

/** Values that a shell may offer: given words, several of them with commas between, files, folders, or nothing that it could know. */
export type Values = readonly string[] | { readonly listOf: readonly string[] } | "files" | "folders" | "unknown";

/** Option that takes words which shells offer and which the command itself judges: it has more to say of another one than commander. */
export class WordsOption extends Option {
  readonly words: Values;

  /** @param words those that it takes; several with commas between where they are a `listOf` */
  constructor(flags: string, description: string, words: readonly string[] | { readonly listOf: readonly string[] }) {
    super(flags, description);
    this.words = words;
  }
}

/** An option as shells complete it. */
interface Flag {
  /** `--out` and `-o` */
  readonly names: readonly string[];
  /** Null when it takes no value. */
  readonly values: Values | null;
  readonly about: string;
}

/** A command as shells complete it. */
export interface Node {
  /** `room add`; empty is dylive itself. */
  readonly path: string;
  readonly about: string;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly Flag[];
  /** Values of its arguments, all together: where several stand, shells offer the same. */
  readonly values: Values;
}

/** Returns the whole tree, each command once, dylive itself first. */
export function nodesOf(program: Command): readonly Node[] {
  return nodes(program, []);
}

function nodes(command: Command, path: readonly string[]): readonly Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const node: Node = {
    path: path.join(" "),
    about: command.description(),
    commands: commands.map((sub) => ({ name: sub.name(), about: sub.description() })),
    flags: help.visibleOptions(command).map(flagOf),
    values: valuesOfAll(command.registeredArguments),
  };
  return [node, ...command.commands.flatMap((sub) => nodes(sub, [...path, sub.name()]))];
}

function flagOf(option: Option): Flag {
  const names = [option.long, option.short].filter((name) => name !== undefined && name !== null);
  const words = option instanceof WordsOption ? option.words : valuesOf(option.argChoices, option.flags);
  const taken = option.required || option.optional ? words : null;
  return { names, values: taken, about: option.description };
}

function valuesOfAll(list: readonly Argument[]): Values {
  const [first] = list.map((argument) => valuesOf(argument.argChoices, `<${argument.name()}>`)).filter((values) => values !== "unknown");
  return first ?? "unknown";
}

/** Returns the values of a placeholder, which tells what they are: `<file>`, `<files>`, `<dir>` and `<folder>` are what they say everywhere. */
function valuesOf(choices: readonly string[] | undefined, placeholder: string): Values {
  if (choices !== undefined) return choices;
  if (/<files?>/.test(placeholder)) return "files";
  return /<(dir|folder)>/.test(placeholder) ? "folders" : "unknown";
}
