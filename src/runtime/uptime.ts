import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Time that a machine has been running, sleep included. */
export interface Uptime {
  /** Name of the start that it counts from: equal in two processes only where their `ms` count from one moment. */
  readonly start: string;
  readonly ms: number;
}

/** Time that a reading is good for, in ms: the system's own costs a file to be opened, which is too much for every frame. */
const FRESH_MS = 1000;

let start: string | null = null;
let read = { ms: 0, at: Number.NEGATIVE_INFINITY };

/** Reads how long this machine has been running, to 20 ms on Linux and to a second elsewhere. */
export function readUptime(): Uptime {
  const at = performance.now();
  if (at - read.at > FRESH_MS) read = { ms: uptime() * 1000, at };
  start ??= nameOfStart();
  return { start, ms: read.ms + at - read.at };
}

/**
 * Returns a name of the machine's start. Linux names each start of the kernel (`man 5 proc`, random/boot_id); a container may count its
 * uptime from its own start (lxcfs), which shows in the start of its first process. Elsewhere no start has a name that two processes could
 * compare.
 */
function nameOfStart(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const first = readFileSync("/proc/1/stat", "utf8");
    const startedAt = first.slice(first.lastIndexOf(")") + 2).split(" ")[19]; // field 22; the name before it may hold blanks
    return `${boot}:${startedAt}`;
  } catch {
    return `process:${randomUUID()}`;
  }
}
