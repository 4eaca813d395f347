import { execFile } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/index.js";
import { scratch } from "./command.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

const dir = scratch();
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ rateFactor: 10 });
});
afterAll(async () => {
  await simulator.close();
  dir.remove();
});

/** Every package that the types of a file name, in the files that they come from. */
function typePackages(entry: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, to = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      if (to.startsWith(".")) visit(resolve(dirname(file), to.replace(/\.js$/, ".d.ts")));
      else if (!to.startsWith("node:")) packages.add(to);
    }
  };
  visit(entry);
  expect(seen.size).toBeGreaterThan(20);
  return packages;
}

describe("the package", () => {
  it("installed in an empty project, is a library: some lines of TypeScript print a room's events, with exact types", async () => {
    const { stdout: packed } = await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", dir.path], { cwd: ROOT });
    writeFileSync(join(dir.path, "package.json"), '{"name":"empty","private":true,"type":"module"}');
    const tarball = join(dir.path, packed.trim().split("\n").at(-1) ?? "");
    // Nothing of the library's is compiled: SQLite is the server's.
    await run("npm", ["install", "--prefer-offline", "--ignore-scripts", ...QUIET, tarball], { cwd: dir.path });

    copyFileSync(join(ROOT, "examples/library.ts"), join(dir.path, "library.ts"));
    const wrong = 'for await (const event of connect("1", { types: ["chat"] })) event.delta;';
    writeFileSync(join(dir.path, "wrong.ts"), `import { connect } from "dylive";\n${wrong}\n`);
    const options = { module: "NodeNext", target: "ES2022", strict: true, skipLibCheck: true, types: ["node"], outDir: "out" };
    const compilerOptions = { ...options, typeRoots: [join(ROOT, "node_modules/@types")] };
    writeFileSync(join(dir.path, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["library.ts", "wrong.ts"] }));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const said = await run(process.execPath, [tsc, "-p", dir.path]).catch((error: { stdout: string }) => error);
    expect(said.stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/wrong\.ts\(2,\d+\): error TS2339: Property 'delta' does not exist on type /),
    ]);

    const { stdout } = await run(process.execPath, [join(dir.path, "out/library.js"), "100000002", simulator.url], { cwd: dir.path });
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(20);
    expect(lines.every((line) => /^.+: .+|^.+ gave \d+ x .+, \d+ diamonds$/.test(line))).toBe(true);

    const loaded = await run(process.execPath, ["--input-type=module", "-e", LOADED], { cwd: dir.path });
    const packages = JSON.parse(loaded.stdout) as readonly string[];
    expect(packages).toContain("undici");
    for (const one of ["fastify", "better-sqlite3", "playwright-core"]) expect(packages).not.toContain(one);
    expect([...typePackages(join(dir.path, "node_modules/dylive/dist/src/index.d.ts"))].sort()).toEqual(["typebox", "undici"]);
  });
});

/** Imports the library, and prints the CommonJS packages that Node loaded for that: the server's heavy ones are of that kind. */
const LOADED = `
import Module from "node:module";
await import("dylive");
const names = Object.keys(Module._cache).map((path) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)?.[1]);
console.log(JSON.stringify([...new Set(names)]));
`;
