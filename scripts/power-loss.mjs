// `node scripts/power-loss.mjs [SECONDS] [MOMENTS]` (Linux with strace; 30 and 100): what a power loss may leave of a server's data folder.
// A built server collects two simulated rooms, makes tokens and erases people while strace notes each write, flush and change of a name. From
// these notes the folder is built again as it may be after a loss of power at random moments: without what was not flushed, with all of it, with
// some of its writes, and with some of their sectors of 512 bytes. In each, everything that clients were told by then must be there, and the
// database whole; in some `dylive check` must find nothing. Ends with 1 where something is missing. Figures: docs/measured.md.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { ROOT } from "./prepare.mjs";

const [seconds = 30, moments = 100, from = Date.now() % 1e6] = process.argv.slice(2).map(Number);
const MAIN = `${ROOT}dist/bin/dylive.js`;
const folder = mkdtempSync(join(tmpdir(), "dylive-power-"));
const DATA = join(folder, "data");
const TRACE = join(folder, "trace");
const LOST = join(folder, "lost");
/** Ways in which what was not flushed may have come to the disk all the same. */
const WAYS = ["none of it", "all of it", "some writes", "some sectors", "some sectors"];
const CALLS =
  "openat,pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,mkdir";

let seed = from;
function random() {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 2 ** 32;
}

/** Runs a server under strace, with clients. */
async function record() {
  const { startSimulator } = await import(`${ROOT}dist/simulator/index.js`);
  const simulator = await startSimulator({ rateFactor: 40 });
  const rooms = ["100000002", "100000006"];
  const tracing = ["-f", "-y", "-xx", "-s", "4000000", "--seccomp-bpf", "-e", `trace=${CALLS}`, "-e", "signal=none", "-o", TRACE];
  const serve = [MAIN, "serve", "--upstream", simulator.url, ...rooms.flatMap((room) => ["--watch", room])];
  const env = { ...process.env, DYLIVE_DATA: DATA, DYLIVE_PORT: "0", DYLIVE_RECORD: "on", DYLIVE_LOG_LEVEL: "warn" };
  const server = spawn("strace", [...tracing, process.execPath, ...serve], { env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve, reject) => server.once("exit", resolve).once("error", reject));
  ended.catch(() => {}); // told below
  let said = "";
  server.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  while (!/listens on \S+/.test(said)) await Promise.race([sleep(50), ended.then((code) => Promise.reject(new Error(`ended: ${code}`)))]);
  const base = /listens on (\S+)/.exec(said)[1];
  const token = readFileSync(join(DATA, "admin-token"), "utf8").trim();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const post = (path, body) => fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) }).then((answer) => answer.text());
  const people = new Set();
  const stop = new AbortController();
  const reading = (async () => {
    const asked = `${base}/v1/events/stream?rooms=${rooms.join(",")}&after=0&types=*`;
    const lines = createInterface({ input: (await fetch(asked, { headers, signal: stop.signal })).body });
    for await (const line of lines) for (const [, id] of line.matchAll(/"user":\{"id":"(\d+)"/g)) people.add(id);
  })().catch(() => {});
  for (let n = 1, end = Date.now() + seconds * 1000; Date.now() < end; n++) {
    await post("/v1/tokens", { name: `t${n}`, scope: "read" });
    const [one] = people;
    if (n % 12 === 0 && people.delete(one)) await post("/v1/erase", { user: one });
    await sleep(200);
  }
  stop.abort();
  await reading;
  process.kill(JSON.parse(readFileSync(join(DATA, "server.pid"), "utf8")).pid, "SIGTERM");
  await ended;
  await simulator.close();
}

const bytesOf = (hex) => Buffer.from(hex.replaceAll("\\x", ""), "hex");
const stringsIn = (text) => [...text.matchAll(/"((?:\\x..)*)"/g)].map(([, hex]) => bytesOf(hex));

/** Reads strace's notes: calls on the data folder when they ended, and what was written to sockets when that began. */
async function* steps() {
  const begun = new Map();
  let at = 0;
  for await (const line of createInterface({ input: createReadStream(TRACE) })) {
    at++;
    const [, thread, text] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    if (text === undefined) continue;
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text);
    if (resumed === null) yield* told(text);
    if (text.endsWith("<unfinished ...>")) {
      begun.set(thread, { text: text.slice(0, -"<unfinished ...>".length).trimEnd(), at });
      continue;
    }
    const whole = resumed === null ? { text, at } : { text: begun.get(thread)?.text + resumed[1], at: begun.get(thread)?.at };
    const step = stepOf(whole.text);
    if (step !== null) yield { ...step, at, began: whole.at };
  }
}

/** What a write to a socket tells a client: events with their seqs, and tokens. */
function* told(text) {
  const path = /^(?:write|writev|sendto|sendmsg)\(\d+<((?:\\x..)+)>/.exec(text)?.[1];
  if (path === undefined || !bytesOf(path).toString().startsWith("socket:")) return;
  const sent = Buffer.concat(stringsIn(text)).toString();
  const events = [...sent.matchAll(/"seq":(\d+),"id":"([^"]+)","room":(\d+)/g)].map(([, seq, id, room]) => ({
    room,
    seq: Number(seq),
    id,
  }));
  const tokens = [...sent.matchAll(/"token":"(dyl_[\w-]+)"/g)].map(([, token]) => createHash("sha256").update(token).digest("hex"));
  if (events.length + tokens.length > 0) yield { kind: "told", events, tokens };
}

function stepOf(text) {
  const name = /^\w+/.exec(text)?.[0];
  const result = Number(/.*\)\s*= (-?\d+)/s.exec(text)?.[1] ?? -1);
  if (name === undefined || result < 0) return null;
  const handle = /^\w+\(\d+<((?:\\x..)+)>/.exec(text)?.[1];
  const given = stringsIn(text);
  const path =
    handle === undefined
      ? String(given[0] ?? "")
      : bytesOf(handle)
          .toString()
          .replace(/ \(deleted\)$/, "");
  if (!path.startsWith(DATA)) return null;
  if (name === "openat") return text.includes("O_CREAT") ? { kind: "made", path, isEmptied: text.includes("O_TRUNC") } : null;
  if (name === "mkdir") return { kind: "folder", path };
  if (name.startsWith("unlink")) return { kind: "gone", path };
  if (name.startsWith("rename") || name.startsWith("link"))
    return { kind: name.startsWith("link") ? "linked" : "moved", path, to: String(given[1]) };
  if (name === "ftruncate") return { kind: "cut", path, size: Number(/, (\d+)\)/.exec(text)?.[1]) };
  if (name.endsWith("sync")) return { kind: "flushed", path };
  const data = Buffer.concat(given).subarray(0, result);
  // Where there is no offset it goes to the end: Node's appendFile, and files that are written from their beginning.
  return {
    kind: "written",
    path,
    data,
    offset: name === "pwrite64" ? Number(/, \d+, (\d+)\)/.exec(text.slice(text.lastIndexOf('"')))?.[1]) : null,
  };
}

/** A disk that keeps what was flushed. */
class Disk {
  #files = new Map();
  #kept = new Map();
  /** Files without a name, which are still written. */
  #nameless = new Map();
  /** Changes of names, in order, that their folder has not been flushed since. */
  #changes = [];

  take(step) {
    const { kind, path, at } = step;
    const file = this.#files.get(path) ?? this.#nameless.get(path);
    if (kind === "made" && this.#files.has(path)) step.isEmptied && file.waiting.push({ at, size: 0 });
    else if (kind === "made" || kind === "folder") {
      const made = { bytes: Buffer.alloc(0), waiting: [], isFolder: kind === "folder" };
      this.#change(step, path, (names) => names.set(path, made));
    } else if (file === undefined && kind !== "flushed") return;
    else if (kind === "gone") {
      this.#nameless.set(path, file);
      this.#change(step, path, (names) => names.delete(path));
    } else if (kind === "moved" || kind === "linked")
      this.#change(step, step.to, (names) => names.set(step.to, file) && kind === "moved" && names.delete(path));
    else if (kind === "cut") file.waiting.push({ at, size: step.size });
    else if (kind === "written") file.waiting.push({ at, data: step.data, offset: step.offset ?? sizeOf(file) });
    else if (kind === "flushed") this.#flush(file, step);
  }

  #change({ at }, path, apply) {
    apply(this.#files);
    this.#changes.push({ at, folder: dirname(path), apply });
  }

  #flush(file, { path, began }) {
    if (file === undefined || file.isFolder) {
      for (const { at, folder: of, apply } of this.#changes) if (of === path && at < began) apply(this.#kept);
      this.#changes = this.#changes.filter(({ at, folder: of }) => of !== path || at >= began);
      return;
    }
    for (const write of file.waiting) if (write.at < began) file.bytes = withWrite(file.bytes, write);
    file.waiting = file.waiting.filter(({ at }) => at >= began);
  }

  /** Writes into a folder what a loss of power now may leave. */
  lose(way, to) {
    const names = new Map(this.#kept);
    const shares = new Map();
    // A file system with a journal keeps the order of changes in a folder.
    for (const { folder: of } of this.#changes) shares.set(of, way === "none of it" ? 0 : way === "all of it" ? 1 : random());
    const passed = new Map();
    for (const { folder: of, apply } of this.#changes) {
      const n = (passed.get(of) ?? 0) + 1;
      passed.set(of, n);
      if (n <= shares.get(of) * this.#changes.filter((change) => change.folder === of).length) apply(names);
    }
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to);
    for (const [path, file] of names) {
      const at = to + path.slice(DATA.length);
      mkdirSync(file.isFolder ? at : dirname(at), { recursive: true });
      if (!file.isFolder)
        writeFileSync(at, file.waiting.flatMap((write) => arrived(write, way)).reduce(withWrite, file.bytes), { mode: 0o600 });
    }
  }
}

function arrived(write, way) {
  if (way === "none of it") return [];
  if (way === "all of it") return [write];
  if (way === "some writes" || write.data === undefined) return random() < 0.5 ? [write] : [];
  const sectors = [];
  for (let at = 0; at < write.data.length; ) {
    const end = Math.min(write.data.length, at + 512 - ((write.offset + at) % 512));
    if (random() < 0.5) sectors.push({ data: write.data.subarray(at, end), offset: write.offset + at });
    at = end;
  }
  return sectors;
}

function withWrite(bytes, { data, offset, size }) {
  const length = size ?? Math.max(bytes.length, offset + data.length);
  const next = Buffer.alloc(length);
  bytes.copy(next);
  data?.copy(next, offset);
  return next;
}

function sizeOf({ bytes, waiting }) {
  return waiting.reduce((length, { data, offset, size }) => size ?? Math.max(length, offset + data.length), bytes.length);
}

/** Names what a folder lacks of what was told. */
function* missing(folder, events, tokens) {
  let database;
  try {
    database = new Database(join(folder, "dylive.sqlite"), { fileMustExist: true });
    const [{ integrity_check: whole }] = database.pragma("integrity_check");
    if (whole !== "ok") yield `the database is damaged: ${whole}`;
    if (events.size + tokens.size === 0) return;
    const hashes = new Set(database.prepare("SELECT hash FROM tokens").pluck().all());
    for (const token of tokens) if (!hashes.has(token)) yield "a token";
    const rows = database.prepare("SELECT room || ' ' || seq AS place, CAST(id AS TEXT) AS id FROM events").all();
    const ids = new Map(rows.map(({ place, id }) => [place, id]));
    // Ids of our own name a person, who may have been erased since.
    for (const [place, id] of events)
      if (ids.get(place)?.split(".")[0] !== id.split(".")[0]) yield `event ${place} ${id}, there is ${ids.get(place)}`;
  } catch (error) {
    if (events.size + tokens.size > 0) yield `the database cannot be read: ${error.message}`;
  } finally {
    database?.close();
  }
}

await record();
const all = [];
for await (const step of steps()) all.push(step);
const disk = new Disk();
const events = new Map();
const tokens = new Set();
const sums = { folders: 0, checked: 0, missing: 0 };
for (const [index, step] of all.entries()) {
  if (step.kind === "told") {
    for (const { room, seq, id } of step.events) events.set(`${room} ${seq}`, id);
    for (const token of step.tokens) tokens.add(token);
  } else disk.take(step);
  if (random() * (all.length - index) >= moments - sums.folders / WAYS.length) continue;
  for (const way of WAYS) {
    disk.lose(way, LOST);
    sums.folders++;
    const lacks = [...missing(LOST, events, tokens)];
    if (lacks.length === 0 && tokens.size > 0 && random() < 0.1) {
      sums.checked++;
      const said = execFileSync(process.execPath, [MAIN, "check"], {
        env: { ...process.env, DYLIVE_DATA: LOST },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      if (said !== "nothing is wrong\n") lacks.push(said);
    }
    for (const lack of lacks) console.log(`moment ${index}, ${way} came to the disk: ${lack}`);
    sums.missing += lacks.length;
  }
}
rmSync(folder, { recursive: true, force: true });
console.log(`seed ${from}: ${all.length} steps, ${events.size} events and ${tokens.size} tokens were told`);
console.log(`${sums.folders} folders after a loss of power, ${sums.checked} looked at by dylive check: ${sums.missing} things missing`);
process.exit(sums.missing > 0 || events.size === 0 ? 1 : 0);
