// What a fresh clone needs before anything runs: dependencies and a build. Uses only Node and npm.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bill } from "./sbom.mjs";

/** The checkout's folder, with a trailing slash. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Projects of vitest.config.ts that `npm test` runs; of `unit` what is not tagged `full`. */
export const QUICK = ["unit", "contracts", "smoke"];

/** Projects that `npm run test:all` runs; of `unit` what is tagged `full`. */
export const REST = ["unit", "faults", "postgres", "e2e", "browser"];

/** The compiler: TypeScript 7, a fifth of the time. `typescript` itself is version 6, whose interface vue-tsc and tests need. */
export const TSC = "node_modules/typescript7/bin/tsc";

/** Environment of tests that import what was just built: see vitest.config.ts. */
export const BUILT = { ...process.env, TEST_BUILT: "1" };

/** Runs a command in the checkout with its output shown; ends the process with its exit code when it fails. */
export function run(command, args, options = {}) {
  // On Windows npm is a script, which only a shell runs; a shell would take the blank in Node's own path for an end.
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", shell, ...options });
  if (error) throw error;
  if (status !== 0 && !options.mayFail) process.exit(status ?? 1);
  return status ?? 1;
}

/**
 * Installs the dependencies exactly as locked, unless that was done since the lock file changed.
 * @param tools whether the tools of tests and benches (devDependencies, two thirds of all) are needed too
 */
export function install({ tools = true } = {}) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  // Of what builds it, nothing runs on 21, nor on 22 before 22.12.
  if (major < 20 || major === 21 || (major === 20 && minor < 19) || (major === 22 && minor < 12)) {
    console.error(`dylive needs Node 20.19, or 22.12 or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }
  // Packages that another folder lends are not ours to replace: npm ci empties the folder first, also through a link.
  if (lstatSync(`${ROOT}node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const done = `${ROOT}node_modules/.package-lock.json`;
  const { devDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  const isThere = (name) => existsSync(`${ROOT}node_modules/${name}`);
  const isCurrent = existsSync(done) && statSync(done).mtimeMs >= statSync(`${ROOT}package-lock.json`).mtimeMs;
  if (isCurrent && (!tools || Object.keys(devDependencies).every(isThere))) return;
  const what = tools ? "all packages, the tools of the tests among them: 960 MB" : "the packages that it needs: 280 MB";
  step(`installing ${what} on the disk`, () => {
    run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error", ...(tools ? [] : ["--omit=dev"])]);
  });
}

/** Folder in the checkout that a build is made in. */
const MAKING = "dist.new";

/**
 * Compiles src/ and simulator/ to dist/ (their types are checked by `npm test`: here that would be half of the time), puts the program together in
 * dist/bin, what it loads by itself in dist/packages, and the dashboard in dist/web. All is made beside dist/ and takes its place at the end: a
 * server that runs from there meanwhile, or is to run because the build failed, finds a whole one.
 */
export function build() {
  step("building the program and the dashboard", () => {
    rmSync(`${ROOT}${MAKING}`, { recursive: true, force: true });
    run(process.execPath, [TSC, "-p", "tsconfig.build.json", "--noCheck", "--outDir", MAKING]);
    const env = { ...process.env, BUILD_INTO: MAKING };
    const vite = (...args) => run(process.execPath, ["node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", ...args], { env });
    vite("--config", "scripts/program.config.ts");
    vite("--config", "scripts/packages.config.ts");
    vite("web");
    writeFileSync(`${ROOT}${MAKING}/sbom.json`, bill());
    putInPlace();
  });
}

/** Puts the build that was made in the place of the one before. @param root of the checkout, with a slash at its end */
export function putInPlace(root = ROOT) {
  // Windows removes no file that a virus scanner is just reading.
  rmSync(`${root}dist`, { recursive: true, force: true, maxRetries: 10 });
  renameSync(`${root}${MAKING}`, `${root}dist`);
}

/** What the build reads, by names in the checkout. */
const SOURCES = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "proto",
  "scripts",
  "simulator",
  "src",
  "web",
];

/** Returns whether a build was finished after everything that it is made of was last changed. @param root of the checkout, with a slash at its end */
export function isBuilt(root = ROOT) {
  const last = statSync(`${root}dist/sbom.json`, { throwIfNoEntry: false }); // what a build writes last
  if (last === undefined) return false;
  const isOld = (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return true;
    // A folder is changed when a file of it goes.
    return found.mtimeMs <= last.mtimeMs && (!found.isDirectory() || readdirSync(path).every((name) => isOld(`${path}/${name}`)));
  };
  return SOURCES.every((name) => isOld(`${root}${name}`));
}

/** Does something that takes its time, and says so: on stderr, since what a command prints is its reader's. */
function step(what, work) {
  const began = Date.now();
  console.error(`dylive: ${what} …`);
  work();
  console.error(`dylive: done in ${Math.ceil((Date.now() - began) / 1000)} s`);
}
