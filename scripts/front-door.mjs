// `node scripts/front-door.mjs`: what README.md says, line by line, as somebody does who has Node, npm, git and curl and nothing else: an empty
// HOME, no cache, a fresh clone of what is committed. The platform is `dylive simulate`: TOKEN, ROOM and DYLIVE_UPSTREAM stand for what a reader fills in.
// `--without-tests` leaves `npm test` out, and says so.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { sectionsOf } from "./front-door/readme.mjs";
import { ROOT } from "./prepare.mjs";

const PROGRAMS =
  "node npm npx git sh bash curl env cat chmod cp date dirname basename ls ln mkdir mv pwd readlink rm sed sleep tr uname which".split(" ");
/** How the registry is reached from this machine; everything else of its environment stays outside. */
const NETWORK =
  /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_(registry|proxy|https_proxy|noproxy|cafile|nodedir))$/i;
/** Commands that run until they are stopped, and what they print when they work. */
const ENDLESS = [
  [/^npm start$/, /^curl "\S+"$/m],
  [/^npx dylive watch /, /^\S.*\n/m],
  [/^npx dylive serve$/, /dylive listens on http:\S+/],
];
const MINUTE_MS = 60_000;
const withoutTests = process.argv.includes("--without-tests");

const folder = mkdtempSync(join(tmpdir(), "dylive-front-door-"));
const clone = join(folder, "dylive");
const bin = join(folder, "bin");
const prefix = join(folder, "prefix");
for (const path of [bin, prefix, join(folder, "home")]) mkdirSync(path);
for (const name of PROGRAMS) {
  const found = process.env.PATH.split(delimiter)
    .map((path) => join(path, name))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`this machine has no ${name}`);
  symlinkSync(found, join(bin, name));
}
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => NETWORK.test(name))),
  ...{ PATH: bin, HOME: join(folder, "home"), LANG: "C.UTF-8", npm_config_prefix: prefix, npm_config_cache: join(folder, "cache") },
};
const words = { TOKEN: "", ROOM: "100000002" };
const started = [];

/** Starts a line in the shell, in a group of its own: Ctrl-C reaches all of it, as in a terminal. */
function start(line, more = {}) {
  const child = spawn("sh", ["-c", line], { cwd: clone, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const run = { line, text: "", err: "", child, ended: new Promise((resolve) => child.on("close", (code) => resolve(code))) };
  child.stdout.setEncoding("utf8").on("data", (text) => (run.text += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (run.err += text));
  started.push(run);
  return run;
}

async function printed(run, pattern) {
  const until = Date.now() + 15 * MINUTE_MS;
  let code = null;
  void run.ended.then((ended) => (code = ended));
  while (!pattern.test(run.text)) {
    if (code !== null) throw new Error(`${run.line} ended with ${code}:\n${run.text}\n${run.err}`);
    if (Date.now() > until) throw new Error(`${run.line} did not print ${pattern}:\n${run.text}\n${run.err}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return pattern.exec(run.text);
}

async function finish(run) {
  const code = await run.ended;
  if (code !== 0) throw new Error(`${run.line} ended with ${code}:\n${run.text}\n${run.err}`);
  return run.text;
}

async function stop(run) {
  process.kill(-run.child.pid, "SIGINT");
  await run.ended;
}

/** One section of the README: its endless commands stay until the next one, and its `curl` lines are given meanwhile, as from another terminal. */
async function follow(lines, upstream) {
  const curls = lines.filter((line) => line.startsWith("curl "));
  for (const line of lines.filter((one) => !one.startsWith("curl "))) {
    const began = Date.now();
    const filled = line.replace(/\b(TOKEN|ROOM)\b/g, (word) => words[word]);
    const [, sign] = ENDLESS.find(([command]) => command.test(line)) ?? [];
    if (line === "npm test" && withoutTests) {
      console.log("     npm test (left out, as asked)");
      continue;
    }
    const run = start(filled, line === "npm start" ? {} : { DYLIVE_UPSTREAM: upstream() });
    if (sign === undefined) await finish(run);
    else {
      await printed(run, sign);
      words.TOKEN = /token=(dyl_[\w-]+)/.exec(run.text + run.err)?.[1] ?? words.TOKEN;
      for (const curl of curls.splice(0)) {
        const answer = await finish(start(curl.replaceAll("TOKEN", words.TOKEN).replaceAll("ROOM", words.ROOM)));
        if (JSON.parse(answer).code !== 200) throw new Error(`${curl} answered ${answer}`);
        console.log(`ok   ${curl}`);
      }
      await stop(run);
    }
    console.log(`ok   ${line}  (${((Date.now() - began) / 1000).toFixed(0)} s)`);
  }
  if (curls.length > 0) throw new Error(`nothing runs that would answer ${curls[0]}`);
}

function tidy() {
  for (const { child } of started.filter((run) => run.child.exitCode === null && run.child.signalCode === null)) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {} // it has ended since
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

for (const [name, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
])
  process.on(name, () => {
    tidy();
    process.exit(code);
  });

let simulator = null;
try {
  const cloned = spawnSync("git", ["clone", "--quiet", ROOT, clone], { env, encoding: "utf8" });
  if (cloned.status !== 0) throw new Error(cloned.stderr);
  const sections = sectionsOf(readFileSync(join(clone, "README.md"), "utf8"));
  const english = sectionsOf(readFileSync(join(clone, "README.en.md"), "utf8"));
  if (JSON.stringify(sections) !== JSON.stringify(english)) throw new Error("README.md and README.en.md name different commands");
  for (const lines of sections) {
    // Once there is a build.
    if (simulator === null && existsSync(join(clone, "dist/bin/dylive.js"))) {
      simulator = start("exec node dist/bin/dylive.js simulate --rate 5");
      await printed(simulator, /^http:\S+$/m);
    }
    await follow(lines, () => simulator?.text.trim().split("\n").at(-1) ?? "");
  }
  if (existsSync(join(prefix, "bin/dylive")))
    console.log(`ok   dylive --version: ${(await finish(start(`${prefix}/bin/dylive --version`))).trim()}`);
  console.log(`README.md does what it says${withoutTests ? ", npm test left out" : ""}`);
} catch (error) {
  console.log(`FAIL ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  tidy();
}
