/** Returns a metric of what `/metrics` gives, by its name and labels; 0 where it is not there. */
export function figure(figures: string, name: string): number {
  const line = figures.split("\n").find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** Returns the sum of a metric over all its labels. */
export function sumOf(figures: string, name: string): number {
  return figures
    .split("\n")
    .reduce((sum, line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `) ? sum + Number(line.split(" ").at(-1)) : sum), 0);
}

/**
 * Tells by the buckets of a histogram within what half and 99 in 100 of what it counted between two readings were.
 *
 * @returns it in words, and the bound of 99 in 100
 */
export function within(name: string, before: string, after: string): { readonly text: string; readonly most: number } {
  const buckets = [...after.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, "gm"))].map(([, le = "", n]) => {
    const had = figure(before, `${name}_bucket{le="${le}"}`);
    return { le, n: Number(n) - had };
  });
  const all = buckets.at(-1)?.n ?? 0;
  const bucketOf = (share: number) => buckets.findIndex(({ n }) => n >= share * all);
  const most = (share: number, said: string) => {
    const at = bucketOf(share);
    const isBeyond = buckets[at]?.le === "+Inf";
    return `${isBeyond ? "less than " : ""}${said} within ${buckets[isBeyond ? at - 1 : at]?.le ?? "?"} s`;
  };
  const le = buckets[bucketOf(0.99)]?.le;
  return {
    text: `${most(0.5, "half")}, ${most(0.99, "99 in 100")} (bounds of the metric's buckets)`,
    most: le === undefined || le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le),
  };
}

/** Returns in words how many events consumers of the log have not come to, by the metrics that tell it. */
export function behind(figures: string): string {
  const found = [...figures.matchAll(/^dylive_(\w+)_behind_events(?:\{[^}]*\})? (\S+)$/gm)];
  return found.length === 0 ? "not known" : found.map(([, what, n]) => `${what} ${Number(n)}`).join(", ");
}

/** Slope of a line through points, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const over = points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  return points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0) / over;
}

/** Returns what a share of the values is not above; 1: the largest. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Returns times in ms in words. */
export function latencies(values: readonly number[]): string {
  const at = (share: number) => percentile(values, share).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)}, longest ${at(1)} (${values.length})`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
