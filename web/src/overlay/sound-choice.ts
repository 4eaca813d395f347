/** A tone: its pitch in Hz, when it begins and how long it is, s. */
export interface Tone {
  readonly hz: number;
  readonly at: number;
  readonly length: number;
}

const [C5, E5, G5, C6, E6, G6] = [523.25, 659.25, 783.99, 1046.5, 1318.51, 1567.98];
/** What is heard, by worth of a gift from the least on, and of a follow. Our own: a few sines, nothing is loaded. */
const GIFTS: readonly (readonly [diamonds: number, tones: readonly Tone[]])[] = [
  [0, row([E5, G5], 0.09, 0.25)],
  [100, row([C5, E5, G5, C6], 0.09, 0.4)],
  [1_000, [...row([C5, E5, G5, C6, E6, G6], 0.08, 0.5), ...row([C5, E5, G5], 0, 1.2, 0.55)]],
];
const FOLLOW = row([G5, C6], 0.12, 0.35);

function row(pitches: readonly number[], step: number, length: number, from = 0): readonly Tone[] {
  return pitches.map((hz, at) => ({ hz, at: from + at * step, length }));
}

/** Sounds in this time after another are left out: in a flood nobody tells them apart. */
const APART_MS = 150;
const REMEMBERED_MAX = 200;

/** Chooses what is to be heard: a combo once, and again when it has become worth more by a step; not too much at once. */
export class SoundChoice {
  readonly #steps = new Map<string, number>();
  #last = Number.NEGATIVE_INFINITY;

  /** Of a gift that is shown. @param now ms @returns null when nothing is to be heard */
  gift(comboId: string, diamonds: number, now: number): readonly Tone[] | null {
    const step = GIFTS.findLastIndex(([least]) => diamonds >= least);
    const before = this.#steps.get(comboId) ?? -1;
    if (step <= before) return null;
    this.#steps.delete(comboId);
    this.#steps.set(comboId, step);
    if (this.#steps.size > REMEMBERED_MAX) this.#steps.delete(this.#steps.keys().next().value ?? "");
    return this.#apart(GIFTS[step]?.[1] ?? null, now);
  }

  follow(now: number): readonly Tone[] | null {
    return this.#apart(FOLLOW, now);
  }

  #apart(tones: readonly Tone[] | null, now: number): readonly Tone[] | null {
    if (now - this.#last < APART_MS) return null;
    this.#last = now;
    return tones;
  }
}
