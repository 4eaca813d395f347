const FIRST_MS = 1_000;
const MOST_MS = 15_000;

/** How long to wait before try number `attempt` (from 1) to connect again. Cut by chance, so that many tabs do not come back together. */
export function retryMs(attempt: number, chance: number): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + chance / 2));
}

/** How a stream is doing. */
export type LinkState = { readonly name: "connecting" } | { readonly name: "open" } | { readonly name: "retrying"; readonly at: number };
