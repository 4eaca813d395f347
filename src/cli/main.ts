#!/usr/bin/env node
import { DyliveError } from "../runtime/errors.js";
import { programFor } from "./program.js";
import { exitWith, isStopped } from "./stop.js";
import { plain, say } from "./terminal.js";

// Whoever reads our output may stop reading (`dylive watch … | head`): then there is nobody left to tell anything.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

// The completion of a shell is written from all commands.
const [asked = ""] = process.argv.slice(2);
const program = await programFor(asked === "completion" ? null : asked);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof DyliveError) {
    say(plain(`dylive: ${error.message}. ${error.row.hint}`));
    exitWith(error.row.fault === "caller" ? 2 : 1);
  } else if (!isStopped()) throw error; // what a stopped command breaks off with says nothing
}
