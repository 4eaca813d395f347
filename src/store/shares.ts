/**
 * Returns how many of the wanted rooms each collector takes: as equal as its capacity allows. Every process that knows the same collectors
 * in the same order comes to the same answer, so none has to decide for the others.
 * @returns numbers in the order of the capacities; together as many as are wanted, or as there is capacity for
 */
export function sharesOf(wanted: number, capacities: readonly number[]): readonly number[] {
  const shares = capacities.map(() => 0);
  // The small ones first: what they cannot take is shared out among the others.
  const order = capacities.map((_, at) => at).sort((a, b) => (capacities[a] ?? 0) - (capacities[b] ?? 0) || a - b);
  let left = wanted;
  for (const [done, at] of order.entries()) {
    const share = Math.min(capacities[at] ?? 0, Math.ceil(left / (order.length - done)));
    shares[at] = share;
    left -= share;
  }
  return shares;
}

/** Returns the rooms above its share that a collector of many keeps: rooms come and go, and each move has its price. */
export function slackOf(share: number): number {
  return Math.floor(share / 16);
}
