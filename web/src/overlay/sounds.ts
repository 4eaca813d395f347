import type { LiveEvent, LiveEventOf } from "../api/model.js";
import { BlockList } from "./block-list.js";
import type { OverlayOptions, SoundType } from "./options.js";
import { theirWords } from "./phrases.js";
import { SoundChoice, type Tone } from "./sound-choice.js";

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
      if (event.type === "follow" && this.#has("follow")) this.#play(this.#choice.follow(performance.now()));
      if (event.type === "gift" && !isGiftShown && event.delta > 0) this.#gift(event);
    }
  }

  /** A combo is on the screen now. */
  shown(comboId: string, diamonds: number | null): void {
    if (this.#has("gift")) this.#play(this.#choice.gift(comboId, diamonds ?? 0, performance.now()));
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
