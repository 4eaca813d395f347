import { shallowRef } from "vue";
import type { LiveEvent } from "../api/model.js";
import { BlockList } from "./block-list.js";
import type { OverlayOptions, SaidType } from "./options.js";
import { type Phrases, sentenceOf, theirWords } from "./phrases.js";
import type { OverlaySource } from "./source.js";
import { SpeechQueue } from "./speech-queue.js";

const LOOK_MS = 300;
/** A voice that has not ended by then has got stuck, which voices do. */
const STUCK_MS = 30_000;

/** Reads events out by the browser's own voice. */
export class Speaker {
  /** `asleep`: the browser wants a click before it makes a sound. */
  readonly state = shallowRef<"ready" | "asleep" | "none">("ready");
  readonly #options: OverlayOptions;
  readonly #queue: SpeechQueue;
  readonly #timer: number;
  readonly #stop: () => void;
  #saying: number | null = null;

  constructor(source: OverlaySource, options: OverlayOptions, phrases: Phrases) {
    this.#options = options;
    const blocked = new BlockList(options.block);
    this.#queue = new SpeechQueue({ perMinute: options.rate, blocked });
    if (!("speechSynthesis" in window)) this.state.value = "none";
    this.#stop = source.listen((events) => {
      for (const event of events) {
        const sentence = isSaid(event, options) && !blocked.blocks(theirWords(event)) ? sentenceOf(event, phrases) : null;
        if (sentence !== null) this.#queue.offer(sentence, Date.now());
      }
    });
    this.#timer = window.setInterval(() => this.#look(), LOOK_MS);
  }

  /** Somebody clicked: sound may be made now. */
  wake(): void {
    this.state.value = "ready";
  }

  close(): void {
    this.#stop();
    clearInterval(this.#timer);
    if (this.state.value !== "none") speechSynthesis.cancel();
  }

  #look(): void {
    if (this.state.value !== "ready") return;
    const now = Date.now();
    if (this.#saying !== null && now - this.#saying < STUCK_MS) return;
    if (this.#saying !== null) speechSynthesis.cancel();
    this.#saying = null;
    const text = this.#queue.next(now);
    if (text === null) return;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = this.#options.lang === "zh" ? "zh-CN" : "en-US";
    utterance.rate = this.#options.speed / 100;
    utterance.onend = () => this.#ended();
    utterance.onerror = ({ error }) => {
      if (error === "not-allowed") this.state.value = "asleep";
      this.#ended();
    };
    this.#saying = now;
    speechSynthesis.speak(utterance);
  }

  #ended(): void {
    this.#saying = null;
  }
}

function isSaid(event: LiveEvent, { say, min }: OverlayOptions): boolean {
  if (!say.includes(event.type as SaidType)) return false;
  return event.type !== "gift" || event.comboTotal * (event.unitDiamonds ?? 0) >= min;
}
