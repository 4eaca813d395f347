// `npm test`: install, build, then types, lint, unit, PostgreSQL, end-to-end and browser tests. Nothing is skipped; the counts are written for .ci/run.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build, install, ROOT, run } from "./prepare.mjs";

const only = process.argv.slice(2); // vitest projects; all that need nothing but the checkout by default
const projects = only.length > 0 ? only : ["unit", "faults", "postgres", "cluster", "e2e", "browser"];
const name = only.length > 0 ? only.join("-") : "all"; // scripts/ci.mjs reads the counts under it
const results = `${ROOT}.tmp/vitest-${name}.json`;

install();
mkdirSync(`${ROOT}.tmp`, { recursive: true });
rmSync(results, { force: true });
let passed = 0;
let failed = 0;
const check = (title, args) => {
  const ok = run(process.execPath, args, { mayFail: true }) === 0;
  console.log(`${ok ? "ok  " : "FAIL"} ${title}`);
  ok ? passed++ : failed++;
};
if (only.length === 0) {
  check("types", ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json"]);
  check("types of the examples", ["node_modules/typescript/bin/tsc", "-p", "examples/tsconfig.json"]);
  check("types of the dashboard", ["node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit", "-p", "web/tsconfig.json"]);
  check("lint", ["node_modules/@biomejs/biome/bin/biome", "ci", "."]);
}
build();
const vitest = ["node_modules/vitest/vitest.mjs", "run", ...projects.flatMap((project) => ["--project", project])];
const status = run(process.execPath, [...vitest, "--reporter=default", "--reporter=json", `--outputFile.json=${results}`], {
  mayFail: true,
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
