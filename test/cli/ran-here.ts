import { programFor } from "../../src/cli/program.js";

/** What a command printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, as `dylive …` would. @throws what it fails with */
export async function ranHere(args: readonly string[]): Promise<Printed> {
  const printed = { stdout: "", stderr: "" };
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
    const program = await programFor(args[0] ?? null);
    await program.parseAsync(["node", "dylive", ...args]);
  } finally {
    for (const restore of writes) restore();
  }
  return printed;
}
