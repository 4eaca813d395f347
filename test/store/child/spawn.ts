import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** A script of this directory in a process of its own. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** What it prints, line by line. */
  readonly lines: AsyncIterable<string>;
  readonly exited: Promise<void>;
}

/** Starts a script of this directory. */
export async function startChild(script: string, ...args: readonly string[]): Promise<Child> {
  const child = spawn(process.execPath, [await programOf(at(script)), ...args], { stdio: ["pipe", "pipe", "inherit"] });
  return {
    process: child,
    lines: createInterface({ input: child.stdout }),
    exited: new Promise((resolve) => child.once("exit", () => resolve())),
  };
}

const programs = new Map<string, Promise<string>>();

/**
 * Returns a TypeScript file that a process of its own can run, as one file of JavaScript: to read hundreds of them took ten times as long as what
 * most of these processes do. Made anew for each process of tests, from the sources as they are.
 */
export function programOf(path: string): Promise<string> {
  const program = programs.get(path) ?? bundle(path);
  programs.set(path, program);
  return program;
}

async function bundle(path: string): Promise<string> {
  // Packages stay where they are, but for one that is hundreds of files.
  const external = (id: string) => /^(node:|@|[a-z])/.test(id) && !/^typebox(\/|$)/.test(id);
  const made = await rolldown({
    input: path,
    platform: "node",
    external,
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    logLevel: "silent",
  });
  const file = at(`../../../.tmp/children/${basename(path, ".ts")}.mjs`);
  // Whole or not at all: another process of tests may run it just now.
  const own = `${file}-${randomUUID()}`;
  await made.write({ file: own, codeSplitting: false });
  await made.close();
  renameSync(own, file);
  return file;
}
