import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { chat, scratch, started } from "../e2e/command.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { version: string };

const dir = scratch();
const prefix = join(dir.path, "prefix");
/** Names of everything in the tarball. */
let packed: readonly string[];
/** Path of the tarball. */
let tarball: string;
beforeAll(async () => {
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", dir.path];
  const { stdout } = await run("npm", pack, { cwd: ROOT, maxBuffer: 1 << 24 });
  const [about] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  packed = about?.files.map(({ path }) => path) ?? [];
  tarball = join(dir.path, about?.filename ?? "");
  // Strict: every package that comes along, in the version that is newest today, must be for this Node.
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  const install = ["install", "--global", "--prefix", prefix, "--engine-strict", ...quiet];
  await run("npm", [...install, tarball], { cwd: dir.path });
}, 300_000);
afterAll(() => dir.remove());

describe("the tarball", () => {
  it("has the program, its dashboard and schemas, and what to read; no tests, no sources", () => {
    const wanted = [
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "bin/dylive.mjs",
      "dist/bin/dylive.js",
      "dist/bin/thread.js",
      "dist/bin/LICENSES.md",
      "dist/sbom.json",
      "dist/src/index.js",
      "dist/src/index.d.ts",
    ];
    expect(packed).toEqual(
      expect.arrayContaining([
        ...wanted,
        "dist/simulator/index.d.ts",
        "dist/web/index.html",
        "proto/frame.proto",
        "simulator/media/h264.mp4",
      ]),
    );
    const tops = new Set(packed.map((path) => (path.includes("/") ? path.split("/", 1)[0] : path)));
    expect(
      [...tops].filter((top) => !/^(bin|dist|proto|simulator|package\.json|README(\.en)?\.md|LICENSE|CHANGELOG\.md)$/.test(top ?? "")),
    ).toEqual([]);
    expect(packed.filter((path) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it("is what publint asks of a package", async () => {
    const { messages, pkg = {} } = await publint({ pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types that are right wherever ES modules are, by arethetypeswrong", async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    if (!checked.types) throw new Error("it finds no types");
    const entries = Object.keys(checked.entrypoints).filter((name) => name !== "./package.json");
    expect(entries).toEqual(expect.arrayContaining([".", "./client", "./events", "./simulator"]));
    // Its profile `esm-only`: no resolution without `exports`, as before Node 12, and what require() gives is an ES module, which Node 20.19 can.
    const expected = entries.flatMap((entry) => [`${entry} node10 NoResolution`, `${entry} node16-cjs CJSResolvesToESM`]);
    const found = checked.problems.map((problem) =>
      "entrypoint" in problem ? `${problem.entrypoint} ${problem.resolutionKind} ${problem.kind}` : JSON.stringify(problem),
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
  });
});

describe("installed globally into an empty folder", () => {
  it("takes what docs/library.md says, with a little room", () => {
    expect(sizeOf(prefix) / 1e6).toBeLessThan(75);
  });

  it("runs dylive demo: the compatible interface, the dashboard and the API's page answer", async () => {
    const program = join(prefix, process.platform === "win32" ? "dylive.cmd" : "bin/dylive");
    expect((await run(program, ["--version"])).stdout).toBe(`${version}\n`);
    const demo = started(program, ["demo"], { DYLIVE_DATA: join(dir.path, "data"), DYLIVE_PORT: "0" });
    try {
      const [, base = "", token = ""] = await demo.printed(/curl "(http:\/\/[^/]+)\/douyin\/liveroom\/chat\?token=([\w-]+)/);
      const { status, body, text } = await chat(base, { token, room_id: "100000002", wait: "30" });
      expect(status, text).toBe(200);
      expect(body.data.length).toBeGreaterThan(0);
      expect(await (await fetch(`${base}/`)).text()).toMatch(/<script type="module"/);
      expect((await fetch(`${base}/docs/`)).status).toBe(200);
      const about = await fetch(`${base}/v1/about`, { headers: { authorization: `Bearer ${token}` } });
      expect(await about.json()).toMatchObject({ version });
    } finally {
      demo.process.kill("SIGTERM");
    }
    expect(await demo.ended).toBe(0);
  });

  it.each(["README.md", "README.en.md"])("runs the five lines that %s begins with", async (name) => {
    const project = join(dir.path, `project-${name}`);
    const installed = join(prefix, process.platform === "win32" ? "node_modules/dylive" : "lib/node_modules/dylive");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    symlinkSync(installed, join(project, "node_modules/dylive"), "junction");
    const [, lines = ""] = /^```js\n([\s\S]*?)^```$/m.exec(readFileSync(join(installed, name), "utf8")) ?? [];
    expect(lines.trim().split("\n")).toHaveLength(5);
    writeFileSync(join(project, "five.mjs"), lines);
    const program = started(process.execPath, [join(project, "five.mjs")], {});
    await program.printed(/^.+\n.+\n/m);
    program.process.kill("SIGKILL");
    await program.ended;
  });

  it("is a library and a simulator for a program under nodenext, with exact types", async () => {
    const project = join(dir.path, "project");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    const installed = join(prefix, process.platform === "win32" ? "node_modules/dylive" : "lib/node_modules/dylive");
    symlinkSync(installed, join(project, "node_modules/dylive"));
    writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}');
    copyFileSync(join(ROOT, "examples/library.ts"), join(project, "library.ts"));
    writeFileSync(join(project, "use.ts"), PROGRAM);
    const wrong = 'for await (const event of connect("1", { types: ["chat"] })) event.delta;';
    writeFileSync(join(project, "wrong.ts"), `import { connect } from "dylive";\n${wrong}\n`);
    const options = { module: "nodenext", moduleResolution: "nodenext", target: "es2023", strict: true, exactOptionalPropertyTypes: true };
    const compilerOptions = {
      ...options,
      outDir: "out",
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["library.ts", "use.ts", "wrong.ts"] }));
    const tsc = join(ROOT, "node_modules/typescript7/bin/tsc");
    const said = await run(process.execPath, [tsc, "-p", project]).catch((error: { stdout: string }) => error);
    expect(said.stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/wrong\.ts\(2,\d+\): error TS2339: Property 'delta' does not exist on type /),
    ]);

    // For a browser: without the types of Node.
    const inBrowser = {
      ...options,
      lib: ["es2022", "dom", "dom.iterable"],
      module: "esnext",
      moduleResolution: "bundler",
      types: [],
      noEmit: true,
    };
    writeFileSync(join(project, "browser.json"), JSON.stringify({ compilerOptions: inBrowser, files: ["browser.ts"] }));
    writeFileSync(join(project, "browser.ts"), BROWSER_PROGRAM);
    const checked = await run(process.execPath, [tsc, "-p", join(project, "browser.json")]).catch((error: { stdout: string }) => error);
    expect(checked.stdout).toBe("");

    const used = await run(process.execPath, [join(project, "out/use.js")]);
    expect(used.stdout).toMatch(/^100000003 live\n(chat|join|like) \d+ true\nfunction 0\.\d+\.\d+\n$/);
    const simulator = await startSimulator({ rateFactor: 10 });
    const shown = await run(process.execPath, [join(project, "out/library.js"), "100000002", simulator.url]).finally(() =>
      simulator.close(),
    );
    const lines = shown.stdout.trim().split("\n");
    expect(lines).toHaveLength(20);
    expect(lines.every((line) => /^.+: .+|^.+ gave \d+ x .+, \d+ diamonds$/.test(line))).toBe(true);

    const loaded = await run(process.execPath, ["--input-type=module", "-e", LOADED], { cwd: project });
    const packages = JSON.parse(loaded.stdout) as readonly string[];
    expect(packages).toContain("undici");
    for (const one of ["fastify", "better-sqlite3", "playwright-core"]) expect(packages).not.toContain(one);
    expect([...typePackages(join(installed, "dist/src/index.d.ts"))].sort()).toEqual(["typebox", "undici"]);
  });
});

describe("installed without what npm may leave out", () => {
  it("is small, collects all the same, and names the package and the command where one is needed", async () => {
    const project = join(dir.path, "small");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}');
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    await run("npm", ["install", "--omit=optional", ...quiet, tarball], { cwd: project });
    const packages = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
    for (const one of ["better-sqlite3", "playwright-core", "fastify", "zod"]) expect(packages).not.toContain(one);
    // Measured: docs/library.md says so.
    expect(sizeOf(join(project, "node_modules")) / 1e6).toBeLessThan(45);

    const dylive = join(project, "node_modules/dylive/bin/dylive.mjs");
    const failed = (args: readonly string[]) =>
      run(process.execPath, [dylive, ...args], { cwd: project, env: { ...process.env, DYLIVE_LANG: "en" } }).catch(
        (error: { code: number; stderr: string }) => error,
      );
    expect(await failed(["room", "list"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^dylive: A package that this needs is not installed: better-sqlite3 is missing: npm install better-sqlite3@\d/,
      ),
    });
    writeFileSync(join(project, "use.mjs"), SMALL_PROGRAM);
    expect((await run(process.execPath, [join(project, "use.mjs")], { cwd: project })).stdout).toMatch(/^\d+\n$/);
  });
});

/** Bytes of all files in a folder. */
function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

const SMALL_PROGRAM = `
import { connect } from "dylive";
import { startSimulator } from "dylive/simulator";
const { url: upstream } = await startSimulator();
for await (const { seq } of connect("100000002", { upstream })) {
  console.log(seq);
  break;
}
process.exit();
`;

const PROGRAM = `
import { createRequire } from "node:module";
import { connect, DyliveError, resolve, type LiveEvent } from "dylive";
import { DyliveClient } from "dylive/client";
import { LiveEventSchema } from "dylive/events";
import { demoRooms, startSimulator, type Simulator } from "dylive/simulator";

const simulator: Simulator = await startSimulator({ rooms: demoRooms(), rateFactor: 5 });
try {
  const { resolved } = await resolve("100000003", { upstream: simulator.url });
  console.log("100000003", resolved.outcome);
  for await (const event of connect("100000003", { types: ["chat", "join", "like"], upstream: simulator.url })) {
    const seen: LiveEvent = event;
    const seq: number = event.seq;
    console.log(seen.type, seq, LiveEventSchema["~standard"].validate(event).issues === undefined);
    break;
  }
} catch (error) {
  console.log(error instanceof DyliveError ? error.code : error);
} finally {
  await simulator.close();
}
console.log(typeof DyliveClient, createRequire(import.meta.url)("dylive/package.json").version);
`;

const BROWSER_PROGRAM = `
import { ApiFailure, DyliveClient, verifyWebhook } from "dylive/client";
import { compileFilter, describe, EVENT_SCHEMAS, type LiveEventOf } from "dylive/events";

const client = new DyliveClient({ url: location.origin, token: "t", WebSocket, EventSource, fetch });
const isBig = compileFilter("diamonds > 100");
try {
  for await (const event of client.follow("1", { types: ["gift"] })) {
    const gift: LiveEventOf<"gift"> = event;
    if (isBig(gift)) console.log(describe(gift), gift.delta, EVENT_SCHEMAS.gift["~standard"].validate(gift).issues?.length);
  }
  console.log((await verifyWebhook("whsec_", new Headers(), "{}")).events.length);
} catch (error) {
  if (error instanceof ApiFailure) console.log(error.code, error.hint);
}
`;

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

/** Imports the library, and prints the CommonJS packages that Node loaded for that: the server's heavy ones are of that kind. */
const LOADED = `
import Module from "node:module";
await import("dylive");
const names = Object.keys(Module._cache).map((path) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(path)?.[1]);
console.log(JSON.stringify([...new Set(names)]));
`;
