// Guards: dependencies are what is imported, of exact versions, may be given on under MIT, are listed in the bill of materials and explained in docs/dependencies.md.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { bill, packagesInside, WITHIN } from "../../scripts/sbom.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Licences that ask for no more than to be named, by SPDX. */
const PERMISSIVE = ["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"];
type Versions = Readonly<Record<string, string>>;
/** A package as it is locked. */
interface Locked {
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Versions;
}
/** What a build says of the packages inside. */
interface Bill {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
}
interface Component {
  readonly name: string;
  readonly version: string;
}
const { exports, dependencies, optionalDependencies, devDependencies, files, allowScripts } = JSON.parse(
  readFileSync(`${ROOT}package.json`, "utf8"),
) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Versions;
  readonly optionalDependencies: Versions;
  readonly devDependencies: Versions;
  readonly files: readonly string[];
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
/** What the build needs and puts into the program: npm start installs it, without devDependencies. */
const { dependencies: ofBuild } = JSON.parse(readFileSync(`${ROOT}scripts/package.json`, "utf8")) as { readonly dependencies: Versions };
const installed = { ...dependencies, ...optionalDependencies };

const nameOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "";

/** Packages that files import, be it a type; of components of the dashboard their scripts. */
function importedBy(paths: readonly string[]): ReadonlySet<string> {
  const specifiers = paths.flatMap((path) => ts.preProcessFile(codeOf(path)).importedFiles.map(({ fileName }) => fileName));
  return new Set(specifiers.filter((name) => !name.startsWith(".") && !name.startsWith("node:")).map(nameOf));
}

function codeOf(path: string): string {
  const text = readFileSync(path, "utf8");
  return path.endsWith(".vue") ? [...text.matchAll(/^<script\b[^>]*>$(.*?)^<\/script>$/gms)].map(([, code]) => code).join("\n") : text;
}

const filesOf = (folder: string) =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|vue)$/.test(name))
    .map((name) => `${ROOT}${folder}/${name}`);
const sources = ["src", "simulator"].flatMap(filesOf);
const dashboard = filesOf("web/src");

/** The built files that the entries load or take types from, at once or later. */
function reached(): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8")).importedFiles) {
      const to = fileName.startsWith(".") ? resolve(dirname(file), fileName) : null;
      if (to !== null) visit(file.endsWith(".d.ts") ? to.replace(/\.js$/, ".d.ts") : to);
    }
  };
  for (const to of Object.values(exports))
    if (typeof to !== "string") for (const path of [to.default, to.types]) visit(resolve(ROOT, path));
  return seen;
}

describe("the package's dependencies", () => {
  it("are with those of the build what the program and the dashboard import, no more and no less", () => {
    const imported = importedBy(sources);
    expect([...importedBy(dashboard)].filter((name) => !(name in ofBuild))).toEqual([]);
    expect(importedBy(dashboard)).toContain("vue");
    expect([...imported].filter((name) => !(name in installed) && !(name in ofBuild))).toEqual([]);
    expect(Object.keys(installed).filter((name) => !imported.has(name))).toEqual([]);
    expect(Object.keys(installed).filter((name) => name in ofBuild)).toEqual([]);
  });

  it("are what the package loads when it is installed: what the command needs beside is in its own files", () => {
    const command = readdirSync(`${ROOT}dist/bin`)
      .filter((name) => name.endsWith(".js"))
      .map((name) => `${ROOT}dist/bin/${name}`);
    const ofCommand = [...importedBy(command)].filter((name) => !isBuiltin(name));
    // Loaded by its name (src/runtime/packages.ts).
    const byName = [...sources].flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/(?:loadPackage|packageFile)\("([^"]+)"\)/g)].map(([, file]) => file ?? ""),
    );
    expect(byName.length).toBeGreaterThan(4);
    const ofNames = byName.filter((file) => !existsSync(`${ROOT}dist/packages/${file.replace(/\.js$/, ".cjs")}`)).map(nameOf);
    expect(new Set([...ofCommand, ...ofNames, ...importedBy([...reached()])])).toEqual(new Set(Object.keys(installed)));
    // The entries load these when somebody wants to download or to open a browser, and say so when they are not there.
    expect(Object.keys(optionalDependencies)).toEqual(["better-sqlite3", "playwright-core"]);
  });

  it("are of exact versions", () => {
    for (const version of Object.values({ ...installed, ...devDependencies, ...ofBuild }))
      expect(version).toMatch(/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
  });
});

describe("what others made of the package", () => {
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  /** Name, version and licence that a package itself has. */
  const packageAt = (path: string) =>
    JSON.parse(readFileSync(`${ROOT}${path}/package.json`, "utf8")) as {
      readonly name: string;
      readonly version: string;
      readonly license: string;
    };
  /** Packages that are put into the program or the dashboard, of those that the build needs. */
  const builtIn = [
    ...importedBy(sources),
    "@fastify/swagger-ui", // loaded by its name
    ...importedBy(dashboard),
  ].filter((name) => name in ofBuild && name !== "@fastify/type-provider-typebox"); // types alone

  it("may be given on under the MIT licence, by what the packages themselves say", () => {
    const found = [...packagesInside().keys()].map((path) => ({ path, ...packageAt(path) }));
    expect(found.length).toBeGreaterThan(100);
    const others = found.filter(
      ({ license }) =>
        !license
          .replace(/[()]/g, "")
          .split(" OR ")
          .some((one) => PERMISSIVE.includes(one)),
    );
    expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual(["mediabunny: MPL-2.0"]);
  });

  it("is listed in the bill of materials: what is installed or built in, and what that needs", () => {
    const text = readFileSync(`${ROOT}dist/sbom.json`, "utf8");
    expect(text, "dist/sbom.json is of another lock file: build anew").toBe(bill());
    const written = JSON.parse(text) as Bill;
    const listed = new Set(written.components.map(({ name, version }) => `${name}@${version}`));
    for (const [name, version] of Object.entries(installed)) expect(listed).toContain(`${name}@${version}`);
    for (const name of builtIn) expect(listed).toContain(`${name}@${ofBuild[name]}`);
    for (const path of packagesInside().keys()) {
      const { name, version } = packageAt(path);
      expect(listed).toContain(`${name}@${version}`);
      for (const each of Object.keys(packages[path]?.dependencies ?? {}))
        expect(
          [...listed].some((one) => one.startsWith(`${each}@`)),
          `${each}, which ${name} needs`,
        ).toBe(true);
    }
    for (const name of ["vite", "vitest", "typescript"]) expect([...listed].filter((one) => one.startsWith(`${name}@`))).toEqual([]);
  });

  it("is in the bill of materials as CycloneDX 1.5 has it", () => {
    const { metadata, components, ...head } = JSON.parse(readFileSync(`${ROOT}dist/sbom.json`, "utf8")) as Bill;
    expect(head).toMatchObject({
      bomFormat: "CycloneDX",
      specVersion: "1.5",
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
    });
    expect(metadata.component).toMatchObject({ type: "application", name: "dylive", version: expect.any(String) });
    for (const { name, version, ...rest } of components)
      expect(rest).toMatchObject({
        // Of a scope the @ is written as %40, by the form of the type npm.
        ...{ type: "library", purl: `pkg:npm/${name.replace("@", "%40")}@${version}`, licenses: [expect.anything()] },
        hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
      });
  });

  it("comes with the licences of what is in the dashboard and in the page of the API", () => {
    const ofDashboard = readFileSync(`${ROOT}dist/web/LICENSES.md`, "utf8");
    // vue itself only names what these of its packages are.
    const shown = [...importedBy(dashboard)].map((name) => (name === "vue" ? "@vue/runtime-dom" : name));
    for (const name of [...shown, "zrender"])
      expect(ofDashboard).toContain(`\n## ${name} - ${packageAt(`node_modules/${name}`).version} (`);
    expect(ofDashboard).toContain(readFileSync(`${ROOT}node_modules/echarts/NOTICE`, "utf8").trim());
    const page = `${ROOT}dist/packages/@fastify/swagger-ui/static/`;
    expect(readFileSync(`${page}LICENSE`, "utf8")).toContain("Apache License");
    expect(readFileSync(`${page}NOTICE`, "utf8")).toContain("SmartBear");
    const { devDependencies: madeWith } = JSON.parse(readFileSync(`${ROOT}node_modules/@fastify/swagger-ui/package.json`, "utf8")) as {
      readonly devDependencies: Versions;
    };
    expect(Object.values(WITHIN).map(({ version }) => version)).toEqual([madeWith["swagger-ui-dist"]]);
  });

  it("runs scripts when it is installed only where that is decided", () => {
    const named = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript === true ? [path.slice(path.lastIndexOf("node_modules/") + 13)] : [],
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(allowScripts).sort());
    expect(readFileSync(`${ROOT}.npmrc`, "utf8")).toMatch(/^strict-allow-scripts=true$/m);
    const inProgram = [...packagesInside()].flatMap(([path, { hasInstallScript }]) => (hasInstallScript === true ? [path] : []));
    expect(inProgram).toEqual(["node_modules/better-sqlite3"]);
  });

  it("is explained, each package that we name ourselves, in docs/dependencies.md", () => {
    const [, ...sections] = readFileSync(`${ROOT}docs/dependencies.md`, "utf8").split(/^## /m);
    const rows = sections.map((section) =>
      [...section.matchAll(/^\| `([^`]+)` \|(?: ([\w.-]+) \|)? (\S.*) \|$/gm)].map(([, ...row]) => row),
    );
    const named = rows.map((table) => table.map(([name]) => name ?? "").sort());
    const rest = Object.keys(ofBuild).filter((name) => !builtIn.includes(name));
    expect(named).toEqual([Object.keys(installed), builtIn, rest, Object.keys(devDependencies)].map((names) => [...names].sort()));
    for (const [name = "", license] of rows.slice(0, 2).flat())
      expect([name, license]).toEqual([name, packageAt(`node_modules/${name}`).license]);
  });
});

describe("the package's files", () => {
  it("are the command, the entries, the dashboard, documents of the API, schemas and the files of simulated works; npm adds README and LICENSE", () => {
    const left = files.filter((path) => path.startsWith("!dist/") && !path.includes("*")).map((path) => path.slice(1));
    expect(files).toEqual([
      "bin",
      "dist",
      "!dist/**/*.map",
      ...left.map((path) => `!${path}`),
      "docs/gen",
      "proto",
      "simulator/media",
      "CHANGELOG.md",
    ]);
    // Folders of which the entries load nothing: the command has what it needs of them in dist/bin.
    const used = [...reached()].map((path) => relative(ROOT, dirname(path)).replaceAll("\\", "/"));
    const folders = readdirSync(`${ROOT}dist`, { recursive: true, encoding: "utf8", withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
      .filter((path) => /^dist\/(src|simulator)\//.test(path) && !used.some((one) => one === path || one.startsWith(`${path}/`)));
    expect(left).toEqual(folders.filter((path) => !folders.includes(dirname(path))).toSorted(byText));
  });
});

const byText = (a: string, b: string) =>
  Number(a.startsWith("dist/simulator")) - Number(b.startsWith("dist/simulator")) || (a < b ? -1 : 1);
