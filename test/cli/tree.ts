import type { Command } from "commander";
import { programFor } from "../../src/cli/program.js";

/** A command with the words that name it. */
export interface Leaf {
  readonly path: string;
  readonly command: Command;
}

/** All commands, dylive itself first, each without its work: what is wrong with a command line is thrown. */
export async function commands(): Promise<readonly Leaf[]> {
  return leaves(await programFor(null), []);
}

/** The commands of a program, itself first. */
export function leaves(command: Command, path: readonly string[]): Leaf[] {
  command.exitOverride((error) => {
    throw error;
  });
  command.configureOutput({ writeErr: () => {}, writeOut: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  return [{ path: path.join(" "), command }, ...command.commands.flatMap((sub) => leaves(sub, [...path, sub.name()]))];
}

/** What `--help` prints. */
export function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** The words of a line as a shell hands them on: quotes, `\` at the end of a line, comments, and nothing after a pipe. */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of line.replace(/\\\n/g, " ").matchAll(/"[^"]*"|[^\s"]+/g)) {
    if (word === "#" || word === "|" || word === ">") break;
    words.push(word.replace(/^"|"$/g, ""));
  }
  return words;
}
