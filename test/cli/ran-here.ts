import { programFor } from "../../src/cli/program.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** What a command printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, as `dylive …` would. @throws what it fails with */
export function ranHere(args: readonly string[]): Promise<Printed> {
  return printedBy(async () => {
    const program = await programFor(args[0] ?? null);
    await program.parseAsync(["node", "dylive", ...args]);
  });
}

/** Returns what some work prints. */
export async function printedBy(work: () => Promise<unknown>): Promise<Printed> {
  const printed = { stdout: "", stderr: "" };
  const heeded = SIGNALS.map((name) => process.listeners(name));
  const writes = [process.stdout, process.stderr].map((stream, at) => {
    const { write } = stream;
    stream.write = ((text: string | Uint8Array, ...rest: readonly unknown[]) => {
      printed[at === 0 ? "stdout" : "stderr"] += String(text);
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return true;
    }) as typeof write;
    return () => {
      stream.write = write;
    };
  });
  try {
    await work();
  } finally {
    for (const restore of writes) restore();
    // A command heeds signals until its process ends.
    for (const [at, name] of SIGNALS.entries())
      for (const listener of process.listeners(name)) if (!heeded[at]?.includes(listener)) process.off(name, listener);
  }
  return printed;
}
