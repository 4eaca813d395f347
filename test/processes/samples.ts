/** What a server tells of itself at one time. */
export interface Sample {
  /** Hours since the beginning. */
  readonly at: number;
  readonly heapMb: number;
  readonly residentMb: number;
  /** Open sockets, files and whatever else keeps the loop alive, but timers. */
  readonly handles: number;
  readonly timers: number;
  /** p99 of the event loop's delay since the sample before, ms. */
  readonly loopMs: number;
  readonly storeMb: number;
  readonly received: number;
  readonly stored: number;
  /** Messages that are not stored yet. */
  readonly waiting: number;
  /** Seconds by the longest time in each for which the loop was held, as counts up to a bound in seconds. */
  readonly held: ReadonlyMap<number, number>;
}

type Figure = Exclude<keyof Sample, "at" | "held">;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Slope of points by the median over all pairs of them (Theil and Sen): neither a peak nor the first and the last value decide it. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  return median(points.flatMap(([x, y], i) => points.slice(i + 1).flatMap(([u, v]) => (u === x ? [] : [(v - y) / (u - x)]))));
}

/** The lowest of each part of a curve: what is in use after garbage was collected. */
function floorOf(points: readonly (readonly [number, number])[], parts = 24): readonly (readonly [number, number])[] {
  const each = Math.max(1, Math.ceil(points.length / parts));
  return Array.from({ length: Math.ceil(points.length / each) }, (_, part) =>
    points.slice(part * each, (part + 1) * each).reduce((lowest, point) => (point[1] < lowest[1] ? point : lowest)),
  );
}

/** Asks a server for what it tells of itself. */
export async function look(base: string, headers: Readonly<Record<string, string>>, hours: number): Promise<Sample> {
  const text = await (await fetch(`${base}/metrics`, { headers })).text();
  const about = (await (await fetch(`${base}/v1/about`, { headers })).json()) as { readonly storeBytes: number };
  const all = [...text.matchAll(/^(\w+)(?:\{(.*?)\})? (\S+)$/gm)].map(([, name, labels = "", value]) => ({
    name,
    labels,
    value: Number(value),
  }));
  const sum = (name: string, labels = "") =>
    all.reduce((total, one) => total + (one.name === name && one.labels.includes(labels) ? one.value : 0), 0);
  const timers = sum("nodejs_active_resources", 'type="Timeout"');
  const held = all.flatMap(({ name, labels, value }): [number, number][] =>
    name === "dylive_event_loop_held_seconds_bucket" ? [[Number(/le="(.*?)"/.exec(labels)?.[1]?.replace("+Inf", "Infinity")), value]] : [],
  );
  return {
    at: hours,
    heapMb: sum("nodejs_heap_size_used_bytes") / 1e6,
    residentMb: sum("process_resident_memory_bytes") / 1e6,
    handles: sum("nodejs_active_resources_total") - timers,
    timers,
    loopMs: sum("nodejs_eventloop_lag_p99_seconds") * 1000,
    storeMb: about.storeBytes / 1e6,
    received: sum("dylive_received_messages_total"),
    stored: sum("dylive_events_total"),
    waiting: sum("dylive_waiting_messages"),
    held: new Map(held),
  };
}

/** What samples say together. */
export class Figures {
  readonly #samples: readonly Sample[];

  constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  get hours(): number {
    return (this.#samples.at(-1)?.at ?? 0) - (this.#samples[0]?.at ?? 0);
  }

  median(figure: Figure): number {
    return median(this.#samples.map((sample) => sample[figure]));
  }

  slope(figure: Figure): number {
    const points = this.#samples.map((sample): [number, number] => [sample.at, sample[figure]]);
    return slopeOf(figure === "heapMb" ? floorOf(points) : points);
  }

  /** By how much it is more at the end than at the beginning. */
  growth(figure: Figure): number {
    return this.slope(figure) * this.hours;
  }

  said(figure: Figure, unit = ""): string {
    const slope = this.slope(figure);
    const of = unit === "" ? "" : ` ${unit}`;
    return `${this.median(figure).toFixed(0)}${of}, ${slope < 0 ? "" : "+"}${slope.toFixed(1)}${of} an hour`;
  }

  /** Bytes by which the store grows with an event, in a part of the time. */
  rowBytes(from: number, to: number): number {
    const part = this.#samples.slice(Math.floor(from * this.#samples.length), Math.ceil(to * this.#samples.length));
    return Math.round(slopeOf(part.map(({ stored, storeMb }) => [stored, storeMb])) * 1e6);
  }

  /** Bound, in ms, for which the loop was held at most in a share of the seconds. */
  heldMs(share: number): number {
    const [first, last] = [this.#samples[0]?.held, this.#samples.at(-1)?.held];
    const counts = [...(last ?? [])].map(([bound, count]): [number, number] => [bound, count - (first?.get(bound) ?? 0)]);
    const all = counts.at(-1)?.[1] ?? 0;
    return (counts.find(([, count]) => count >= share * all)?.[0] ?? 0) * 1000;
  }
}
