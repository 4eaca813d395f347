#!/usr/bin/env node
import { languageOf } from "../app/config.js";
import { DyliveError, FieldError } from "../runtime/errors.js";
import { fileFailure } from "../runtime/file-failure.js";
import { msg, msgOf } from "../runtime/msg.js";
import { missingPackage } from "../runtime/packages.js";
import { completionsOf } from "./completion.js";
import { givenAs, programFor } from "./program.js";
import { exitWith, isStopped } from "./stop.js";
import { print, say } from "./terminal.js";

// EPIPE: the reader of the output has ended (`dylive watch … | head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const failure = fileFailure(error, msg`the output cannot be written`);
  if (!(failure instanceof DyliveError)) throw error;
  fail(failure);
  process.exit();
});

const [asked = "", ...words] = process.argv.slice(2);
const language = languageOf();
let command: Parameters<typeof givenAs>[0] | null = null;
try {
  if (asked === "complete") {
    const program = await programFor(words.length > 1 ? (words[0] ?? null) : null, language);
    const lines = completionsOf(program, words);
    if (lines.length > 0) await print(lines.join("\n"));
  } else {
    const program = await programFor(asked, language);
    command = program;
    program.hook("preAction", (_program, action) => {
      command = action;
    });
    await program.parseAsync();
  }
} catch (thrown) {
  const error =
    thrown instanceof FieldError && command !== null ? thrown.as(givenAs(command, thrown.field)) : (missingPackage(thrown) ?? thrown);
  if (error instanceof DyliveError) fail(error);
  else if (!isStopped()) throw error; // what a stopped command breaks off with says nothing
}

/** Says why the command failed, and has the process end with the code for it. */
function fail({ row: { message, hint, fault }, said }: DyliveError): void {
  say(msg`dylive: ${msgOf(message)}: ${said}. ${msgOf(hint)}`);
  exitWith(fault === "caller" ? 2 : 1);
}
