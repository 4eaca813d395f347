/** Runs every case once per round, in an order that is random in each. @returns the result of each case, round by round */
export async function interleave<K extends string>(
  cases: readonly K[],
  rounds: number,
  run: (name: K) => Promise<number>,
  after: (round: number) => void = () => {},
): Promise<Record<K, number[]>> {
  const results = Object.fromEntries(cases.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(cases)) results[name].push(await run(name));
    after(round);
  }
  return results;
}

/** The median of the ratios that two cases had in the same round: what slows the machine for a while slows both. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** `512.3 k (480.1-530.9)`: the median and the range. */
export function summary(values: readonly number[]): string {
  const k = (value: number) => (value / 1000).toFixed(1);
  return `${k(median(values))} k (${k(Math.min(...values))}-${k(Math.max(...values))})`;
}

/** The same values in a random order. */
export function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
