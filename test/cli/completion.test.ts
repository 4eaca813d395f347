// Guards: The shells' completions know every command, option and value, and quote what a shell would read otherwise.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { bashScript } from "../../src/cli/completion/bash.js";
import { fishScript } from "../../src/cli/completion/fish.js";
import { nodesOf } from "../../src/cli/completion/node.js";
import { zshScript } from "../../src/cli/completion/zsh.js";
import { EXPORT_FORMAT_NAMES } from "../../src/exports/format.js";
import { SCOPES } from "../../src/store/sql/tokens.js";
import { useFolders } from "../store/directory.js";
import { commands } from "./tree.js";

const folders = useFolders();
const all = await commands();
const nodes = nodesOf(all[0]?.command ?? expect.fail());
let folder: string;
beforeAll(() => {
  folder = folders();
  writeFileSync(join(folder, "completion.bash"), bashScript(nodes));
  writeFileSync(join(folder, "to night.dyrec"), "");
  mkdirSync(join(folder, "to keep"));
});

/** What bash offers for the last of these words. */
function offered(...words: string[]): readonly string[] {
  const script = `source ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dylive; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["--norc", "-c", script, "bash", ...words], { cwd: folder, encoding: "utf8" });
  return text.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  it("knows every command and every option", { tags: ["full"], timeout: 60_000 }, () => {
    for (const { path, command } of all) {
      const words = ["dylive", ...path.split(" ").filter((word) => word !== "")];
      const subs = command.commands.map((sub) => sub.name());
      if (subs.length > 0) expect(offered(...words, "")).toEqual(expect.arrayContaining(subs));
      const options = command.options.map(({ long }) => long);
      expect(offered(...words, "--"), path).toEqual(expect.arrayContaining([...options, "--help"]));
    }
  });

  it("offers what begins as what was typed, and the values of an option", () => {
    const re = (all[0]?.command.commands ?? []).map((command) => command.name()).filter((name) => name.startsWith("re"));
    expect(re).toEqual(expect.arrayContaining(["resolve", "record", "replay"]));
    expect([...offered("dylive", "re")].sort()).toEqual(re.sort());
    expect(offered("dylive", "room", "re")).toEqual(["resume", "remove"]);
    expect(offered("dylive", "export", "100000002", "--format", "")).toEqual([...EXPORT_FORMAT_NAMES]);
    expect(offered("dylive", "completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(offered("dylive", "serve", "--port", "")).toEqual([]);
  });

  it("offers the words of options that judge them themselves, one after the other where they take several", () => {
    expect(offered("dylive", "token", "create", "--scope", "")).toEqual([...SCOPES]);
    expect(offered("dylive", "search", "--types", "chat,gi")).toEqual(["chat,gift"]);
    expect(offered("dylive", "notify", "add", "--types", "chat,room.")).toEqual(["chat,room.live", "chat,room.ended"]);
  });

  it("offers files where files are wanted, folders where folders are, names with spaces whole", () => {
    expect(offered("dylive", "replay", "to")).toEqual(expect.arrayContaining(["to night.dyrec", "to keep"]));
    expect(offered("dylive", "serve", "--data", "to")).toEqual(["to keep"]);
    expect(offered("dylive", "sidecar", "to")).toEqual(["to keep"]);
    expect(offered("dylive", "export", "1", "-o", "to n")).toEqual(["to night.dyrec"]);
  });
});

describe("completion in zsh and fish", () => {
  it("knows every command and every option", () => {
    const [zsh, fish] = [zshScript(nodes), fishScript(nodes)];
    for (const { path, command } of all) {
      if (path !== "") expect(zsh).toContain(`"${path}"`);
      for (const { long } of command.options) {
        expect(zsh).toContain(`'${long}:`);
        expect(fish).toMatch(new RegExp(`__dylive_at .{0,2}'${path}.{0,2}''? .*-l ${long?.slice(2)} `));
      }
      for (const sub of command.commands) expect(fish).toContain(` -a '${sub.name()}' -d '`);
    }
  });

  it("quotes what a shell would read otherwise", () => {
    const odd = [{ path: "", about: "", commands: [{ name: "a", about: "it's $(rm) `x` a:b \\" }], flags: [], values: "unknown" as const }];
    expect(zshScript(odd)).toContain(`'a:it'\\''s $(rm) \`x\` a:b \\'`);
    expect(fishScript(odd)).toContain("-d 'it\\'s $(rm) `x` a:b \\\\'");
  });
});
