import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { browserProjects } from "./test/browser/browsers.js";

/** They start the built program, several of it on one database of PostgreSQL, or install it. */
const programTests = ["test/e2e/**/*.test.ts", "test/processes/**/*.test.ts", "test/examples/**/*.test.ts", "test/package/**/*.test.ts"];
/** Its clock waits for the sockets: it is alone, so that what it writes of times is the same everywhere. */
const lockstepTests = ["test/faults/faults.test.ts"];
const contracts = ["test/contracts/**/*.test.ts"];
const smoke = ["test/smoke/**/*.test.ts"];
/**
 * Run with the first browser alone: they need none, or show pages of ours, of which the documentation (`docs-page`) is shown with both, or are
 * of commands whose pages other tests meet (`comments`, `lists`). All that meets the platform's pages runs with both.
 */
const sameInEveryBrowser = [
  "web-build",
  "web-visit",
  "web-room",
  "web-works",
  "web-search",
  "settings",
  "overlay",
  "example",
  "comments-command",
  "lists-command",
].map((name) => `test/browser/${name}.test.ts`);
const apart = [
  ...[...programTests, ...lockstepTests, ...contracts, ...smoke],
  ...["test/captures/**", "test/browser/**", "test/long/**", "test/postgres/**"],
];

// What commands say is compared in English, whatever the language of the machine.
process.env["DYLIVE_LANG"] = "en";

const ROOT = fileURLToPath(new URL("./", import.meta.url));
const TESTS = `${ROOT}test${sep}`;
/** Test files whose source has a text, as patterns. */
const filesWith = (text: string) =>
  readdirSync(TESTS, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && readFileSync(`${TESTS}${name}`, "utf8").includes(text))
    .map((name) => `test/${name.replaceAll("\\", "/")}`);
/** Files of which `npm test` takes a part of the cases, and `npm run test:long` all: see `test/whole.ts`. */
const inParts = filesWith('/whole.js"');

/**
 * The part of the project `unit` that runs: `quick` is all but what is tagged `full` (`npm test`), `full` is just that (`npm run test:all`); all
 * of it without a value. Every other project is of one part as a whole.
 */
const PART = process.env["TEST_PART"];
const unitPart =
  PART === "full" ? { include: filesWith('tags: ["full"]'), tagsFilter: ["full"] } : PART === "quick" ? { tagsFilter: ["!full"] } : {};
const tags = [{ name: "full", description: "takes more than a second, or meets what a quicker test guards: npm run test:all" }];

/**
 * Has tests import `src` and `simulator` as they were just built, which `npm test` asks for: Node loads that by itself and runs it as users do.
 * Vite would transform every file for every project, and each call from one file to another would go through an object: 5 to 10 % of the time.
 */
const built = {
  name: "built",
  enforce: "pre" as const,
  resolveId(source: string, importer: string | undefined) {
    if (importer === undefined || !/^\.\.?\/.*\.js$/.test(source)) return null;
    const file = resolve(dirname(importer), source);
    const isOurs = file.startsWith(`${ROOT}src${sep}`) || file.startsWith(`${ROOT}simulator${sep}`);
    const made = `${ROOT}dist${sep}${file.slice(ROOT.length)}`;
    return isOurs && existsSync(made) ? made : null;
  },
};
const { plugins, deps } =
  process.env["TEST_BUILT"] === "1" ? { plugins: [built], deps: { external: [/[\\/]dist[\\/]/] } } : { plugins: [], deps: {} };

/** A young generation that holds what a test makes: collecting it early was a tenth of the time of the CPU. */
const ROOMY = ["--max-semi-space-size=64"];
/**
 * Tests wait for sockets and clocks more than they compute, so more of them run at once than there are cores. Nothing of ours keeps state in
 * a module, so the files of one process share what they import.
 */
const unit = { isolate: false, execArgv: ROOMY, maxWorkers: 4, sequence: { groupOrder: 1 } };
/** They start programs and browsers, each a core's work. */
const programs = { isolate: false, execArgv: ROOMY, maxWorkers: 4, sequence: { groupOrder: 2 } };

const alone = { isolate: false, maxWorkers: 1, sequence: { groupOrder: 3 } };

/** Begins with the tests of several processes, which take longest: others fill the time beside them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes("/test/processes/");
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: apart, testTimeout: 30_000, ...unit, ...unitPart } },
      {
        test: {
          name: "contracts",
          include: contracts,
          globalSetup: ["test/postgres/setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          ...unit,
        },
      },
      { test: { name: "smoke", include: smoke, testTimeout: 120_000, hookTimeout: 60_000, ...programs } },
      { test: { name: "e2e", include: programTests, testTimeout: 120_000, hookTimeout: 60_000, ...programs } },
      ...browserProjects().map((name, at) => ({
        test: {
          name,
          include: ["test/browser/**/*.test.ts"],
          exclude: at > 0 ? sameInEveryBrowser : [],
          globalSetup: ["test/browser/setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          ...programs,
        },
      })),
      {
        test: {
          name: "postgres",
          include: ["test/postgres/**/*.test.ts"],
          globalSetup: ["test/postgres/setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          ...unit,
        },
      },
      { test: { name: "faults", include: lockstepTests, testTimeout: 30_000, ...alone } },
      { test: { name: "captures", include: ["test/captures/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "long",
          include: ["test/long/**/*.test.ts", ...inParts],
          globalSetup: ["test/postgres/setup.ts"],
          provide: { whole: true },
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ].map(({ test }) => ({ plugins, test: { tags, ...test, server: { deps } } })),
  },
});
