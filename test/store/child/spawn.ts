import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A script of this directory in a process of its own. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** What it prints, line by line. */
  readonly lines: AsyncIterable<string>;
  readonly exited: Promise<void>;
}

/** Starts a script of this directory. */
export function startChild(script: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, ["--import", at("register.mjs"), at(script), ...args], { stdio: ["pipe", "pipe", "inherit"] });
  return {
    process: child,
    lines: createInterface({ input: child.stdout }),
    exited: new Promise((resolve) => child.once("exit", () => resolve())),
  };
}
