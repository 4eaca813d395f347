// `npm test`: install, types and lint, build, then every project of vitest.config.ts that needs nothing but the checkout; or only those that are
// named. Nothing is skipped; the counts are written for .ci/run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { BUILT, build, install, PROJECTS, ROOT, run, TSC } from "./prepare.mjs";

const only = process.argv.slice(2);
const projects = only.length > 0 ? only : PROJECTS;
const name = only.length > 0 ? only.join("-") : "all"; // scripts/ci.mjs reads the counts under it
const results = `${ROOT}.tmp/vitest-${name}.json`;

const type = (project) => [TSC, "--noEmit", "-p", project];
const vue = ["node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit", "-p", "web/tsconfig.json"];

install();
mkdirSync(`${ROOT}.tmp`, { recursive: true });
rmSync(results, { force: true });
let passed = 0;
let failed = 0;
const check = async (title, args) => {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  const [code] = await once(child, "exit");
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${title}`);
  code === 0 ? passed++ : failed++;
};
if (only.length === 0) {
  // Two at a time: most machines have two cores. Four checkers of types, which is what the compiler takes, find a quarter of it several times.
  const dashboard = check("types of the dashboard", vue)
    .then(() => check("types of the examples", type("examples/tsconfig.json")))
    .then(() => check("lint", ["node_modules/@biomejs/biome/bin/biome", "ci", "."]));
  await check("types", [...type("tsconfig.json"), "--checkers", "1"]);
  await check("build", ["scripts/build.mjs"]);
  await dashboard;
} else build();
const vitest = ["node_modules/vitest/vitest.mjs", "run", ...projects.flatMap((project) => ["--project", project])];
const status = run(process.execPath, [...vitest, "--reporter=default", "--reporter=json", `--outputFile.json=${results}`], {
  mayFail: true,
  env: BUILT,
});
const counts = JSON.parse(readFileSync(results, "utf8"));
const hidden = counts.numTotalTests - counts.numPassedTests - counts.numFailedTests; // skipped or todo: not allowed
passed += counts.numPassedTests;
failed += counts.numFailedTests + hidden + (counts.numFailedTestSuites > 0 && counts.numFailedTests === 0 ? 1 : 0);
if (status !== 0 && failed === 0) failed++; // an error outside any test
writeFileSync(`${ROOT}.tmp/counts-${name}.json`, JSON.stringify({ passed, failed }));
if (hidden > 0) console.log(`${hidden} tests were skipped, which counts as failed`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
