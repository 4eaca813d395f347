import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
type Versions = Readonly<Record<string, string>>;
const { dependencies, devDependencies, files } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly files: readonly string[];
};
/** What the build needs: npm start installs it, without devDependencies. */
const { dependencies: ofBuild } = JSON.parse(readFileSync(`${ROOT}scripts/package.json`, "utf8")) as { readonly dependencies: Versions };

/** What a file of src/ or simulator/ imports, be it a type: packages by name. */
const imported = new Set(
  ["src", "simulator"]
    .flatMap((folder) => readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" }).map((name) => `${ROOT}${folder}/${name}`))
    .filter((path) => path.endsWith(".ts"))
    .flatMap((path) => ts.preProcessFile(readFileSync(path, "utf8")).importedFiles)
    .flatMap(({ fileName }) =>
      fileName.startsWith(".") || fileName.startsWith("node:") ? [] : [/^(@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? ""],
    ),
);

describe("the package's dependencies", () => {
  it("are what the program imports, no more and no less", () => {
    expect([...imported].sort()).toEqual(Object.keys(dependencies).sort());
  });

  it("are of exact versions", () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies, ...ofBuild }))
      expect(version).toMatch(/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
  });
});

describe("the package's files", () => {
  it("are the command, the program, its dashboard, its schemas and the files of simulated works; npm adds README and LICENSE", () => {
    expect(files).toEqual(["bin", "dist", "!dist/**/*.map", "proto", "simulator/media", "CHANGELOG.md"]);
  });
});
