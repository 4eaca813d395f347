// Guards: the packed package installs, runs, is typed for strict programs and browsers, and names what is missing.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgres } from "../../bench/postgres/server.js";
import { startSimulator } from "../../simulator/index.js";
import { chat, scratch, started } from "../e2e/command.js";

// npm hands this setting of the checkout to all that it runs; whoever installs the package does not have it.
delete process.env["npm_config_strict_allow_scripts"];

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const { version, exports: exported } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as {
  version: string;
  exports: Readonly<Record<string, unknown>>;
};
/** What a program imports: `dylive`, `dylive/events` … */
const ENTRIES = Object.keys(exported).flatMap((name) => (name.endsWith(".json") ? [] : [`dylive${name.slice(1)}`]));

const dir = scratch();
const prefix = join(dir.path, "prefix");
const program = join(prefix, process.platform === "win32" ? "dylive.cmd" : "bin/dylive");
const installed = join(prefix, process.platform === "win32" ? "node_modules/dylive" : "lib/node_modules/dylive");
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

/** Makes a project in which the package is installed, of these files. @returns its folder */
function project(name: string, files: Readonly<Record<string, string>>): string {
  const at = join(dir.path, name);
  mkdirSync(join(at, "node_modules"), { recursive: true });
  symlinkSync(installed, join(at, "node_modules/dylive"), "junction");
  const about = { private: true, type: "module", dependencies: { dylive: version } };
  for (const [file, text] of Object.entries({ "package.json": JSON.stringify(about), ...files })) writeFileSync(join(at, file), text);
  return at;
}

describe("the tarball", () => {
  it("has the program, its dashboard and documents, schemas, and what to read; no tests, no sources", () => {
    const wanted = `package.json README.md LICENSE CHANGELOG.md bin/dylive.mjs dist/bin/dylive.js dist/bin/thread.js dist/bin/LICENSES.md dist/sbom.json
      dist/src/index.js dist/src/index.d.ts dist/simulator/index.d.ts dist/web/index.html docs/gen/asyncapi.json docs/gen/openapi.json proto/frame.proto
      simulator/media/h264.mp4`;
    expect(packed).toEqual(expect.arrayContaining(wanted.split(/\s+/)));
    // Whoever gives code of others on gives on their licences, too.
    for (const file of ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"])
      expect(packed).toContain(`dist/packages/@fastify/swagger-ui/static/${file}`);
    const tops = new Set(packed.map((path) => (path.startsWith("docs/gen/") ? "docs/gen" : path.split("/", 1)[0])));
    expect(
      [...tops].filter(
        (top) => !/^(bin|dist|docs\/gen|proto|simulator|package\.json|README(\.en)?\.md|LICENSE|CHANGELOG\.md)$/.test(top ?? ""),
      ),
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
    expect(entries).toEqual(expect.arrayContaining([".", "./client", "./compat/tiktok", "./events", "./simulator", "./works"]));
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
      await readByDeno(base, token);
    } finally {
      demo.process.kill("SIGTERM");
    }
    expect(await demo.ended).toBe(0);
  });

  it("runs the five lines that README.md begins with", async () => {
    const [, lines = ""] = /^```js\n([\s\S]*?)^```$/m.exec(readFileSync(join(installed, "README.md"), "utf8")) ?? [];
    expect(lines.trim().split("\n")).toHaveLength(5);
    const five = started(process.execPath, [join(project("five", { "five.mjs": lines }), "five.mjs")], {});
    await five.printed(/^.+\n.+\n/m);
    five.process.kill("SIGKILL");
    await five.ended;
  });

  it("is typed exactly for a strict program under nodenext, each entry, without skipLibCheck", async () => {
    const wrong = 'for await (const event of connect("1", { types: ["chat"] })) event.delta;';
    const at = project("typed", {
      "use.ts": PROGRAM,
      "wrong.ts": `import { connect } from "dylive";\n${wrong}\n`,
      "browser.ts": BROWSER_PROGRAM,
    });
    copyFileSync(join(ROOT, "examples/library.ts"), join(at, "library.ts"));
    expect(ENTRIES.filter((entry) => !PROGRAM.includes(`from "${entry}"`))).toEqual([]);
    const options = { module: "nodenext", moduleResolution: "nodenext", target: "es2023", strict: true, exactOptionalPropertyTypes: true };
    const compilerOptions = { ...options, outDir: "out", types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")] };
    writeFileSync(join(at, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["library.ts", "use.ts", "wrong.ts"] }));
    const tsc = join(ROOT, "node_modules/typescript7/bin/tsc");
    const said = await run(process.execPath, [tsc, "-p", at]).catch((error: { stdout: string }) => error);
    expect(said.stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/wrong\.ts\(2,\d+\): error TS2339: Property 'delta' does not exist on type /),
    ]);

    // For a browser: without the types of Node.
    const lib = ["es2022", "dom", "dom.iterable"];
    const inBrowser = { ...options, lib, module: "esnext", moduleResolution: "bundler", types: [], noEmit: true };
    writeFileSync(join(at, "browser.json"), JSON.stringify({ compilerOptions: inBrowser, files: ["browser.ts"] }));
    const checked = await run(process.execPath, [tsc, "-p", join(at, "browser.json")]).catch((error: { stdout: string }) => error);
    expect(checked.stdout).toBe("");

    const used = await run(process.execPath, [join(at, "out/use.js")]);
    expect(used.stdout).toMatch(/^100000003 live\n(chat|join|like) \d+ true\nwork \d{19}\nfunction 0\.\d+\.\d+\n$/);
    const simulator = await startSimulator({ rateFactor: 10 });
    const shown = await run(process.execPath, [join(at, "out/library.js"), "100000002", simulator.url]).finally(() => simulator.close());
    const lines = shown.stdout.trim().split("\n");
    expect(lines).toHaveLength(20);
    expect(lines.every((line) => /^.+: .+|^.+ gave \d+ x .+, \d+ diamonds$/.test(line))).toBe(true);

    const named = (entry: string) => [...typePackages(join(installed, "dist/src", `${entry}.d.ts`))].sort();
    for (const entry of ["index", "app/works", "app/tiktok"]) expect([entry, named(entry)]).toEqual([entry, ["typebox", "undici"]]);
    for (const entry of ["events", "client"]) expect([entry, named(entry)]).toEqual([entry, ["typebox"]]);
  });

  it("is a library for require(), too, which Node has from 20.19 on", async () => {
    const { stdout } = await run(process.execPath, [join(project("plain", { "main.cjs": COMMON }), "main.cjs")]);
    expect(stdout).toBe(`chat\n${ENTRIES.map((entry) => `${entry} object`).join("\n")}\n`);
  });

  it("loads with each entry no more than that needs, and nothing native", async () => {
    const at = project("loading", {});
    const loadedBy = async (entry: string) => {
      const { stdout } = await run(process.execPath, ["--input-type=module", "-e", LOADED, entry], { cwd: at });
      return JSON.parse(stdout) as readonly string[];
    };
    const loaded = new Map(await Promise.all(ENTRIES.map(async (entry) => [entry, await loadedBy(entry)] as const)));
    expect([loaded.get("dylive/events"), loaded.get("dylive/client"), loaded.get("dylive/compat/tiktok")]).toEqual([[], [], []]);
    expect(loaded.get("dylive")).toContain("undici");
    expect(loaded.get("dylive/works")).not.toContain("ws");
    for (const one of ["fastify", "better-sqlite3", "pg", "playwright-core", "native"])
      expect([one, [...loaded].flatMap(([entry, names]) => (names.includes(one) ? [entry] : []))]).toEqual([one, []]);
  });

  it("is bundled by Vite for browsers without anything of Node's", async () => {
    const at = project("bundled", {
      "events.js": 'export * from "dylive/events";',
      "client.js": 'export * from "dylive/client";',
      "node.js": 'import * as crypto from "node:crypto"; console.log(crypto);',
    });
    const [events, client, node] = [await bundled(at, "events.js"), await bundled(at, "client.js"), await bundled(at, "node.js")];
    expect([events.builtIn, client.builtIn, node.builtIn]).toEqual([[], [], ["node:crypto"]]);
    for (const [entry, { code }] of Object.entries({ events, client })) {
      const [size, packed] = [Buffer.byteLength(code), gzipSync(code).length].map((bytes) => Math.round(bytes / 1000));
      console.log(`dylive/${entry} in a browser: ${size} KB, ${packed} KB by gzip`); // docs/library.md, held by test/library/browser.test.ts
      expect(code.length).toBeGreaterThan(5_000);
    }
  });
});

/** What npm may leave out is taken out of the installation itself: these come last. */
describe("installed without what npm may leave out", () => {
  const LEFT_OUT = ["better-sqlite3", "playwright-core"];
  const modules = join(installed, "node_modules");
  const env = { DYLIVE_LANG: "en", DYLIVE_UPSTREAM: "http://127.0.0.1:9", DYLIVE_DATA: join(dir.path, "small-data"), DYLIVE_PORT: "0" };
  const said = async (...args: readonly string[]) => {
    const { ended, stdout, stderr } = started(program, args, env);
    return { code: await ended, stdout: stdout(), stderr: stderr() };
  };

  it("says how SQLite is built where its package came without its native code, as from npm 12", async () => {
    for (const name of readdirSync(join(modules, LEFT_OUT[0] ?? ""), { recursive: true, encoding: "utf8" }))
      if (name.endsWith(".node")) rmSync(join(modules, LEFT_OUT[0] ?? "", name));
    const words =
      /^dylive: A package that this needs is not installed: the native code of better-sqlite3 is not there.*: `npm install-scripts approve better-sqlite3`, then `npm rebuild better-sqlite3`; where dylive was installed with --global: `npm rebuild --global --allow-scripts=better-sqlite3 better-sqlite3`\. Run that where dylive was installed: .*\n$/;
    expect(await said("serve")).toMatchObject({ code: 2, stderr: expect.stringMatching(words) });
  });

  it("is small, collects all the same, and names the package and the command where one is needed", async () => {
    for (const name of LEFT_OUT) rmSync(join(modules, name), { recursive: true });
    // Measured: docs/library.md says so.
    expect(sizeOf(prefix) / 1e6).toBeLessThan(45);
    expect(await said("serve")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^dylive: A package that this needs is not installed: better-sqlite3 is missing: npm install better-sqlite3@\d/,
      ),
    });
    // To ask a server takes no store.
    const asked = await said("tail", "1", "--server", "http://127.0.0.1:9", "--token", "x");
    expect(asked).toMatchObject({ stderr: expect.stringContaining("no dylive server answers") });
    const { stdout } = await run(process.execPath, [join(project("small", { "use.mjs": SMALL_PROGRAM }), "use.mjs")]);
    expect(stdout).toMatch(/^\d+\n$/);
  });

  it("serves from PostgreSQL", async () => {
    const database = await startPostgres();
    const server = started(program, ["serve"], { ...env, DATABASE_URL: `${database.url}/postgres` });
    try {
      const [, base = ""] = await server.printed(/listens on (http:\S+)/);
      expect(await (await fetch(`${base}/healthz`)).json()).toMatchObject({ status: "ok", database: "ok" });
      server.process.kill("SIGTERM");
      expect(await server.ended).toBe(0);
    } finally {
      server.process.kill("SIGKILL");
      await database.remove();
    }
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

/** Bundles a file of a project as one for browsers. @returns it, and what of Node's own it asked for */
async function bundled(at: string, file: string): Promise<{ readonly code: string; readonly builtIn: readonly string[] }> {
  const builtIn = new Set<string>();
  const watch = {
    name: "watch",
    enforce: "pre" as const,
    resolveId(source: string) {
      if (isBuiltin(source)) builtIn.add(source);
      return null;
    },
  };
  const lib = { entry: join(at, file), formats: ["iife" as const], name: "dylive", fileName: "bundle" };
  const made = await build({ configFile: false, root: at, logLevel: "silent", plugins: [watch], build: { write: false, lib } });
  const { output } = (Array.isArray(made) ? made[0] : made) as Rolldown.RolldownOutput;
  expect(output).toHaveLength(1);
  return { code: output[0].code, builtIn: [...builtIn] };
}

/** Checks the types of a program for Deno, and has it follow a room of a server by each transport, with the right to reach that alone. */
async function readByDeno(base: string, token: string): Promise<void> {
  const at = project("deno", { "main.ts": DENO_PROGRAM });
  const deno = (...args: readonly string[]) =>
    run(process.execPath, [join(ROOT, "node_modules/deno/bin.cjs"), ...args], {
      cwd: at,
      env: { ...process.env, DENO_DIR: join(dir.path, "deno-cache"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    });
  await deno("check", "--node-modules-dir=manual", "main.ts");
  const alone = ["--no-remote", "--no-prompt", "--node-modules-dir=manual", `--allow-net=${new URL(base).host}`];
  const { stdout } = await deno("run", ...alone, "main.ts", base, token);
  expect(stdout).toBe("websocket true true\nsse true true\npoll true true\n");
}

const DENO_PROGRAM = `
import { DyliveClient } from "dylive/client";
import { compileFilter, describe, LiveEventSchema, type LiveEventOf } from "dylive/events";

const [url = "", token = ""] = Deno.args;
const client = new DyliveClient({ url, token });
const isChat = compileFilter('type == "chat"');
for (const by of ["websocket", "sse", "poll"] as const)
  for await (const event of client.follow("100000002", { by, types: ["chat"], after: "0" })) {
    const chat: LiveEventOf<"chat"> = event;
    console.log(by, isChat(chat) && LiveEventSchema["~standard"].validate(chat).issues === undefined, describe(chat) === chat.text);
    break;
  }
`;

const COMMON = `
const { connect } = require("dylive");
const { startSimulator } = require("dylive/simulator");

const main = async () => {
  const simulator = await startSimulator();
  for await (const { type } of connect("100000002", { types: ["chat"], upstream: simulator.url })) {
    console.log(type);
    break;
  }
  await simulator.close();
  for (const entry of ${JSON.stringify(ENTRIES)}) console.log(entry, typeof require(entry));
};
main();
`;

const PROGRAM = `
import { createRequire } from "node:module";
import { connect, DyliveError, resolve, type LiveEvent } from "dylive";
import { DyliveClient } from "dylive/client";
import { type TiktokGift, WebcastPushConnection, type WebcastState } from "dylive/compat/tiktok";
import { LiveEventSchema } from "dylive/events";
import { demoRooms, startSimulator, type Simulator } from "dylive/simulator";
import { resolveWork, type WantedFile, type Work, wantedFiles } from "dylive/works";

export const filesOf = (work: Work): readonly WantedFile[] => wantedFiles(work, { quality: "1080p" });
export const thank = async (connection: WebcastPushConnection): Promise<WebcastState> => {
  connection.on("gift", (gift: TiktokGift) => console.log(gift.giftName?.length, gift.repeatCount.toFixed()));
  return connection.connect();
};

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
const found = await resolveWork("https://www.douyin.com/video/7300000000000000019");
console.log(found.kind, found.kind === "work" ? found.id : "");
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
  expect(seen.size).toBeGreaterThan(2);
  return packages;
}

/** Imports an entry, and prints the CommonJS packages that Node loaded for that: the server's heavy ones are of that kind; "native" for native ones. */
const LOADED = `
import Module from "node:module";
await import(process.argv[1]);
const paths = Object.keys(Module._cache);
const names = paths.flatMap((path) => /.*node_modules[\\/\\\\]((?:@[^/\\\\]+[\\/\\\\])?[^/\\\\]+)/.exec(path)?.[1] ?? []);
console.log(JSON.stringify([...new Set(names), ...(paths.some((path) => path.endsWith(".node")) ? ["native"] : [])]));
`;
