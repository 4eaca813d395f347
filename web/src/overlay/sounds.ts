import type { LiveEvent, LiveEventOf } from "../api/model.js";
import { BlockList } from "./block-list.js";
import type { OverlayOptions, SoundType } from "./options.js";
import { theirWords } from "./phrases.js";

/** A tone: its pitch in Hz, when it begins and how long it is, s. */
interface Tone {
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

/** Plays what is chosen over the page's one audio context. */
export class Sounds {
  readonly #choice = new SoundChoice();
  readonly #options: OverlayOptions;
  readonly #blocked: BlockList;
  readonly #audio: AudioContext | null;

  constructor(options: OverlayOptions, audio: AudioContext | null) {
    this.#options = options;
    this.#blocked = new BlockList(options.block);
    this.#audio = audio;
  }

  /** Takes events as they come; gifts only where nothing shows them by itself ({@link shown}). */
  take(events: readonly LiveEvent[], isGiftShown: boolean): void {
    for (const event of events) {
      if (this.#blocked.blocks(theirWords(event))) continue;
      if (event.type === "follow" && this.#has("follow")) this.#play(this.#choice.follow(Date.now()));
      if (event.type === "gift" && !isGiftShown && event.delta > 0) this.#gift(event);
    }
  }

  /** A combo is on the screen now. */
  shown(comboId: string, diamonds: number | null): void {
    if (this.#has("gift")) this.#play(this.#choice.gift(comboId, diamonds ?? 0, Date.now()));
  }

  #gift({ comboId, comboTotal, unitDiamonds }: LiveEventOf<"gift">): void {
    const diamonds = comboTotal * (unitDiamonds ?? 0);
    if (diamonds >= this.#options.min) this.shown(comboId, diamonds);
  }

  #has(type: SoundType): boolean {
    return this.#options.sound.includes(type);
  }

  #play(tones: readonly Tone[] | null): void {
    const audio = this.#audio;
    // Before the browser lets the page be heard, what would be heard is the past by then.
    if (tones === null || audio === null || audio.state !== "running") return;
    const now = audio.currentTime;
    for (const { hz, at, length } of tones) {
      const loud = (this.#options.volume / 100) * 0.25;
      const [tone, gain] = [audio.createOscillator(), audio.createGain()];
      tone.frequency.value = hz;
      tone.type = "triangle";
      gain.gain.setValueAtTime(0, now + at);
      gain.gain.linearRampToValueAtTime(loud, now + at + 0.015);
      gain.gain.exponentialRampToValueAtTime(0.0001, now + at + length);
      tone.connect(gain).connect(audio.destination);
      tone.start(now + at);
      tone.stop(now + at + length);
    }
  }
}
