import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

/** Between two looks at a server. */
const EVERY_MS = 50;

/** Asks for `/healthz` again and again from a thread of its own, so that what an attack costs us does not look like the server's. */
const PROBE = `
const { parentPort, workerData } = require("node:worker_threads");
const http = require("node:http");
let worst = 0;
let count = 0;
let began = 0;
function look() {
  began = performance.now();
  const done = () => {
    const ms = performance.now() - began;
    worst = Math.max(worst, ms);
    count++;
    began = 0;
    setTimeout(look, ${EVERY_MS});
  };
  http.get(workerData + "/healthz", { agent: false }, (answer) => answer.resume().on("end", done)).on("error", done);
}
parentPort.on("message", () => {
  // Also what it still waits for.
  if (began > 0) worst = Math.max(worst, performance.now() - began);
  parentPort.postMessage({ worst, count });
  worst = 0;
  count = 0;
});
look();
`;

/** What a server did under an attack. */
export interface Watched {
  /** ms of the slowest answer to a look at its health. */
  readonly healthMs: number;
  readonly looks: number;
  /** Most memory that it had, in MB. */
  readonly mostMb: number;
}

/** Looks at a server's health and memory from outside while something is done to it. */
export class Watch {
  readonly #probe: Worker;
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #mostMb = 0;

  constructor(base: string, pid: number) {
    this.#pid = pid;
    this.#probe = new Worker(PROBE, { eval: true, workerData: base });
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** What was seen since the last call. */
  async seen(): Promise<Watched> {
    this.#look();
    const got = await new Promise<{ worst: number; count: number }>((resolve) => {
      this.#probe.once("message", resolve);
      this.#probe.postMessage(null);
    });
    const mostMb = this.#mostMb;
    this.#mostMb = 0;
    return { healthMs: Math.round(got.worst), looks: got.count, mostMb };
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
