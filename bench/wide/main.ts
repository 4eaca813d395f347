import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { Child } from "../child.js";
import { claim } from "../claims.js";
import { type PostgresServer, startPostgres } from "../postgres/server.js";
import type { BareQuestion } from "./bare.js";
import { behind, figure, latencies, percent, percentile, slope, sumOf, within } from "./figures.js";
import type { PlatformQuestion } from "./platform.js";
import { Process } from "./process.js";
import type { ServerQuestion } from "./server.js";

// One process with very many rooms, each with a real socket to the simulator in another process: what it costs and how it answers. CPU time
// is the process's own, by /proc; beside a time by the clock is what is left of it without waits of the process's main thread for a core.
const option = (name: string, usual: number) =>
  Number(process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual);
const quick = process.argv.includes("--quick");
const ROOMS = option("rooms", quick ? 300 : 10_000);
/** Rooms in which people talk, and for how long; 0 leaves that part out. */
const BUSY = option("busy", quick ? 100 : 2_000);
const MINUTES = option("minutes", quick ? 1 : 30);
/** Requests to the platform a second, and half of the connections: more than the simulator answers on this machine would only be asked again. */
const RATE = option("rate", 200);
/** Whether the browser signs, as with the platform itself; else the simulator's own signer. */
const byBrowser = process.argv.includes("--signer=browser");
/** Whether the process is a collector of a cluster, which stores into PostgreSQL and answers nobody: for rooms in which people talk. */
const inCluster = process.argv.includes("--database=postgres");
/** Folder that profiles of the process and a snapshot of its heap are written to, for the browser's tools. */
const profiles = process.argv.find((one) => one.startsWith("--profiles="))?.slice(11) ?? null;
/** Messages a second of a busy room, and of how many rooms the cost of a message is compared with that of many. */
const PER_SECOND = option("per-second", 5);
const FEW = 20;
/** Whether the run is as large, as busy and as long as what is asked is asked of: others have figures and no verdict. */
const isFull = ROOMS >= 10_000;
const isFullyBusy = BUSY >= 2_000 && PER_SECOND === 5 && MINUTES >= 30;
/** What a process that keeps up stores of what is sent, and within how many s 99 in 100 of it. */
const KEPT_UP = 0.95;
const LATE_S = 5;
/** A quiet room: one person comes in 20 to 60 seconds. */
const QUIET = { join: 40 } as const;

/** The rooms of the first part, as claims name them. */
const QUIET_ROOMS = `${ROOMS} quiet rooms${byBrowser ? ", signed by one browser" : ""}`;
/** Where events go, as claims name it. */
const INTO = inCluster ? ", by a collector of a cluster" : "";

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const folder = mkdtempSync(`${tmpdir()}/dylive-wide-`);
const children = new Set<Child>();
const databases: PostgresServer[] = [];
try {
  console.log(`Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}, ${new Date().toISOString()}`);
  if (ROOMS > 0 && !inCluster) await quietRooms();
  if (BUSY > 0) {
    const few = await busyRooms(FEW, Math.min(MINUTES, 2), null);
    claimBusy(few, await busyRooms(BUSY, MINUTES, few));
  }
} finally {
  for (const child of children) child.end();
  for (const database of databases) await database.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** Platform and server with so many rooms, all of them connected. */
interface Running {
  readonly platform: <A>(question: PlatformQuestion) => Promise<A>;
  readonly data: string;
  readonly token: string;
  readonly server: Server;
}

/** A server that was started. */
interface Server {
  readonly child: Child;
  readonly process: Process;
  readonly url: string;
  /** ms from its start until it answered, and until all rooms were connected. */
  readonly answeredMs: number;
  readonly connectedMs: number;
}

async function running(
  name: string,
  count: number,
  everySeconds: Extract<PlatformQuestion, { what: "open" }>["everySeconds"],
): Promise<Running> {
  const rooms = Array.from({ length: count }, (_, i) => String(200_000_000 + i));
  const platform = childOf("platform.js");
  const upstream = await platform.ask<string>({ what: "open", rooms, everySeconds } satisfies PlatformQuestion);
  const data = `${folder}/${name}`;
  Object.assign(process.env, {
    ...{ DYLIVE_DATA: data, DYLIVE_UPSTREAM: upstream, DYLIVE_PORT: "0", DYLIVE_LOG_LEVEL: "error" },
    ...{ DYLIVE_REQUESTS_PER_S: String(RATE), DYLIVE_CONNECTS_PER_S: String(2 * RATE), DYLIVE_ACCOUNT: "guest" },
    ...(inCluster && { DATABASE_URL: await emptyDatabase(), DYLIVE_ROLE: "collect", DYLIVE_CAPACITY: String(count) }),
    ...(byBrowser && { DYLIVE_SIGNER: "browser", DYLIVE_ROOMS_PER_CONTEXT: "100" }),
  });
  const filling = childOf("server.js");
  const token = await filling.ask<string>({ what: "fill", rooms } satisfies ServerQuestion);
  end(filling);
  const server = await started(count, token);
  return { platform: (question) => platform.ask(question), data, token, server };
}

/** Starts another server of PostgreSQL than the one before, whose commits are on disk. @returns the address of its database */
async function emptyDatabase(): Promise<string> {
  for (const before of databases.splice(0)) await before.remove();
  const database = await startPostgres({ durable: true, settings: ["shared_buffers=512MB", "max_wal_size=4GB", "wal_level=replica"] });
  databases.push(database);
  return `${database.url}/postgres`;
}

/** Starts the server on what is there, and waits until all rooms are connected. */
async function started(count: number, token: string): Promise<Server> {
  const child = childOf("server.js");
  const began = performance.now();
  const url = await child.ask<string>({ what: "start" } satisfies ServerQuestion);
  await get(url, token, "/healthz");
  const answeredMs = performance.now() - began;
  const slow: number[] = [];
  const stop = every(100, async () => {
    slow.push((await get(url, token, "/healthz")).ms);
  });
  let connected = 0;
  for (let at = 0; connected < count; ) {
    await sleep(2000);
    const figures = (await get(url, token, "/metrics")).body;
    connected = figure(figures, 'dylive_sessions{state="connected"}');
    const second = Math.round((performance.now() - began) / 1000);
    if (second >= at + 10) {
      console.log(`  ${second} s: ${connected} of ${count} rooms connected`);
      at = second;
    }
    if (second > 1800) throw new Error(`${connected} of ${count} rooms connected after ${second} s`);
  }
  const connectedMs = performance.now() - began;
  await stop();
  console.log(`  /healthz while the rooms were connected: ${latencies(slow)}`);
  const reconnects = sumOf((await get(url, token, "/metrics")).body, "dylive_reconnects_total");
  console.log(`  connections opened more than once by then: ${reconnects}`);
  return { child, process: new Process(child.pid), url, answeredMs, connectedMs };
}

/** Claims something of all quiet rooms of which less is better. @param most what is asked of as many as are asked for; null: nothing */
function claimMost(
  what: string,
  value: number,
  unit: string,
  most: number | null,
  { more = "", rival = null }: { readonly more?: string; readonly rival?: string | null } = {},
): void {
  const asked = most === null || !isFull ? null : { text: `at most ${most}${unit}`, met: value <= most };
  claim({ what: `${QUIET_ROOMS}: ${what}`, figure: `${value.toFixed(unit === " MB" ? 0 : 1)}${unit}${more}`, rival, asked });
}

/** Claims how late answers come, by the clock. @param share of them that come within it; 1 for the longest */
function claimAnswers(what: string, { wall, own }: Took, share: number): void {
  const of = share === 1 ? `, the longest of ${wall.length}` : "";
  const more = `${of} (${percentile(own, share).toFixed(1)} ms less waits for a core)`;
  claimMost(`${what}, ${share === 1 ? "longest" : "p99"}`, percentile(wall, share), " ms", 100, { more });
}

async function quietRooms(): Promise<void> {
  console.log(`\n${ROOMS} rooms, in each a person comes in 20 to 60 s${byBrowser ? ", signed by a browser" : ""}`);
  const { platform, token, server } = await running("quiet", ROOMS, QUIET);
  say("first start: first answer", `${server.answeredMs.toFixed(0)} ms`);
  const sockets = ((1000 * ROOMS) / server.connectedMs).toFixed(0);
  claim({
    what: `${QUIET_ROOMS}: opened`,
    figure: `${sockets} a second, at most ${RATE} requests a second being allowed`,
    rival: null,
    asked: null,
  });
  // Until each room has shown its pace: before, silence is asked about, and a room that is asked about connects again.
  await sleep(quick ? 20_000 : 150_000);
  const { process: ours, url } = server;
  claimMost("CPU", await cpuOver("CPU, quiet rooms", ours, quick ? 15 : 60), " % of a core", null);
  await profile(server, "quiet");
  claimMost("memory of the process", ours.residentMb(), " MB", 1_000);
  await platform({ what: "hush", on: true });
  await sleep(2000);
  const beating = await cpuOver("CPU, heartbeats alone", ours, quick ? 15 : 28);
  await profile(server, "heartbeats");
  await platform({ what: "hush", on: false });
  await answers(server, token, quick ? 10 : 60);
  await streams(server, token, quick ? 10 : 30);
  if (profiles !== null) await server.child.ask({ what: "heap", file: `${profiles}/quiet.heapsnapshot` } satisfies ServerQuestion);
  const stopping = performance.now();
  await server.child.ask({ what: "stop" } satisfies ServerQuestion);
  const stoppedMs = performance.now() - stopping;
  end(server.child);
  say("stop", `${(stoppedMs / 1000).toFixed(1)} s`);
  const again = await started(ROOMS, token);
  claimMost("from a start to the first answer", again.answeredMs / 1000, " s", 5);
  claimMost("from a start until all rooms are connected again", again.connectedMs / 1000, " s", 5);
  say("start again: all connected", `${(again.connectedMs / 1000).toFixed(1)} s, ${again.process.cpuSeconds().toFixed(1)} s of CPU time`);
  say("memory after it", `${again.process.residentMb()} MB`);
  await get(url, token, "/healthz").catch(() => {});
  endAll();
  const bare = await bareSockets(ROOMS);
  const rival = `so many sockets of ws and nothing else: ${bare.toFixed(1)} %`;
  claimMost("CPU, heartbeats alone", beating, " % of a core", 5, { rival });
}

/** @returns the CPU time of a process that only has so many sockets of ws with the same heartbeats, % of a core */
async function bareSockets(sockets: number): Promise<number> {
  const url = await childOf("bare.js").ask<string>({ what: "listen" } satisfies BareQuestion);
  const child = childOf("bare.js");
  await child.ask({ what: "connect", url, sockets } satisfies BareQuestion);
  await sleep(15_000); // each has sent its first
  const ours = new Process(child.pid);
  const used = await cpuOver("bare sockets of ws, heartbeats alone", ours, quick ? 15 : 28);
  say("memory of bare sockets", `${ours.residentMb()} MB`);
  endAll();
  return used;
}

/** Notes where the CPU time goes, if that was asked. */
async function profile({ child }: Server, name: string): Promise<void> {
  if (profiles === null) return;
  await child.ask({ what: "profile", seconds: 15, file: `${profiles}/${name}.cpuprofile` } satisfies ServerQuestion);
}

/** Times of answers in ms: by the clock, and less what the process's main thread waited for a core meanwhile. */
interface Took {
  readonly wall: number[];
  readonly own: number[];
}

/** Asks as clients do, and tells how long each kind of answer took. */
async function answers({ url, process: ours }: Server, token: string, seconds: number): Promise<void> {
  const pages = {
    "/healthz": () => "/healthz",
    "/v1/rooms?limit=50": () => "/v1/rooms?limit=50",
    "/v1/rooms/:room": () => `/v1/rooms/${1 + Math.floor(Math.random() * ROOMS)}`,
    "/v1/rooms/:room/events": () => `/v1/rooms/${1 + Math.floor(Math.random() * ROOMS)}/events?after=0&limit=100`,
    "/v1/search?types=state": () => "/v1/search?types=state",
    "/v1/search?q=": () => `/v1/search?q=${encodeURIComponent("不会有人这么说")}`,
    "/metrics": () => "/metrics",
  } as const;
  const cpu = ours.cpuSeconds();
  const began = performance.now();
  const took = new Map<string, Took>(Object.keys(pages).map((page) => [page, { wall: [], own: [] }]));
  for (let n = 0; performance.now() - began < 1000 * seconds; n++) {
    for (const [page, path] of Object.entries(pages)) {
      if (page === "/metrics" && n % 20 !== 0) continue;
      const waited = ours.waitedMs();
      const { ms, status } = await get(url, token, path());
      if (status !== 200) throw new Error(`${page} answered ${status}`);
      took.get(page)?.wall.push(ms);
      took.get(page)?.own.push(Math.max(0, ms - (ours.waitedMs() - waited)));
    }
    await sleep(200);
  }
  const ended = (performance.now() - began) / 1000;
  for (const [page, times] of took) {
    say(page, `${latencies(times.wall)}; less what its thread waited for a core: ${latencies(times.own)}`);
    claimAnswers(`\`${page}\``, times, page === "/metrics" ? 1 : 0.99); // too few for a p99
  }
  say("CPU meanwhile", `${((100 * (ours.cpuSeconds() - cpu)) / ended).toFixed(1)} % of a core`);
}

/** Opens streams of all rooms that nobody reads, and asks for health meanwhile. */
async function streams({ url, process: ours }: Server, token: string, seconds: number): Promise<void> {
  const open = Array.from({ length: 20 }, () => {
    const asked = request(`${url}/v1/rooms/stream`, { headers: { authorization: `Bearer ${token}` }, agent: false });
    asked.on("response", (response) => response.pause());
    asked.on("error", () => {});
    asked.end();
    return asked;
  });
  const cpu = ours.cpuSeconds();
  const [wall, own]: [number[], number[]] = [[], []];
  const began = performance.now();
  while (performance.now() - began < 1000 * seconds) {
    const waited = ours.waitedMs();
    const { ms } = await get(url, token, "/healthz");
    wall.push(ms);
    own.push(Math.max(0, ms - (ours.waitedMs() - waited)));
    await sleep(50);
  }
  say("/healthz beside 20 unread streams of all rooms", `${latencies(wall)}; less waits: ${latencies(own)}`);
  claimAnswers("`/healthz` beside 20 unread streams of all rooms", { wall, own }, 0.99);
  say("CPU with them", `${((100 * (ours.cpuSeconds() - cpu)) / ((performance.now() - began) / 1000)).toFixed(1)} % of a core`);
  for (const one of open) one.destroy();
}

/** What rooms in which people talk took. */
interface Busy {
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** Messages that were sent, and events that were stored meanwhile. */
  readonly sent: number;
  readonly stored: number;
  /** What part of the events that those messages make was stored, by the rooms that were measured before; 1 for those. */
  readonly share: number;
  /** s within which 99 in 100 events are stored after they were sent, and that in words. */
  readonly lateS: number;
  readonly late: string;
  /** Part of a core that the process took before anything came; null where that was not looked at. */
  readonly idle: number | null;
}

/** @param few the same in few rooms, which is kept up with; null: these are those */
async function busyRooms(count: number, minutes: number, few: Busy | null): Promise<Busy> {
  console.log(`\n${count} rooms of ${PER_SECOND} messages a second, ${minutes} min`);
  const { platform, token, server, data } = await running(`busy-${count}`, count, {});
  const { process: ours, url } = server;
  if (few === null) await sleep(10_000); // a process that has just begun does more
  const idle = few === null ? (await cpuOver("CPU before anything comes", ours, 20)) / 100 : null;
  await platform({ what: "load", perSecond: PER_SECOND });
  await sleep(quick ? 5_000 : 60_000);
  const sentBefore = await platform<number>({ what: "sent" });
  const before = (await get(url, token, "/metrics")).body;
  const [threads, written] = [ours.threadSeconds(), ours.writtenBytes()];
  const [cpu, began] = [ours.cpuSeconds(), performance.now()];
  const database = databases[0]?.pid === undefined ? null : new Process(databases[0].pid);
  const databaseCpu = database?.childrenCpuSeconds() ?? 0;
  const memory: (readonly [minute: number, mb: number])[] = [];
  while (performance.now() - began < 60_000 * minutes) {
    await sleep(5_000);
    memory.push([(performance.now() - began) / 60_000, ours.residentMb()]);
  }
  const sent = (await platform<number>({ what: "sent" })) - sentBefore;
  const after = (await get(url, token, "/metrics")).body;
  const used = ours.cpuSeconds() - cpu;
  const [usedByMain = 0, ...usedByOthers] = [...ours.threadSeconds()].map(([id, seconds]) => seconds - (threads.get(id) ?? 0));
  const usedByBusiest = Math.max(...usedByOthers);
  const writtenBytes = ours.writtenBytes() - written;
  const usedByDatabase = database === null ? null : database.childrenCpuSeconds() - databaseCpu;
  const seconds = (performance.now() - began) / 1000;
  const stored = sumOf(after, "dylive_events_total") - sumOf(before, "dylive_events_total");
  await profile(server, `busy-${count}`);
  if (profiles !== null) await server.child.ask({ what: "heap", file: `${profiles}/busy-${count}.heapsnapshot` } satisfies ServerQuestion);
  await platform({ what: "load", perSecond: 0 });
  const micros = (ofCpu: number) => ((1e6 * ofCpu) / stored).toFixed(0);
  const cost = `${micros(used)} µs an event (main thread ${micros(usedByMain)}, the busiest other ${micros(usedByBusiest)}), ${(writtenBytes / 1000 / stored).toFixed(1)} kB written`;
  const share = few === null ? 1 : stored / (sent * (few.stored / few.sent));
  say("stored", `${stored} events, ${(stored / seconds).toFixed(0)} a second, of ${sent} messages that were sent: ${percent(share)}`);
  const cores = `${((100 * used) / seconds).toFixed(0)} % of a core`;
  say("CPU and disk", `${cores}, ${cost}`);
  if (usedByDatabase !== null) say("CPU of PostgreSQL", `${micros(usedByDatabase)} µs an event`);
  say("events behind at the end", behind(after));
  const late = within("dylive_event_lag_seconds", before, after);
  say("lag, platform's time to stored", late.text);
  const held = within("dylive_event_loop_held_seconds", before, after);
  say("longest hold of the loop in a second", held.text);
  const settled = memory.filter(([minute]) => minute >= minutes / 3);
  const grew = `${memory.at(-1)?.[1]} MB at the end, ${slope(settled).toFixed(2)} MB a minute over the last two thirds, at most ${ours.peakMb()} MB`;
  say("memory", grew);
  say(
    "gaps, reconnects",
    `${sumOf(after, "dylive_gaps_total") - sumOf(before, "dylive_gaps_total")}, ${sumOf(after, "dylive_reconnects_total") - sumOf(before, "dylive_reconnects_total")}`,
  );
  if (few !== null) {
    const rooms = `${count} rooms of ${PER_SECOND} messages a second for ${minutes} min${INTO}`;
    claim({ what: `${rooms}: lag`, figure: late.text, rival: null, asked: null });
    claim({
      what: `${rooms}: stored`,
      figure: `${(stored / seconds).toFixed(0)} events a second, ${percent(share)} of those that were sent, by ${cores}, ${cost}${usedByDatabase === null ? "" : `, and ${micros(usedByDatabase)} µs of PostgreSQL's`}; behind: ${behind(after)}`,
      rival: null,
      asked: null,
    });
    claim({ what: `${rooms}: longest hold of the event loop in each second`, figure: held.text, rival: null, asked: null });
    claim({ what: `${rooms}: memory`, figure: grew, rival: null, asked: null });
  }
  endAll();
  rmSync(data, { recursive: true, force: true });
  return { cpuSeconds: used, seconds, sent, stored, share, lateS: late.most, late: late.text, idle };
}

/** Claims what an event costs in many rooms against what it costs in few. Who stores less than comes has saved nothing. */
function claimBusy(few: Busy, many: Busy): void {
  const idle = few.idle ?? 0;
  const micros = ({ cpuSeconds, seconds, stored }: Busy, less = 0) => (1e6 * (cpuSeconds - less * seconds)) / stored;
  const ratio = micros(many) / micros(few);
  const keptUp = many.share >= KEPT_UP && many.lateS <= LATE_S;
  const [fewLess, manyLess] = [micros(few, idle), micros(many, idle)];
  const net = `${fewLess > 0 ? (manyLess / fewLess).toFixed(2) : "?"}× less what a process takes to which nothing comes`;
  const behind = keptUp ? "" : `; it did not keep up: ${percent(many.share)} of the events that were sent are stored, ${many.late}`;
  claim({
    what: `CPU time of a message in ${BUSY} rooms of ${PER_SECOND} a second${INTO}`,
    figure: `${ratio.toFixed(2)}× (${net})${behind}`,
    rival: `one in ${FEW} rooms: ${micros(few).toFixed(0)} µs, ${(micros(few) - fewLess).toFixed(0)} of them by a process to which nothing comes`,
    asked: isFullyBusy && !inCluster ? { text: "at most 1.3×", met: ratio <= 1.3 && keptUp } : null,
  });
}

/** @returns the process's CPU time over some seconds, % of a core; says beside it what of that the main thread's was */
async function cpuOver(what: string, ours: Process, seconds: number): Promise<number> {
  const [cpu, main, began] = [ours.cpuSeconds(), ours.mainSeconds(), performance.now()];
  await sleep(1000 * seconds);
  const share = (used: number) => (100 * used) / ((performance.now() - began) / 1000);
  const all = share(ours.cpuSeconds() - cpu);
  say(what, `${all.toFixed(1)} % of a core (main thread ${share(ours.mainSeconds() - main).toFixed(1)} %) over ${seconds} s`);
  return all;
}

function get(url: string, token: string, path: string): Promise<{ readonly status: number; readonly body: string; readonly ms: number }> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` }, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8"), ms: performance.now() - began }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

function say(what: string, value: string): void {
  console.log(`${what.padEnd(36)} ${value}`);
}

function childOf(file: string): Child {
  const child = new Child(new URL(file, import.meta.url), [], null);
  children.add(child);
  return child;
}

function end(child: Child): void {
  child.end();
  children.delete(child);
}

function endAll(): void {
  for (const child of [...children]) end(child);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Does something again and again, one at a time. @returns what ends that */
function every(ms: number, work: () => Promise<void>): () => Promise<void> {
  let over = false;
  const done = (async () => {
    while (!over) {
      await work();
      await sleep(ms);
    }
  })();
  return () => {
    over = true;
    return done;
  };
}
