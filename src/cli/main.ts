#!/usr/bin/env node
import { languageOf } from "../app/config.js";
import { DyliveError, FieldError } from "../runtime/errors.js";
import { missingPackage } from "../runtime/packages.js";
import { told, toldOf } from "../runtime/told.js";
import { givenAs, programFor } from "./program.js";
import { exitWith, isStopped } from "./stop.js";
import { say } from "./terminal.js";

// Whoever reads our output may stop reading (`dylive watch … | head`): then there is nobody left to tell anything.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

// The completion of a shell is written from all commands.
const [asked = ""] = process.argv.slice(2);
const language = languageOf();
let command: Parameters<typeof givenAs>[0] | null = null;
try {
  const program = await programFor(asked === "completion" ? null : asked, language);
  command = program;
  program.hook("preAction", (_program, action) => {
    command = action;
  });
  await program.parseAsync();
} catch (thrown) {
  const error =
    thrown instanceof FieldError && command !== null ? thrown.as(givenAs(command, thrown.field)) : (missingPackage(thrown) ?? thrown);
  if (error instanceof DyliveError) {
    const { message, hint } = error.row;
    say(told`dylive: ${toldOf(message)}: ${error.said}. ${toldOf(hint)}`);
    exitWith(error.row.fault === "caller" ? 2 : 1);
  } else if (!isStopped()) throw error; // what a stopped command breaks off with says nothing
}
