// Runs `dylive comments` with short pauses.
import { loadConfig } from "../../src/app/config.js";
import { comments } from "../../src/cli/commands/comments.js";
import { hurried } from "./hurried.js";

const { link, ...settings } = JSON.parse(process.argv[2] ?? "");
await comments(loadConfig(settings, {}), link, { limit: null, replies: false, out: null, json: false }, hurried);
