import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dylive, MAIN, type Run, scratch, started } from "../e2e/command.js";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));

/** The room of the demo in which gifts are given. */
export const ROOM = "100000002";

/** The file of an example. */
export const example = (name: string) => join(EXAMPLES, name);

/** `dylive demo`, and what examples need of it. */
export interface Stage {
  readonly base: string;
  readonly token: string;
  /** Data folder of the demo, for commands beside it. */
  readonly data: string;
  /** A folder for files of the test. */
  readonly folder: string;
  /** Starts an example with Node; it is ended with the stage. */
  node(name: string, args: readonly string[], env?: Readonly<Record<string, string>>): Run;
  /** Starts another program, with these in front of everything in PATH. */
  program(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Run;
  /** Puts a program of one line of shell in front of everything in PATH; `dylive` is there already. */
  stub(name: string, lines: string): void;
  close(): Promise<void>;
}

/** Starts the demo on a free port, with its room collected. */
export async function openStage(): Promise<Stage> {
  const dir = scratch();
  const demo = dylive(["demo"], { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" });
  const runs = [demo];
  const [, base = "", token = ""] = await demo.printed(/curl "(http:\/\/[^/]+)\/douyin\/liveroom\/chat\?token=([\w-]+)/);
  const bin = join(dir.path, "bin");
  mkdirSync(bin);
  const data = join(dir.path, "demo");
  const env = { PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`, DYLIVE_DATA: data };
  const keep = (run: Run) => {
    runs.push(run);
    return run;
  };
  const stub = (name: string, lines: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  stub("dylive", `exec '${process.execPath}' '${MAIN}' "$@"`);
  await (await fetch(`${base}/douyin/liveroom/chat?token=${token}&room_id=${ROOM}&wait=20`)).text(); // collected from now on
  return {
    ...{ base, token, data, folder: dir.path, stub },
    node: (name, args, more = {}) => keep(started(process.execPath, [example(name), ...args], { ...env, ...more })),
    program: (program, args, more = {}) => keep(started(program, args, { ...env, ...more })),
    async close() {
      for (const run of runs) run.process.kill("SIGTERM");
      await Promise.allSettled(runs.map(({ ended }) => ended));
      dir.remove();
    },
  };
}
