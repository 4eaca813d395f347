import { accessSync, constants, statSync } from "node:fs";
import { posix, win32 } from "node:path";
import { DyliveError } from "../../errors.js";

/** What decides where a machine keeps its programs; from the environment, handed in. */
export interface Machine {
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
/** Where Linux packages put browsers that are on nobody's PATH. */
const LINUX = ["/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge", "/usr/lib/chromium/chromium", "/snap/bin/chromium"] as const;
const MAC = ["Google Chrome", "Microsoft Edge", "Chromium"] as const;
const WINDOWS = [
  ["Google", "Chrome", "Application", "chrome.exe"],
  ["Microsoft", "Edge", "Application", "msedge.exe"],
  ["Chromium", "Application", "chrome.exe"],
] as const;

/**
 * The browser to use: the one that was named, else the first Chrome, Edge or Chromium of this machine.
 * @throws DyliveError no_browser, which says what was looked for
 */
export function findBrowser(named: string | null, machine: Machine, isProgram: (file: string) => boolean = isExecutable): string {
  if (named !== null) {
    if (isProgram(named)) return named;
    throw new DyliveError("no_browser", `${named} is not a program`);
  }
  for (const file of candidates(machine)) if (isProgram(file)) return file;
  const where = machine.platform === "linux" ? "on the PATH and in /opt and /snap" : "in the usual folders";
  throw new DyliveError("no_browser", `neither Chrome, Edge nor Chromium is ${where}`);
}

function candidates({ platform, path, home, programFolders }: Machine): readonly string[] {
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

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
