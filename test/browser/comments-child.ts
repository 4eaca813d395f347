// Runs `dylive comments` for somebody in a hurry, who may die in the middle.
import { existsSync, readFileSync } from "node:fs";
import { loadConfig } from "../../src/app/config.js";
import { comments } from "../../src/cli/commands/comments.js";
import type { Clock } from "../../src/runtime/clock.js";
import { hurried } from "./hurried.js";

const { link, limit, replies, out, json, dieAfter, ...settings } = JSON.parse(process.argv[2] ?? "");

/** Each pause of the reader is an occasion. */
const mortal: Clock = {
  ...hurried,
  sleep: (ms, signal) => {
    if (dieAfter !== undefined && existsSync(out) && readFileSync(out, "utf8").split("\n").length > dieAfter)
      process.kill(process.pid, "SIGKILL");
    return hurried.sleep(ms, signal);
  },
};

await comments(loadConfig(settings, {}), link, { limit, replies, out, json }, mortal);
