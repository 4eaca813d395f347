// Guards: the issue templates ask for a recording without people, by commands that there are.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commands, wordsOf } from "../cli/tree.js";

const FOLDER = new URL("../../.github/ISSUE_TEMPLATE/", import.meta.url);
const templates = readdirSync(FOLDER).filter((name) => name !== "config.yml");

interface Template {
  readonly name: string;
  readonly description: string;
  readonly body: readonly { readonly type: string; readonly id?: string; readonly attributes: Readonly<Record<string, string>> }[];
}

describe("the issue templates", () => {
  it.each(templates)("%s asks for a recording without people, by commands that there are", async (name) => {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    const { body } = parse(text) as Template;
    expect(body.map(({ id }) => id)).toContain("recording");
    for (const { type, attributes } of body) {
      expect(["markdown", "textarea", "input"]).toContain(type);
      expect(attributes[type === "markdown" ? "value" : "label"]).not.toBe("");
    }
    const lines = [...text.matchAll(/`(dylive [^`]+)`/g)].map(([, line = ""]) => line);
    expect(lines.some((line) => line.startsWith("dylive record "))).toBe(true);
    expect(lines.some((line) => line.startsWith("dylive strip "))).toBe(true);
    for (const line of lines.filter((one) => !/^dylive (--version|decode)$/.test(one))) {
      const program = (await commands())[0]?.command;
      await program?.parseAsync([...wordsOf(line)].slice(1), { from: "user" });
    }
  });
});
