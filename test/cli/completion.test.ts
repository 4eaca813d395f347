// Guards: Shells are offered every command, option and known value.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { completionsOf, SCRIPTS } from "../../src/cli/completion.js";
import { EXPORT_FORMAT_NAMES } from "../../src/exports/format.js";
import { SCOPES } from "../../src/store/sql/tokens.js";
import { commands } from "./tree.js";

const all = await commands();
const program = all[0]?.command ?? expect.fail();

/** The words without their descriptions. */
function offered(...words: string[]): readonly string[] {
  return completionsOf(program, words).map((line) => line.split("\t")[0] ?? "");
}

describe("completions", () => {
  it("are every command and every option", () => {
    for (const { path, command } of all) {
      const words = path.split(" ").filter((word) => word !== "");
      const subs = command.commands.map((sub) => sub.name());
      if (subs.length > 0) expect(offered(...words, "")).toEqual(expect.arrayContaining(subs));
      const options = command.options.map(({ long }) => long);
      expect(offered(...words, "--"), path).toEqual(expect.arrayContaining([...options, "--help"]));
    }
  });

  it("begin as what was typed, and are the values of an option", () => {
    expect(completionsOf(program, ["comp"])).toEqual(["completion\tprint a script that completes dylive in a shell"]);
    expect(offered("room", "re")).toEqual(["resume", "remove"]);
    expect(offered("export", "100000002", "--format", "")).toEqual([...EXPORT_FORMAT_NAMES]);
    expect(offered("export", "--format=cs")).toEqual(["--format=csv"]);
    expect(offered("export", "--format", "=", "cs")).toEqual(["csv"]);
    expect(offered("export", "--format", "=")).toEqual([...EXPORT_FORMAT_NAMES]);
    expect(offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(offered("serve", "--port", "")).toEqual([]);
  });

  it("are the words of options that check them themselves, one after the other in a list", () => {
    expect(offered("token", "create", "--scope", "")).toEqual([...SCOPES]);
    expect(offered("search", "--types", "chat,gi")).toEqual(["chat,gift"]);
  });
});

it("come from the program in bash", () => {
  const shell = `dylive() { [[ "$1 $2 $3" == "complete room re" ]] && printf 'resume\\tgo on\\nremove\\tend it\\n'; }
${SCRIPTS.bash}
COMP_WORDS=(dylive room re); COMP_CWORD=2; _dylive; printf '%s\n' "\${COMPREPLY[@]}"; complete -p dylive`;
  const lines = execFileSync("bash", ["--norc", "-c", shell], { encoding: "utf8" }).trim().split("\n");
  expect(lines).toEqual(["resume", "remove", "complete -o default -F _dylive dylive"]);
});
