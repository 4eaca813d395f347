import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The built CLI. */
export const MAIN = fileURLToPath(new URL("../../dist/bin/dylive.js", import.meta.url));

/** Time after which a wait for a text tells what was printed instead, ms: for whoever reads why a test ran into its limit. */
const TELL_MS = 60_000;

/** What a server says when it is ready, with its address. */
const LISTENS = /listens on (http:\S+)/;

/** A run of the built CLI. */
export interface Run {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** The first match in what it prints; fails when it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts `dylive …`; settings come from `env` only, so that the machine's own do not leak in. */
export function dylive(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  return started(process.execPath, [MAIN, ...args], env);
}

/** Starts any program as {@link dylive}. */
export function started(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const { DYLIVE_SHARED: _, ...rest } = process.env;
  const clean = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith("DYLIVE_") && name !== "DATABASE_URL"));
  const child = spawn(program, args, { env: { ...clean, DYLIVE_LANG: "en", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const listen of listeners) listen();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
  ended.catch(() => {}); // told to who waits for it
  return {
    process: child,
    stdout: () => out,
    stderr: () => err,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(out);
          if (found === null) return;
          clearTimeout(telling);
          listeners.delete(look);
          resolve(found);
        };
        const tell = () => console.error(`${args.join(" ")} has not printed ${pattern} yet:\n${out.slice(-2000)}\n${err.slice(-2000)}`);
        const telling = setTimeout(tell, TELL_MS).unref();
        listeners.add(look);
        look();
        void ended
          .catch(reject)
          .finally(() => clearTimeout(telling))
          .then((code) =>
            reject(new Error(`${program} ${args.join(" ")} ended with ${code} before it printed ${pattern}:\n${out}\n${err}`)),
          );
      }),
  };
}

/** Runs to the end. */
export async function ran(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const run = dylive(args, env);
  const code = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** Starts `dylive serve …`. @returns when it listens, and where */
export async function serving(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ readonly server: Run; readonly base: string }> {
  const server = dylive(["serve", ...args], env);
  return { server, base: (await server.printed(LISTENS))[1] ?? "" };
}

/** A folder that is gone after the test. */
export function scratch(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "dylive-e2e-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** An answer of the compatible interface. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { code: number; msg: string; data: { type: string; msg_id?: string; tid?: string }[] };
}

/** Asks the compatible interface for events. */
export async function chat(base: string, query: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(`${base}/douyin/liveroom/chat?${new URLSearchParams(query)}`);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
