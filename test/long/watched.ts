import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

/** Between two looks at a server. */
const EVERY_MS = 50;

/** Asks for `/healthz` again and again from a thread of its own, so that what an attack costs us does not look like the server's. */
const PROBE = `
const { parentPort, workerData } = require("node:worker_threads");
const { readFileSync } = require("node:fs");
const http = require("node:http");
/** ms for which the main thread of a process could have run and had no core. Counted when it gets one: a thread that has just answered has. */
function coreless(pid) {
  try {
    return Number(readFileSync("/proc/" + pid + "/task/" + pid + "/schedstat", "utf8").split(" ")[1]) / 1e6;
  } catch {
    return 0; // not Linux, or it has ended
  }
}
/** Asks again and again; gives what was seen since it was asked last. */
function looking(base, pid) {
  let worst = 0;
  let longest = 0;
  let count = 0;
  let began = 0;
  let before = 0;
  const waited = () => performance.now() - began - (coreless(pid) - before);
  function look() {
    before = coreless(pid);
    began = performance.now();
    const done = () => {
      worst = Math.max(worst, waited());
      longest = Math.max(longest, performance.now() - began);
      count++;
      began = 0;
      setTimeout(look, ${EVERY_MS});
    };
    // Each on a connection of its own.
    http.get(base + "/healthz", { agent: false }, (answer) => answer.resume().on("end", done)).on("error", done);
  }
  look();
  return () => {
    // Also what it still waits for.
    const seen = { worst: Math.max(worst, began > 0 ? waited() : 0), longest: Math.max(longest, began > 0 ? performance.now() - began : 0), count };
    worst = 0;
    longest = 0;
    count = 0;
    return seen;
  };
}
const server = looking(workerData.server, workerData.pid);
const idle = looking(workerData.idle, null);
parentPort.on("message", () => parentPort.postMessage({ server: server(), idle: idle() }));
`;

/** A server that does nothing else: what is asked of it takes as long as the machine keeps everybody waiting. */
const IDLE = `
const server = require("node:http").createServer((_request, response) => response.end("{}"));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

/** What a server did under an attack. */
export interface Watched {
  /** ms of the slowest answer to a look at its health, less those for which the machine had no core for its main thread. */
  readonly healthMs: number;
  /** ms of the slowest answer by the clock alone. */
  readonly clockMs: number;
  readonly looks: number;
  /** The same of a server that does nothing else. */
  readonly idleMs: number;
  /** Most memory that it had, in MB. */
  readonly mostMb: number;
}

/** Looks at a server's health and memory from outside while something is done to it. */
export class Watch {
  readonly #probe: Worker;
  readonly #idle: ChildProcess;
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #mostMb = 0;

  private constructor(base: string, pid: number, idle: ChildProcess, idleBase: string) {
    this.#pid = pid;
    this.#idle = idle;
    this.#probe = new Worker(PROBE, { eval: true, workerData: { server: base, idle: idleBase, pid } });
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  static async begin(base: string, pid: number): Promise<Watch> {
    const idle = spawn(process.execPath, ["-e", IDLE], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(idle.stdout, "data");
    return new Watch(base, pid, idle, `http://127.0.0.1:${String(port).trim()}`);
  }

  /** What was seen since the last call. */
  async seen(): Promise<Watched> {
    this.#look();
    const got = await new Promise<Record<"server" | "idle", { worst: number; longest: number; count: number }>>((resolve) => {
      this.#probe.once("message", resolve);
      this.#probe.postMessage(null);
    });
    const mostMb = this.#mostMb;
    this.#mostMb = 0;
    const { server, idle } = got;
    return {
      healthMs: Math.round(server.worst),
      clockMs: Math.round(server.longest),
      looks: server.count,
      idleMs: Math.round(idle.worst),
      mostMb,
    };
  }

  /** Waits until its last look is over, so that what an earlier attack kept waiting is not this one's. */
  async settled(): Promise<void> {
    for (let looks = 0; looks < 2; ) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      looks += (await this.seen()).looks;
    }
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#idle.kill("SIGKILL");
    await this.#probe.terminate();
  }

  #look(): void {
    try {
      const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#pid}/status`, "utf8"))?.[1];
      this.#mostMb = Math.max(this.#mostMb, Math.round(Number(kb ?? 0) / 1024));
    } catch {
      // It has ended: what was seen stays.
    }
  }
}
