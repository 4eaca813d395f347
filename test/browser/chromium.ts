import chromium from "@sparticuz/chromium";
import { DyliveError } from "../../src/errors.js";
import { findBrowser } from "../../src/sources/browser/find.js";

/** The system's browser, else the one that comes as an npm package: a machine with nothing but npm passes. */
export async function testBrowser(): Promise<string> {
  try {
    const { platform, env } = process;
    const programFolders = [env["PROGRAMFILES"], env["PROGRAMFILES(X86)"], env["LOCALAPPDATA"]].flatMap((folder) => folder ?? []);
    return findBrowser(env["DYLIVE_BROWSER"] ?? null, { platform, path: env["PATH"] ?? "", home: env["HOME"] ?? "", programFolders });
  } catch (error) {
    if (!(error instanceof DyliveError) || process.platform !== "linux") throw error;
    return chromium.executablePath();
  }
}
