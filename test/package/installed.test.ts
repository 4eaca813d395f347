import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, scratch, started } from "../e2e/command.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { version: string };

const dir = scratch();
const prefix = join(dir.path, "prefix");
/** Names of everything in the tarball. */
let packed: readonly string[];
beforeAll(async () => {
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", dir.path];
  const { stdout } = await run("npm", pack, { cwd: ROOT, maxBuffer: 1 << 24 });
  const [about] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  packed = about?.files.map(({ path }) => path) ?? [];
  // Strict: every package that comes along, in the version that is newest today, must be for this Node.
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  const install = ["install", "--global", "--prefix", prefix, "--engine-strict", ...quiet];
  await run("npm", [...install, join(dir.path, about?.filename ?? "")], { cwd: dir.path });
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
      "dist/src/index.js",
      "dist/src/index.d.ts",
    ];
    expect(packed).toEqual(expect.arrayContaining([...wanted, "dist/simulator/index.d.ts", "dist/web/index.html", "proto/frame.proto"]));
    const tops = new Set(packed.map((path) => (path.includes("/") ? path.split("/", 1)[0] : path)));
    expect([...tops].filter((top) => !/^(bin|dist|proto|package\.json|README(\.en)?\.md|LICENSE|CHANGELOG\.md)$/.test(top ?? ""))).toEqual(
      [],
    );
    expect(packed.filter((path) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });
});

describe("installed globally into an empty folder", () => {
  it("runs dylive demo: the document's interface, the dashboard and the API's page answer", async () => {
    const program = join(prefix, process.platform === "win32" ? "dylive.cmd" : "bin/dylive");
    expect((await run(program, ["--version"])).stdout).toBe(`${version}\n`);
    const demo = started(program, ["demo"], { DYLIVE_DATA: join(dir.path, "data"), DYLIVE_PORT: "0" });
    try {
      const [, base = "", token = ""] = await demo.printed(/curl '(http:\/\/[^/]+)\/douyin\/liveroom\/chat\?token=([\w-]+)/);
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

  it("is a library and a simulator, whose types a program under nodenext can use", async () => {
    const project = join(dir.path, "project");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    symlinkSync(
      join(prefix, process.platform === "win32" ? "node_modules/dylive" : "lib/node_modules/dylive"),
      join(project, "node_modules/dylive"),
    );
    writeFileSync(join(project, "package.json"), '{"private":true,"type":"module"}');
    writeFileSync(join(project, "use.ts"), PROGRAM);
    const compilerOptions = {
      ...{
        module: "nodenext",
        moduleResolution: "nodenext",
        target: "es2023",
        strict: true,
        exactOptionalPropertyTypes: true,
        outDir: "out",
      },
      ...{ types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")], skipLibCheck: true },
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
    const tsc = run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", project]);
    await tsc.catch((error: { stdout: string }) => expect(error.stdout).toBe(""));
    const { stdout } = await run(process.execPath, [join(project, "out/use.js")]);
    expect(stdout).toMatch(/^100000003 live\n(chat|join|like) \d+\n$/);
  });
});

const PROGRAM = `
import { connect, DyliveError, resolve, type LiveEvent } from "dylive";
import { demoRooms, startSimulator, type Simulator } from "dylive/simulator";

const simulator: Simulator = await startSimulator({ rooms: demoRooms(), rateFactor: 5 });
try {
  const { resolved } = await resolve("100000003", { upstream: simulator.url });
  console.log("100000003", resolved.outcome);
  for await (const event of connect("100000003", { types: ["chat", "join", "like"], upstream: simulator.url })) {
    const seen: LiveEvent = event;
    const seq: number = event.seq;
    console.log(seen.type, seq);
    break;
  }
} catch (error) {
  console.log(error instanceof DyliveError ? error.code : error);
} finally {
  await simulator.close();
}
`;
