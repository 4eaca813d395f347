// `npm test`: install, types, lint and build, then the quick part of the tests, which guards the main promises. `npm run test:all` (`all`): all
// the rest. Or only the projects of vitest.config.ts that are named. The counts are written for .ci/run; a skipped test counts as failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { BUILT, build, install, isBuilt, QUICK, REST, ROOT, run, TSC } from "./prepare.mjs";

const only = process.argv.slice(2);
const name = only.length > 0 ? only.join("-") : "quick"; // scripts/ci.mjs reads the counts under it
const part = { quick: "quick", all: "full" }[name];
const projects = { quick: QUICK, all: REST }[name] ?? only;
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
if (name === "quick") {
  // Two at a time: most machines have two cores. Four checkers of types, which is what the compiler takes, find a quarter of it several times.
  const dashboard = check("types of the dashboard", vue)
    .then(() => check("types of the examples", type("examples/tsconfig.json")))
    .then(() => check("lint", ["node_modules/@biomejs/biome/bin/biome", "ci", "."]));
  await check("types", [...type("tsconfig.json"), "--checkers", "1"]);
  await check("build", ["scripts/build.mjs"]);
  await dashboard;
} else if (!isBuilt()) build();
const vitest = ["node_modules/vitest/vitest.mjs", "run", ...projects.flatMap((project) => ["--project", project])];
const status = run(process.execPath, [...vitest, "--reporter=default", "--reporter=json", `--outputFile.json=${results}`], {
  mayFail: true,
  env: part === undefined ? BUILT : { ...BUILT, TEST_PART: part },
});
const counts = JSON.parse(readFileSync(results, "utf8"));
const tests = counts.testResults.flatMap(({ assertionResults }) => assertionResults);
/** Those of the other part: vitest calls them skipped. */
const left =
  part === undefined ? [] : tests.filter(({ status, tags }) => status === "skipped" && tags.includes("full") === (part === "quick"));
const hidden = tests.filter(({ status }) => status !== "passed" && status !== "failed").length - left.length;
passed += counts.numPassedTests;
failed += counts.numFailedTests + hidden + (counts.numFailedTestSuites > 0 && counts.numFailedTests === 0 ? 1 : 0);
if (status !== 0 && failed === 0) failed++; // an error outside any test
writeFileSync(`${ROOT}.tmp/counts-${name}.json`, JSON.stringify({ passed, failed }));
if (hidden > 0) console.log(`${hidden} tests were skipped, which counts as failed`);
if (part === "quick") {
  console.log(
    `Not run here: the ${left.length} unit tests that are tagged "full", and the projects ${REST.slice(1).join(", ")}: npm run test:all`,
  );
  console.log("Real captures: npm run test:captures. Hours and millions of rows: npm run test:long. Measures: npm run bench");
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
