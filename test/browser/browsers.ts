import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMachine } from "../../src/app/config.js";
import { findBrowser } from "../../src/platform/browser/find.js";
import { DyliveError } from "../../src/runtime/errors.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Unpacks the npm package's browser into the temporary folder, and says where it is. */
const UNPACK = 'import chromium from "@sparticuz/chromium"; process.stdout.write(await chromium.executablePath())';

/** The projects of vitest.config.ts whose tests need a browser. */
export type BrowserProject = "browser" | "browser-npm";

/** The package has a program for Linux on x64 alone. */
const HAS_NPM_BROWSER = process.platform === "linux" && process.arch === "x64";

/**
 * Which of them there are here: `browser` runs with the machine's own Chrome, Edge or Chromium, or the one that DYLIVE_BROWSER names, and with
 * Chromium from npm where there is none; where there is one, `browser-npm` runs with that from npm too.
 */
export function browserProjects(): readonly BrowserProject[] {
  return HAS_NPM_BROWSER && systemBrowser() !== null ? ["browser", "browser-npm"] : ["browser"];
}

/** The program of a project. @throws DyliveError no_browser */
export function browserOf(project: BrowserProject): string {
  const system = project === "browser" ? systemBrowser() : null;
  if (system !== null) return system;
  if (HAS_NPM_BROWSER) return npmBrowser();
  throw new DyliveError("no_browser", "the browser from npm is for Linux on x64, and this machine has none of its own");
}

function systemBrowser(): string | null {
  try {
    return findBrowser(process.env["DYLIVE_BROWSER"] ?? null, readMachine().browsers);
  } catch (error) {
    // One that was named and is not there is a mistake, not a machine without a browser.
    if (process.env["DYLIVE_BROWSER"] === undefined && error instanceof DyliveError && error.code === "no_browser") return null;
    throw error;
  }
}

/**
 * Unpacked once for this checkout, whole or not at all: the package itself takes whatever another process has unpacked so far, or left
 * behind when it was stopped, for the whole program.
 */
function npmBrowser(): string {
  const { version } = JSON.parse(readFileSync(`${ROOT}node_modules/@sparticuz/chromium/package.json`, "utf8")) as { version: string };
  const folder = `${ROOT}.tmp/chromium-${version}`;
  if (!existsSync(folder)) {
    mkdirSync(`${ROOT}.tmp`, { recursive: true });
    const own = mkdtempSync(`${folder}-`);
    execFileSync(process.execPath, ["--input-type=module", "-e", UNPACK], { cwd: ROOT, env: { ...process.env, TMPDIR: own } });
    try {
      renameSync(own, folder);
    } catch {
      rmSync(own, { recursive: true }); // another run was faster
    }
  }
  return join(folder, "chromium");
}
