/**
 * Reasons why nobody can tell how many messages there were: all sessions are one visitor; none came while two visitors were connected
 * together for a whole slice of time; what came then has nothing in common; three of them contradict one another, so their samples are not
 * independent; or the platform counts them itself, as it does likes: all sessions are sent the same ones, and its count says that there are more.
 */
export const WHOLE_UNKNOWN = ["one_visitor", "no_common_time", "nothing_shared", "contradiction", "platform_counts"] as const;
export type WholeUnknown = (typeof WHOLE_UNKNOWN)[number];

/**
 * Whether samples that an estimate is made of are independent, as it assumes. `checked`: three visitors or more were connected, and what two of
 * them lack of what the third has agrees with chance, where it would not if they were sent alike. `assumed`: nothing can show it. Two samples
 * look the same if each holds most of the whole and if both are the same part of it.
 */
export const INDEPENDENCE = ["checked", "assumed"] as const;

/**
 * Estimate of how many messages there were, from two samples of them: Chapman's, with the exact 95 % interval of what the samples share
 * (hypergeometric), several times summed by the method of variance estimates recovery (Zou and Donner 2008).
 */
export interface WholeEstimate {
  /** Different messages received while at least two visitors were connected; the estimate is of the whole in that time. */
  readonly received: number;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Where it is `assumed`, `received` is all that is certain. */
  readonly independence: (typeof INDEPENDENCE)[number];
}

/** Estimates the whole from each time in which at least two visitors were connected. */
export function wholeOf(
  groups: readonly { readonly up: number; readonly counts: ReadonlyMap<number, number> }[],
  visitors: readonly number[],
): WholeEstimate | WholeUnknown {
  let [received, estimate, below, above] = [0, 0, 0, 0];
  let isShared = true;
  /** Sets of visitors of whose messages an estimate is made, and those whose samples could be told from dependent ones. */
  const used: number[] = [];
  const checked: number[] = [];
  for (const { up, counts } of groups) {
    const standing = [...new Set(visitors.filter((_, i) => (up & (1 << i)) !== 0))];
    if (standing.length < 2) continue;
    // By visitors: what two sessions of one visitor are given is one sample.
    const brought = new Map<number, number>();
    for (const [bits, n] of counts) {
      const by = visitors.reduce((sum, visitor, i) => ((bits & up & (1 << i)) === 0 ? sum : sum | (1 << visitor)), 0);
      if (by !== 0) brought.set(by, (brought.get(by) ?? 0) + n);
    }
    if (brought.size === 0) continue;
    const samples = standing.map((visitor) => 1 << visitor);
    const all = samples.reduce((sum, sample) => sum | sample, 0);
    const dependence = dependenceOf(brought, samples);
    if (dependence === "dependent" || areAtOdds(brought, samples)) return "contradiction";
    if (dependence === "none") checked.push(all);
    const [first, second, both] = twoSamples(brought, largest(brought, samples), all);
    if (both === 0) isShared = false;
    if (both === 0) continue; // it says nothing: there may be any number
    const [low, high] = intervalOf(first, second, both);
    const whole = ((first + 1) * (second + 1)) / (both + 1) - 1;
    used.push(all);
    received += sizeOf(brought);
    estimate += whole;
    below += Math.max(0, whole - low) ** 2;
    above += Math.max(0, high - whole) ** 2;
  }
  if (received === 0) return isShared ? "no_common_time" : "nothing_shared";
  return {
    received,
    estimate: Math.round(Math.max(received, estimate)),
    low: Math.max(received, Math.round(estimate - Math.sqrt(below))),
    high: Math.max(received, Math.round(estimate + Math.sqrt(above))),
    // Those who were checked together are so too while one of them is away.
    independence: used.every((one) => checked.some((set) => (one & ~set) === 0)) ? "checked" : "assumed",
  };
}

/**
 * Tells whether pairs of samples contradict one another, as they do where the platform gives some of them the same on purpose. The more pairs,
 * the wider the interval of each, so that chance alone hardly makes more of them a contradiction than of the three of three samples.
 */
function areAtOdds(brought: ReadonlyMap<number, number>, samples: readonly number[]): boolean {
  const pairs = samples.flatMap((one, i) => samples.slice(i + 1).map((other) => twoSamples(brought, one, other)));
  if (pairs.length < 3) return false;
  const intervals = pairs.map((pair) => intervalOf(...pair, (3 * BEYOND) / pairs.length));
  return Math.max(...intervals.map(([low]) => low)) > Math.min(...intervals.map(([, high]) => high));
}

/** Chance below which what two samples share of a third one is no chance, in all pairs and thirds together. */
const HARDLY = 0.005;

/**
 * Looks at each sample for what two others have of it: of independent ones, each has its share of what the other has and of what it lacks.
 * `none` is that there would be something to see if two lacked the same; null, that nothing can be seen, as with two samples or with three
 * that lack nothing of each other.
 */
function dependenceOf(brought: ReadonlyMap<number, number>, samples: readonly number[]): "dependent" | "none" | null {
  const tests = samples.flatMap((third) => {
    const others = samples.filter((one) => one !== third);
    return others.flatMap((one, i) => others.slice(i + 1).map((other) => ({ third, one, other })));
  });
  let canTell = false;
  for (const { third, one, other } of tests) {
    let [size, first, second, both] = [0, 0, 0, 0];
    for (const [by, n] of brought) {
      if ((by & third) === 0) continue;
      size += n;
      if ((by & one) !== 0) first += n;
      if ((by & other) !== 0) second += n;
      if ((by & one) !== 0 && (by & other) !== 0) both += n;
    }
    if (size === 0) continue;
    const hardly = HARDLY / tests.length / 2;
    if (shareAtLeast(size, first, second, both) < hardly || shareAtMost(size, first, second, both) < hardly) return "dependent";
    const alike = Math.min(first, second);
    if (shareAtLeast(size, first, second, alike) < hardly) canTell = true;
  }
  return canTell ? "none" : null;
}

function largest(brought: ReadonlyMap<number, number>, samples: readonly number[]): number {
  const sizes = samples.map((sample) => twoSamples(brought, sample, sample)[0]);
  return samples[sizes.indexOf(Math.max(...sizes))] ?? 0;
}

/** Returns the size of a sample, of the one that all others of `others` are together, and of what they share. */
function twoSamples(
  brought: ReadonlyMap<number, number>,
  one: number,
  others: number,
): readonly [first: number, second: number, both: number] {
  const rest = others === one ? one : others & ~one;
  let [first, second, both] = [0, 0, 0];
  for (const [by, n] of brought) {
    if ((by & one) !== 0) first += n;
    if ((by & rest) !== 0) second += n;
    if ((by & one) !== 0 && (by & rest) !== 0) both += n;
  }
  return [first, second, both];
}

function sizeOf(brought: ReadonlyMap<number, number>): number {
  return [...brought.values()].reduce((sum, n) => sum + n, 0);
}

/** Chance that the whole lies beyond one end of its 95 % interval. */
const BEYOND = 0.025;
/** Most messages that are looked for. */
const MOST = 2 ** 40;

/**
 * Returns the interval of a whole of which two independent samples share so many: the wholes from which such samples share so few, or so
 * many, by a chance that is not below `beyond`. Where they share nothing there is no upper end.
 */
function intervalOf(first: number, second: number, both: number, beyond = BEYOND): readonly [low: number, high: number] {
  const received = first + second - both;
  const low = search(received, (whole) => shareAtMost(whole, first, second, both) >= beyond);
  if (both === 0) return [low, Number.POSITIVE_INFINITY];
  const likely = Math.max(received, Math.floor((first * second) / both));
  return [low, search(likely, (whole) => shareAtLeast(whole, first, second, both) < beyond) - 1];
}

/** Returns the first whole number from `from` on of which something is so, as it then is of all greater ones. */
function search(from: number, isSo: (whole: number) => boolean): number {
  if (isSo(from)) return from;
  let [below, above] = [from, from + 1];
  for (let step = 1; !isSo(above) && above < MOST; step *= 2) [below, above] = [above, above + step];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (isSo(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** Returns the chance that two samples of a whole share `both` messages or fewer. */
function shareAtMost(whole: number, first: number, second: number, both: number): number {
  let term = shareExactly(whole, first, second, both);
  let sum = term;
  for (let k = both; term > sum * 1e-12 && k > 0; k--) {
    term *= (k * (whole - first - second + k)) / ((first - k + 1) * (second - k + 1));
    sum += term;
  }
  return sum;
}

/** Returns the chance that two samples of a whole share `both` messages or more. */
function shareAtLeast(whole: number, first: number, second: number, both: number): number {
  let term = shareExactly(whole, first, second, both);
  let sum = term;
  for (let k = both; term > sum * 1e-12; k++) {
    term *= ((first - k) * (second - k)) / ((k + 1) * (whole - first - second + k + 1));
    sum += term;
  }
  return sum;
}

function shareExactly(whole: number, first: number, second: number, both: number): number {
  const ways = logChoose(first, both) + logChoose(whole - first, second - both) - logChoose(whole, second);
  return Math.exp(ways);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Returns ln n!, by Stirling's series where n is not small. */
function logFactorial(n: number): number {
  if (n >= 16) return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5);
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return Math.log(product);
}
