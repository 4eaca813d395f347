import { Argument, type Command } from "commander";
import { bashScript } from "../completion/bash.js";
import { fishScript } from "../completion/fish.js";
import { nodesOf } from "../completion/node.js";
import { zshScript } from "../completion/zsh.js";
import { print } from "../terminal.js";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Adds `dylive completion`: a script for a shell, written from the tree of all commands. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes dylive in a shell")
    .addArgument(new Argument("<shell>", "of yours").choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => print(SCRIPTS[shell](nodesOf(program))));
}
