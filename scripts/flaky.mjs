// `node scripts/flaky.mjs [--quiet 6] [--loaded 6] [--all] [--project NAME …]`: the tests of `npm test`, with --all those of `npm run test:all`,
// again and again, on the machine as it is and beside a load of our own, and which failed in some runs; every second run of the project `browser`
// with npm's browser where the machine has another. Ends with 1 when a test failed in any run.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { installBrowser } from "./install-browser.mjs";
import { BUILT, build, install, QUICK, REST, ROOT } from "./prepare.mjs";

const BUSY = 10; // loops, at the lowest priority: a core's work each, for whoever wants it less than the tests
const WRITING = 2; // programs that write to the disk and wait until it is there

const { values } = parseArgs({
  options: {
    quiet: { type: "string", default: "6" },
    loaded: { type: "string", default: "6" },
    all: { type: "boolean", default: false },
    project: { type: "string", multiple: true },
  },
});
const named = values.project ?? (values.all ? REST : QUICK);
const env = values.project ? BUILT : { ...BUILT, TEST_PART: values.all ? "full" : "quick" };

/** Keeps the processors and the disk busy until it is called off. */
function load() {
  const folder = mkdtempSync(join(tmpdir(), "dylive-load-"));
  const write = `const fs = require("node:fs"); const block = Buffer.alloc(1 << 20, 7);
    for (;;) { const file = fs.openSync(${JSON.stringify(`${folder}/`)} + process.pid, "w");
      for (let i = 0; i < 64; i++) { fs.writeSync(file, block); fs.fsyncSync(file); } fs.closeSync(file); }`;
  const programs = [...Array(BUSY).fill("for (;;);"), ...Array(WRITING).fill(write)];
  const children = programs.map((program) => spawn("nice", ["-n", "19", process.execPath, "-e", program], { stdio: "ignore" }));
  return async () => {
    const ended = children.map((child) => new Promise((resolve) => child.on("exit", resolve)));
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  };
}

/** One run of the suite. @returns what failed, by a name that says where it is, with its reason */
function suite(name, projects) {
  const results = `${ROOT}.tmp/flaky/${name}.json`;
  rmSync(results, { force: true });
  const args = ["run", ...projects.flatMap((project) => ["--project", project]), "--reporter=json", `--outputFile.json=${results}`];
  const { status, stderr } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], {
    cwd: ROOT,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const { testResults, numPassedTests } = JSON.parse(readFileSync(results, "utf8"));
  const failed = new Map();
  for (const { name: file, assertionResults, message } of testResults) {
    if (assertionResults.length === 0) failed.set(relative(ROOT, file), message);
    for (const { fullName, status: ended, failureMessages } of assertionResults)
      if (ended === "failed") failed.set(`${relative(ROOT, file)} > ${fullName}`, failureMessages[0] ?? ended);
  }
  if (status !== 0 && failed.size === 0) failed.set("an error outside of any test", stderr.slice(0, 2000));
  return { failed, tests: numPassedTests + failed.size };
}

const { isThere, told } = installBrowser();
console.log(told);
install();
build();
mkdirSync(`${ROOT}.tmp/flaky`, { recursive: true });
const runs = [...Array(Number(values.quiet)).fill("quiet"), ...Array(Number(values.loaded)).fill("loaded")];
const found = new Map();
for (const [i, kind] of runs.entries()) {
  const began = Date.now();
  const callOff = kind === "loaded" ? load() : async () => {};
  const projects = named.map((project) => (project === "browser" && isThere && i % 2 === 1 ? "browser-npm" : project));
  const { failed, tests } = suite(`${i + 1}-${kind}`, projects);
  await callOff();
  console.log(`run ${i + 1} of ${runs.length}, ${kind}: ${failed.size} of ${tests} failed, ${((Date.now() - began) / 1000).toFixed(0)} s`);
  for (const [test, reason] of failed) {
    console.log(`     ${test}\n       ${reason.split("\n")[0]}`);
    found.set(test, [...(found.get(test) ?? []), `${i + 1} ${kind}`]);
  }
}
console.log(found.size === 0 ? `no test failed in any of ${runs.length} runs` : "failed in runs:");
for (const [test, where] of found) console.log(`${where.length} of ${runs.length}  ${test}  (${where.join(", ")})`);
process.exitCode = found.size > 0 ? 1 : 0;
