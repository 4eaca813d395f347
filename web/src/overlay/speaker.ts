import { shallowRef } from "vue";
import { type ApiClient, ask } from "../api/client.js";
import type { LiveEvent } from "../api/model.js";
import { BlockList } from "./block-list.js";
import type { OverlayOptions, SaidType } from "./options.js";
import { type Phrases, sentenceOf, theirWords } from "./phrases.js";
import type { OverlaySource } from "./source.js";
import { SpeechQueue } from "./speech-queue.js";

const LOOK_MS = 300;
/** A voice that has not ended by then has got stuck, which voices do. */
const STUCK_MS = 30_000;
/** How often it is asked again whether the server speaks, while it cannot be reached. */
const AGAIN_MS = 10_000;

/** What the server's voice is asked of, and heard by. */
export interface ServerVoice {
  readonly client: ApiClient;
  readonly audio: AudioContext;
}

/** Reads events out: by the server's engine, whose sound is the page's own, or by the browser's voice. */
export class Speaker {
  /** `asleep`: the browser wants a click before it makes a sound. `none`: nobody can speak. */
  readonly state = shallowRef<"ready" | "asleep" | "none">("ready");
  /** Who speaks: `espeak-ng`, `piper` or `browser`; null while that is not known, or nobody can. */
  readonly voice = shallowRef<string | null>(null);
  readonly #options: OverlayOptions;
  readonly #queue: SpeechQueue;
  readonly #server: ServerVoice | null;
  readonly #stopped = new AbortController();
  readonly #timer: number;
  readonly #stop: () => void;
  #saying: { readonly since: number; readonly end: () => void } | null = null;

  /** @param server null where only the browser may speak */
  constructor(source: OverlaySource, options: OverlayOptions, phrases: Phrases, server: ServerVoice | null) {
    this.#options = options;
    this.#server = server;
    const blocked = new BlockList(options.block);
    this.#queue = new SpeechQueue({ perMinute: options.rate, blocked });
    if (server === null && options.voice === "server") this.state.value = "none";
    else if (server === null) this.#byBrowser();
    else void this.#askServer(server.client);
    this.#stop = source.listen((events) => {
      for (const event of events) {
        const sentence = isSaid(event, options) && !blocked.blocks(theirWords(event)) ? sentenceOf(event, phrases) : null;
        if (sentence !== null) this.#queue.offer(sentence, performance.now());
      }
    });
    this.#timer = window.setInterval(() => this.#look(), LOOK_MS);
  }

  /** Somebody clicked: sound may be made now. */
  wake(): void {
    if (this.state.value === "asleep") this.state.value = "ready";
  }

  close(): void {
    this.#stop();
    this.#stopped.abort();
    clearInterval(this.#timer);
    this.#saying?.end();
  }

  /** Learns whether the server speaks; the browser does where it does not, unless the address wants the server alone. */
  async #askServer(client: ApiClient): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        const { engine } = await ask(client.v1.GET("/v1/speech", { signal }));
        if (engine !== null) this.voice.value = engine;
        else if (this.#options.voice === "server") this.state.value = "none";
        else this.#byBrowser();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  #byBrowser(): void {
    if (canSpeak()) this.voice.value = "browser";
    else this.state.value = "none";
  }

  #look(): void {
    if (this.state.value !== "ready" || this.voice.value === null) return;
    const now = performance.now();
    if (this.#saying !== null && now - this.#saying.since < STUCK_MS) return;
    this.#saying?.end();
    this.#saying = null;
    // Until the page may be heard, what waits gives way to what is newer.
    if (this.voice.value !== "browser" && this.#server?.audio.state !== "running") return;
    const text = this.#queue.next(now);
    if (text === null) return;
    if (this.voice.value === "browser" || this.#server === null) this.#sayHere(text, now);
    else void this.#sayByServer(text, now, this.#server);
  }

  async #sayByServer(text: string, now: number, { client, audio }: ServerVoice): Promise<void> {
    const over = new AbortController();
    const saying = { since: now, end: () => over.abort() };
    this.#saying = saying;
    const { lang, speed, volume } = this.#options;
    try {
      const call = client.v1.POST("/v1/speech", { body: { text, lang, speed }, parseAs: "arrayBuffer", signal: over.signal });
      const sound = await audio.decodeAudioData((await ask(call)) as unknown as ArrayBuffer);
      if (over.signal.aborted) return;
      const [player, gain] = [audio.createBufferSource(), audio.createGain()];
      player.buffer = sound;
      gain.gain.value = volume / 100;
      player.connect(gain).connect(audio.destination);
      over.signal.addEventListener("abort", () => player.stop());
      player.onended = () => this.#ended(saying);
      player.start();
    } catch {
      this.#ended(saying);
      // One that fails now and then is asked again for the next sentence; this one is said all the same.
      if (!over.signal.aborted && this.#options.voice === "auto" && canSpeak()) this.#sayHere(text, performance.now());
    }
  }

  #sayHere(text: string, now: number): void {
    const saying = { since: now, end: () => speechSynthesis.cancel() };
    this.#saying = saying;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = this.#options.lang === "zh" ? "zh-CN" : "en-US";
    utterance.rate = this.#options.speed / 100;
    utterance.onend = () => this.#ended(saying);
    utterance.onerror = ({ error }) => {
      if (error === "not-allowed") this.state.value = "asleep";
      this.#ended(saying);
    };
    speechSynthesis.speak(utterance);
  }

  #ended(saying: object): void {
    if (this.#saying === saying) this.#saying = null;
  }
}

/** Whether the browser has a voice, or says so: some have none that is heard. */
function canSpeak(): boolean {
  return Boolean(window.speechSynthesis);
}

function isSaid(event: LiveEvent, { say, min }: OverlayOptions): boolean {
  if (!say.includes(event.type as SaidType)) return false;
  return event.type !== "gift" || event.comboTotal * (event.unitDiamonds ?? 0) >= min;
}
