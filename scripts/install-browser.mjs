import { spawnSync } from "node:child_process";

const APT_TIMEOUT_MS = 300_000;
const BROWSERS = ["google-chrome", "chromium", "chromium-browser", "microsoft-edge"];
const runs = (program, args, options) => spawnSync(program, args, options).status === 0;
const there = () => process.env.DYLIVE_BROWSER ?? BROWSERS.find((name) => runs(name, ["--version"]));

/**
 * Installs Debian's Chromium where the machine has no browser, so that the tests run with a current one beside npm's. Only where that can be done
 * without asking anybody: the tests run with npm's alone elsewhere, and this never fails.
 *
 * @returns whether the machine has one now, and what was done, for people
 */
export function installBrowser() {
  const own = there();
  if (own !== undefined) return { isThere: true, told: `browser of this machine: ${own}` };
  const none = (why) => ({ isThere: false, told: `this machine has no browser${why}` });
  if (!runs("apt-get", ["--version"])) return none(", and no apt-get to install one with");
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !runs("sudo", ["-n", "true"])) return none("; apt-get needs root, and sudo a password, to install one");
  const apt = (...args) => {
    const command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "--no-install-recommends", ...args];
    const [program, ...rest] = isRoot ? command : ["sudo", "-n", ...command];
    return runs(program, rest, { timeout: APT_TIMEOUT_MS, stdio: ["ignore", "ignore", "inherit"] });
  };
  const done = apt("update") && apt("install", "chromium", "chromium-sandbox") ? there() : undefined;
  return done === undefined
    ? none(", and apt-get could not install one")
    : { isThere: true, told: `browser of this machine, installed now: ${done}` };
}
