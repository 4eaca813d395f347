import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

/** A process of a bench that answers one request at a time. */
export class Child {
  readonly #process: ChildProcess;
  #waiting: { resolve: (answer: never) => void; reject: (error: Error) => void } | null = null;

  /** @param core the CPU that it may use, where `taskset` can be had; null for any */
  constructor(module: URL, args: readonly string[], core: number | null) {
    const node = [process.execPath, fileURLToPath(module), ...args];
    const [command = "", ...rest] = core !== null && hasTaskset() ? ["taskset", "-c", String(core), ...node] : node;
    this.#process = spawn(command, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
    this.#process.on("message", (answer) => this.#take()?.resolve(answer as never));
    this.#process.on("exit", (code, signal) => this.#take()?.reject(new Error(`${module.pathname} ended with ${code ?? signal}`)));
  }

  /** Its number for the system; where it is pinned, `taskset` has become it. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  ask<T>(request: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (!this.#process.connected) this.#take()?.reject(new Error("the process has ended"));
      else this.#process.send(request as string);
    });
  }

  end(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #take() {
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting;
  }
}

/** Answers the requests of the parent; the process ends when the parent lets go of it. */
export function answer<Q, A>(handle: (request: Q) => A | Promise<A>): void {
  process.once("disconnect", () => process.exit());
  process.on("message", async (request) => {
    process.send?.(await handle(request as Q));
  });
}

/** The CPU to measure on: the last one, since interrupts mostly go to the first. */
export function measuredCore(): number {
  return availableParallelism() - 1;
}

/** CPU seconds of this process so far, user and system, all threads. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** MB of memory that this process had at most so far, where Linux tells; what a process has now elsewhere. */
export function peakMegabytes(): number {
  // Not maxRSS: that begins with what the parent had when it forked.
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return Math.round(kilobytes === undefined ? process.memoryUsage().rss / 1024 / 1024 : Number(kilobytes) / 1024);
}

/** How processes are pinned, in words. */
export function pinning(): string {
  return hasTaskset() ? `measured process pinned to CPU ${measuredCore()}` : "not pinned (no taskset)";
}

let taskset: boolean | null = null;

function hasTaskset(): boolean {
  taskset ??= spawnSync("taskset", ["-c", String(measuredCore()), "true"]).status === 0;
  return taskset;
}
