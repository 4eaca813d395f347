// Guards: Every command has help of 80 columns and examples that its parser takes, and a refusal names the option as it was given.
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "../../src/cli/examples.js";
import { EXIT_CODES, givenAs } from "../../src/cli/program.js";
import { FieldError } from "../../src/runtime/errors.js";
import { commands, helpOf, wordsOf } from "./tree.js";

const all = await commands();
const program = all[0]?.command;

/** Chinese letters and full-width signs take two columns. */
const columns = (line: string) => line.length + (line.match(/[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/gu)?.length ?? 0);

describe("the help", () => {
  it.each(all)("of `$path` fits 80 columns, and says what everything is", ({ path, command }) => {
    const text = helpOf(command);
    expect(text.split("\n").filter((line) => columns(line) > 80)).toEqual([]);
    expect(text).toMatch(new RegExp(`^Usage: dylive ${path}`));
    expect(text).toMatch(/\nExamples?:\n {2}\S/);
    expect(command.description()).not.toBe("");
    const undescribed = [...command.options, ...command.registeredArguments].filter(({ description }) => description === "");
    expect(undescribed.map((one) => one.name())).toEqual([]);
  });

  it("lists every command under what it is for, those to begin with first", () => {
    const text = helpOf(program ?? expect.fail());
    expect([...text.matchAll(/^(\S.*):$/gm)].slice(0, 3).map(([, heading]) => heading)).toEqual([
      "Options",
      "Begin here",
      "A room, without a server",
    ]);
    for (const { name } of (program?.commands ?? []).map((command) => ({ name: command.name() })))
      expect(text).toMatch(new RegExp(`^ {2}${name}( |$)`, "m"));
    const others = /\nOthers:\n([\s\S]*?)\n\n/.exec(text)?.[1] ?? "";
    expect([...others.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name)).toEqual(["simulate", "completion", "help"]);
    for (const [code, meaning] of EXIT_CODES) expect(text).toContain(`  ${String(code).padEnd(4)} ${meaning}\n`);
  });
});

describe("a refusal of a field", () => {
  it.each([
    ["export", "types", "--types"],
    ["hook add", "url", "<url>"],
    ["hook add", "maxEvents", "--max-events"],
    ["token create", "perMinute", "--rate"],
    ["token create", "expiresAt", "--expires"],
    ["export", "after", "after"],
  ])("of %s names %s as %s", (path, field, name) => {
    const { command } = all.find((one) => one.path === path) ?? expect.fail();
    const error = new FieldError(field, "a text");
    expect([error.detail, error.as(givenAs(command, field)).detail]).toEqual([`${field}: a text`, `${name}: a text`]);
  });
});

describe("the examples", () => {
  it("are of commands that there are, and every command has some", () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(all.map(({ path }) => path).sort());
  });

  it.each(Object.entries(EXAMPLES).flatMap(([path, lines]) => lines.map((line) => ({ path, line }))))("$line", async ({ path, line }) => {
    const text = /\$\((dylive [^)]*)\)/.exec(line)?.[1] ?? line;
    const [first, ...words] = wordsOf(text);
    expect(first).toBe("dylive");
    if (path !== "") expect(words.join(" ")).toContain(path.split(" ")[0]);
    const fresh = (await commands())[0]?.command ?? expect.fail();
    await fresh.parseAsync([...words], { from: "user" });
  });
});
