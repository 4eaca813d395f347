// CI: npm test, npm run test:all, the tests of the browser again with npm's where those had another, the real captures, the events of the
// bench's rivals, and the black-box check of the compatible interface. The last line has the real counts.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installBrowser } from "./install-browser.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const shared = process.env.DYLIVE_SHARED ?? `${root}../shared`;
const total = { passed: 0, failed: 0 };
/** A line for each failed test: of a long log often only the end is kept, so they are told again there. */
const failures = [];

function step(args, name) {
  const counts = `${root}.tmp/counts-${name}.json`;
  const results = `${root}.tmp/vitest-${name}.json`;
  rmSync(counts, { force: true });
  rmSync(results, { force: true });
  const { status } = spawnSync("npm", args, { cwd: root, stdio: "inherit" });
  const { passed, failed } = existsSync(counts) ? JSON.parse(readFileSync(counts, "utf8")) : { passed: 0, failed: 1 };
  total.passed += passed;
  total.failed += failed > 0 || status === 0 ? failed : 1;
  if (failed > 0 || status !== 0) failures.push(`npm ${args.join(" ")} ended with ${status}`);
  if (!existsSync(results)) return;
  for (const file of JSON.parse(readFileSync(results, "utf8")).testResults) {
    const at = relative(root, file.name);
    if (file.status === "failed" && file.message) failures.push(`${at}: ${beginning(file.message)}`);
    for (const test of file.assertionResults)
      if (test.status === "failed") failures.push(`${at}: ${test.fullName}: ${test.status}: ${beginning(test.failureMessages[0] ?? "")}`);
  }
}

/** Up to the stack: a property's seed and counterexample stand below its first line. */
const beginning = (text) => text.split(/\n\s+at /, 1)[0].slice(0, 3000);

/** `dylive demo` on a free port, checked from outside by the shared script. */
async function blackBox() {
  const data = mkdtempSync(`${tmpdir()}/dylive-ci-`);
  const demo = spawn(process.execPath, ["dist/bin/dylive.js", "demo"], {
    cwd: root,
    env: { ...process.env, DYLIVE_PORT: "0", DYLIVE_DATA: data },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => demo.once("exit", resolve));
  try {
    const [base, token] = await new Promise((resolve, reject) => {
      let text = "";
      demo.stdout.on("data", (chunk) => {
        text += chunk;
        const line = /curl .*?(http:\/\/[^/\s]+)\/douyin\/liveroom\/chat\?token=([\w-]+)/.exec(text);
        if (line) resolve([line[1], line[2]]);
      });
      demo.on("exit", (code) => reject(new Error(`dylive demo ended with ${code}`)));
      setTimeout(() => reject(new Error("dylive demo printed no curl line within 30 s")), 30_000).unref();
    });
    const { stdout } = spawnSync(process.execPath, [`${shared}/check/seed-interface.mjs`, base, token, "100000002"], { encoding: "utf8" });
    console.log(stdout);
    const counts = /(\d+) passed, (\d+) failed\s*$/.exec(stdout);
    total.passed += Number(counts?.[1] ?? 0);
    total.failed += Number(counts?.[2] ?? 1);
  } catch (error) {
    console.log(`FAIL black-box check: ${error.message}`);
    total.failed++;
  } finally {
    demo.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

const browser = installBrowser();
console.log(browser.told);
step(["test"], "quick");
step(["run", "test:all"], "all");
if (browser.isThere && process.platform === "linux" && process.arch === "x64") step(["test", "--", "browser-npm"], "browser-npm");
step(["run", "test:captures"], "captures");
// What dylive is measured against must give the same events, or nothing can be measured.
const bench = spawnSync("npm", ["run", "bench", "--", "decode", "--check"], { cwd: root, stdio: "inherit" });
bench.status === 0 ? total.passed++ : total.failed++;
await blackBox();
for (const line of failures) console.log(`FAIL ${line}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 ? 1 : 0);
