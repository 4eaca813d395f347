import { accessSync, constants, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";

/** Facts that decide where a machine keeps its programs. */
interface Surroundings {
  readonly platform: NodeJS.Platform;
  /** PATH */
  readonly path: string;
  /** The user's home folder, "" when unknown. */
  readonly home: string;
  /** Windows: Program Files, its x86 twin and the user's own. */
  readonly programFolders: readonly string[];
}

/** Names on the PATH of Linux, best known first. */
const COMMANDS = [
  "google-chrome",
  "google-chrome-stable",
  "chromium",
  "chromium-browser",
  "microsoft-edge",
  "microsoft-edge-stable",
  "chrome",
] as const;
/** Paths where Linux packages put browsers that are not on the PATH. */
const LINUX = ["/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge", "/usr/lib/chromium/chromium", "/snap/bin/chromium"] as const;
const MAC = ["Google Chrome", "Microsoft Edge", "Chromium"] as const;
const WINDOWS = [
  ["Google", "Chrome", "Application", "chrome.exe"],
  ["Microsoft", "Edge", "Application", "msedge.exe"],
  ["Chromium", "Application", "chrome.exe"],
] as const;

/** Lists where Chrome, Edge or Chromium may be on a machine, best first. Knows names only; {@link findBrowser} checks what is there. */
export function browserPlaces({ platform, path, home, programFolders }: Surroundings): readonly string[] {
  switch (platform) {
    case "darwin":
      return ["/Applications", posix.join(home, "Applications")].flatMap((folder) =>
        MAC.map((name) => posix.join(folder, `${name}.app`, "Contents", "MacOS", name)),
      );
    case "win32":
      return WINDOWS.flatMap((parts) => programFolders.map((folder) => win32.join(folder, ...parts)));
    default: {
      const folders = path.split(":").filter((folder) => folder.startsWith("/"));
      return [...COMMANDS.flatMap((name) => folders.map((folder) => posix.join(folder, name))), ...LINUX];
    }
  }
}

/**
 * Finds the browser to use: the one that was named, else the first that is in a place of the machine's.
 *
 * @param named program that the operator chose; then nothing else is looked for
 * @param places see {@link browserPlaces}; none means that the machine has no browser, whatever is installed
 * @throws DyliveError no_browser
 */
export function findBrowser(named: string | null, places: readonly string[], isProgram: (file: string) => boolean = isExecutable): string {
  if (named !== null) {
    if (isProgram(named)) return named;
    throw new DyliveError("no_browser", msg`${named} is not a program`);
  }
  const found = places.find(isProgram);
  if (found === undefined) throw new DyliveError("no_browser", "neither Chrome, Edge nor Chromium is in any of the usual places");
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
