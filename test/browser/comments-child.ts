// Runs `dylive comments` for somebody in a hurry, who may die in the middle. As it was built: reading the sources takes longer than the run.
import { existsSync, readFileSync } from "node:fs";
import type { Clock } from "../../src/runtime/clock.js";
import { hurried } from "./hurried.js";

const built = (path: string) => import(new URL(`../../dist/src/${path}`, import.meta.url).href);
const { loadConfig } = (await built("app/config.js")) as typeof import("../../src/app/config.js");
const { comments } = (await built("cli/commands/comments.js")) as typeof import("../../src/cli/commands/comments.js");

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
