// Guards: each example runs and does what it says, and no text of a stranger steers its terminal.
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientTests } from "./clients.js";
import { recordTests } from "./record.js";
import { example, openStage, type Stage } from "./stage.js";
import { webhookTests } from "./webhook.js";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe.concurrent("the examples run:", () => {
  clientTests(() => stage);
  webhookTests(() => stage);
  recordTests(() => stage);
});

const files = readdirSync(example("")).filter((name) => !["README.md", "tsconfig.json"].includes(name));
/** Where they are run: the page is served by the program beside it, and other languages than JavaScript are for `npm run test:long`. */
const tests = [
  "clients.ts",
  "webhook.ts",
  "record.ts",
  "php.ts",
  "python.ts",
  "../browser/example.test.ts",
  "../http/compatible/comments.test.ts",
  "../package/installed.test.ts",
].map((name) => readFileSync(new URL(name, import.meta.url), "utf8"));

describe("the examples", () => {
  it.each(files)("%s is under 40 lines, is told of in the README, and is run by a test", (name) => {
    expect(readFileSync(example(name), "utf8").trimEnd().split("\n").length).toBeLessThan(40);
    expect(readFileSync(example("README.md"), "utf8")).toContain(`(${name})`);
    expect(tests.some((text) => text.includes(name.replace(/\.html$/, ".mjs")))).toBe(true);
  });
});
