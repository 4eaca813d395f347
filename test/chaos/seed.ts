import { onTestFailed } from "vitest";

/** Returns the seed of this test's chance, which `CHAOS_SEED` repeats, and has it told when the test fails. */
export function seededBy(): string {
  const seed = process.env["CHAOS_SEED"] ?? String(Math.floor(Math.random() * 2 ** 32));
  onTestFailed(() => console.error(`CHAOS_SEED=${seed} makes the same choices again; when they meet what, is the machine's affair`));
  return seed;
}
