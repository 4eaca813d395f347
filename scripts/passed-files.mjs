// `node scripts/passed-files.mjs` (after `npm run build`): through how many files of src/ the main ways lead, as they run: a frame until a reader
// of Server-Sent Events has it, a long poll, a webhook's delivery, `room add`, a figure on the page. V8 counts which functions are called; a file
// counts when one of its functions was, the body of the module apart. With DATABASE_URL also `room add` on PostgreSQL. `--list` names the files.
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./prepare.mjs";

const ROUNDS = 6; // a way has the files that every round of it passed: timers of something else do not hit each
const work = mkdtempSync(join(tmpdir(), "dylive-passed-"));
const counting = join(work, "count.mjs");
// Starts counting in the process that loads it; a line on its channel ends a round and answers with the scripts that ran in it.
writeFileSync(
  counting,
  `import { Session } from "node:inspector";
  const session = new Session();
  session.connect();
  const post = (name, options) => new Promise((resolve, reject) => session.post(name, options, (error, result) => (error ? reject(error) : resolve(result))));
  await post("Profiler.enable");
  await post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  process.on("message", async () => {
    const { result } = await post("Profiler.takePreciseCoverage");
    process.send(result.filter(({ functions }) => functions.some((f) => f.functionName !== "" && f.ranges[0].count > 0)).map(({ url }) => url));
  });
  process.channel?.unref();`,
);
const children = new Set();

/** Starts a program of dist/. @returns it, with what it has printed so far and a promise of text that it prints */
function start(args, { env = {}, counted = false } = {}) {
  const child = spawn(process.execPath, [...(counted ? ["--import", counting] : []), "dist/src/cli/main.js", ...args], {
    cwd: ROOT,
    env: { ...process.env, DYLIVE_DATA: join(work, "data"), ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  children.add(child);
  const ended = new Promise((resolve) => child.on("exit", (code) => resolve(children.delete(child) && code)));
  let text = "";
  const waiting = new Set();
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      text += chunk;
      for (const look of waiting) look();
    });
  const says = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(text);
        if (match) resolve(match);
        return match !== null;
      };
      waiting.add(look);
      if (!look()) void ended.then((code) => reject(new Error(`${args[0]} ended with ${code}:\n${text}`)));
    });
  const passed = () =>
    new Promise((resolve) => {
      child.once("message", resolve);
      child.send("round");
    });
  return { child, says, ended, passed };
}

/** Files of src/ among scripts, generated ones apart. */
const own = (urls) =>
  new Set(urls.flatMap((url) => /\/dist\/(src\/.*)\.js$/.exec(url)?.[1] ?? []).filter((file) => !file.includes("/gen/")));

/** Waits three times: what comes first was on its way when the round began. */
async function thrice(wait) {
  for (let i = 0; i < 3; i++) await wait();
}

/** The files that all rounds of a way passed. */
async function way(server, round) {
  let all = null;
  for (let i = 0; i < ROUNDS; i++) {
    await server.passed();
    await round();
    const files = own(await server.passed());
    all = all === null ? files : new Set([...all].filter((file) => files.has(file)));
  }
  return all;
}

function tell(what, files) {
  console.log(`${what.padEnd(58)}${files.size}`);
  if (process.argv.includes("--list")) for (const file of [...files].sort()) console.log(`  ${file}`);
}

/** The files that a command passes from its start to its end. */
async function command(args, env = {}) {
  const coverage = mkdtempSync(join(work, "coverage-"));
  const code = await start(args, { env: { NODE_V8_COVERAGE: coverage, ...env } }).ended;
  if (code !== 0) throw new Error(`dylive ${args.join(" ")} ended with ${code}`);
  const scripts = readdirSync(coverage).flatMap((name) => JSON.parse(readFileSync(join(coverage, name), "utf8")).result);
  const ran = scripts.filter(({ functions }) => functions.some((f) => f.functionName !== "" && f.ranges[0].count > 0));
  return own(ran.map(({ url }) => url));
}

async function main() {
  const simulator = start(["simulate", "--port", "0", "--rate", "5"]);
  const [upstream] = await simulator.says(/http:\/\/127\.0\.0\.1:\d+/);
  mkdirSync(join(work, "data"));
  const made = start(["token", "create", "--name", "passed", "--scope", "admin"]);
  const [, token] = await made.says(/^(\S{20,})\s*$/m);
  await made.ended;
  const serve = async () => {
    const server = start(["serve", "--port", "0", "--upstream", upstream], { counted: true });
    const [base] = await server.says(/http:\/\/127\.0\.0\.1:\d+/);
    const call = async (path, options = {}) => {
      const reply = await fetch(`${base}${path}`, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
      if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
      return reply;
    };
    return { ...server, call };
  };

  const headers = { "content-type": "application/json" };
  const live = await serve();
  await live.call("/v1/rooms", { method: "POST", headers, body: JSON.stringify({ room: "100000002" }) });
  const reader = new EventEmitter();
  const stream = await live.call("/v1/events/stream?rooms=100000002");
  const reading = (async () => {
    for await (const chunk of stream.body) reader.emit("chunk", chunk);
  })().catch(() => {}); // the server ends it
  await once(reader, "chunk");
  tell("(a) a frame, until a reader of Server-Sent Events has it", await way(live, () => thrice(() => once(reader, "chunk"))));
  await live.call("/v1/rooms/100000002", { method: "DELETE" });
  live.child.kill("SIGTERM");
  await Promise.all([live.ended, reading]);

  const quiet = await serve();
  const poll = async (query) => (await quiet.call(`/v1/rooms/100000002/events?${query}`)).json();
  const { next } = await poll("limit=1");
  const found = await way(quiet, () => poll("after=0&limit=1&wait=1"));
  const waited = await way(quiet, () => poll(`after=${next}&wait=1`));
  tell("(b) a long poll that finds something, or waits", new Set([...found, ...waited]));
  const events = [];
  const target = createServer((request, reply) => {
    request.resume().on("end", () => {
      reply.end();
      for (const event of events.splice(0)) event();
    });
  });
  await new Promise((resolve) => target.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${target.address().port}/`;
  const body = JSON.stringify({ url, allowPrivate: true, maxEvents: 1 });
  const hook = await (await quiet.call("/v1/hooks", { method: "POST", headers, body })).json();
  const delivered = () => new Promise((resolve) => events.push(resolve));
  const first = delivered();
  await quiet.call(`/v1/hooks/${hook.about.id}/replay`, { method: "POST", headers, body: JSON.stringify({ room: "100000002", seq: 1 }) });
  await first;
  tell("(c) a webhook's delivery", await way(quiet, () => thrice(delivered)));
  tell("(e) a figure on the page", await way(quiet, () => quiet.call("/v1/rooms/100000002/summary")));
  quiet.child.kill("SIGTERM");
  await quiet.ended;
  target.close();
  tell("(d) room add, SQLite", await command(["room", "add", "100000003", "--upstream", upstream]));
  if (process.env.DATABASE_URL) tell("(d) room add, PostgreSQL", await command(["room", "add", "100000003", "--upstream", upstream]));
}

try {
  await main();
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(work, { recursive: true, force: true });
}
