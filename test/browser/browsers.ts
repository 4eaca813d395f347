import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readMachine } from "../../src/config.js";
import { DyliveError } from "../../src/errors.js";
import { findBrowser } from "../../src/sources/browser/find.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Unpacks the npm package's browser into the temporary folder, and says where it is. */
const UNPACK = 'import chromium from "@sparticuz/chromium"; process.stdout.write(await chromium.executablePath())';

/** The projects of vitest.config.ts whose tests need a browser, each with the browser that it has. */
export type BrowserProject = "browser" | "browser-system";

/**
 * Which of them there are here: `browser` runs with Chromium from npm, so that a machine with nothing but npm can, and `browser-system` with
 * the machine's own Chrome, Edge or Chromium, or the one that DYLIVE_BROWSER names. Where there is neither, `browser` says so.
 */
export function browserProjects(): readonly BrowserProject[] {
  const system = systemBrowser() === null ? [] : (["browser-system"] as const);
  // The package has a program for Linux on x64 alone.
  const npm = (process.platform === "linux" && process.arch === "x64") || system.length === 0 ? (["browser"] as const) : [];
  return [...npm, ...system];
}

/** The program of a project. @throws DyliveError no_browser */
export function browserOf(project: BrowserProject): string {
  if (project === "browser-system") return findBrowser(process.env["DYLIVE_BROWSER"] ?? null, readMachine().browsers);
  if (process.platform === "linux" && process.arch === "x64") return npmBrowser();
  throw new DyliveError("no_browser", "the browser from npm is for Linux on x64, and this machine has none of its own");
}

function systemBrowser(): string | null {
  try {
    return browserOf("browser-system");
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
