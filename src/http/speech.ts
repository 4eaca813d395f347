import { type ExecFileException, execFile } from "node:child_process";
import { setMaxListeners } from "node:events";
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { basename, parse } from "node:path";
import { type Clock, linkedController } from "../runtime/clock.js";
import { DyliveError, FieldError } from "../runtime/errors.js";
import { type Msg, msg } from "../runtime/msg.js";
import { FairSemaphore } from "../runtime/semaphore.js";

/** Program of this machine that makes speech of text. */
export interface SpeechEngine {
  readonly name: "espeak-ng" | "piper";
  /** Absolute path. */
  readonly program: string;
  /** Voice of piper: an .onnx file, its description beside it under the same name with .json behind it. */
  readonly model: string | null;
  /** Variables that it is given: where programs and its own things are, and none of ours, which hold secrets. */
  readonly env: Readonly<Record<string, string>>;
}

/** Programs of a machine that may make speech. */
export interface Speakers {
  /** Absolute paths, best first. */
  readonly programs: readonly string[];
  readonly env: SpeechEngine["env"];
}

/** A machine without any. */
export const NO_SPEAKERS: Speakers = { programs: [], env: {} };

/** Languages that are spoken, with espeak-ng's names of their voices; the voice of piper speaks its own. */
const VOICES = { zh: "cmn", en: "en" } as const;
type SpokenLanguage = keyof typeof VOICES;
export const SPOKEN_LANGUAGES = Object.keys(VOICES) as readonly SpokenLanguage[];

/** Words to be spoken. */
interface SpokenWords {
  /** At most {@link SPEECH_MAX_CHARS}; written by strangers. */
  readonly text: string;
  readonly lang: SpokenLanguage;
  /** Percent, from 50 to 200. */
  readonly speed: number;
}

export const SPEECH_MAX_CHARS = 200;
/** Words a minute of espeak-ng at 100 %. */
const WORDS_A_MINUTE = 175;
/** Longest time of one run, in ms: a sentence takes a fraction of it. */
const RUN_MS = 10_000;
/** Most bytes of sound of one sentence: two minutes of the finest voices. */
const SOUND_MAX_BYTES = 6 * 1024 * 1024;
/** Runs at a time; those of one token take turns with others'. */
const RUNS_MAX = 2;
/** Most sentences that are made or wait, of one token and of all. A token that has none has a place all the same: no client silences another. */
const OPEN_OF_TOKEN_MAX = 16;
const OPEN_MAX = 64;

/**
 * Finds the program that speaks.
 * @param named the program that the operator chose, by its path or its name, `none` for none, or null for the first of the machine's that can be used
 * @param model the operator's voice of piper
 * @throws DyliveError bad_config when what was chosen cannot be used
 */
export function findSpeech(
  named: string | null,
  model: string | null,
  { programs, env }: Speakers,
  isProgram: (file: string) => boolean = isExecutable,
): SpeechEngine | null {
  if (named === "none") return null;
  // A name alone is looked for as any is, by its path it is taken where it is.
  const places = named === null ? programs : /[\\/]/.test(named) ? [named] : programs.filter((program) => parse(program).name === named);
  const engines = places.filter(isProgram).map((program) => engineAt(program, model, env));
  if (named !== null && engines.length === 0) throw new DyliveError("bad_config", msg`DYLIVE_SPEECH: ${named} is not a program`);
  // A voice was chosen: then the program that it is for.
  const found = (model === null ? undefined : engines.find(({ name }) => name === "piper")) ?? engines.find(isWhole);
  if (named !== null && found === undefined)
    throw new DyliveError("bad_config", "DYLIVE_SPEECH is piper, which needs a voice: DYLIVE_SPEECH_MODEL names its .onnx file");
  return found ?? null;
}

function engineAt(program: string, model: string | null, env: SpeechEngine["env"]): SpeechEngine {
  return basename(program).includes("piper") ? { name: "piper", program, model, env } : { name: "espeak-ng", program, model: null, env };
}

function isWhole({ name, model }: SpeechEngine): boolean {
  return name === "espeak-ng" || model !== null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Makes speech of what strangers write, by a program of this machine: never by way of a shell, the words on its stdin, bounded in length, time,
 * size and number.
 */
export class Speech {
  readonly engine: SpeechEngine | null;
  readonly #clock: Clock;
  readonly #places = new FairSemaphore(RUNS_MAX);
  readonly #closed = new AbortController();
  /** Runs that are under way, or wait, by what they are of. */
  readonly #open = new Map<string, { readonly payer: string; readonly run: Promise<Buffer> }>();

  constructor(engine: SpeechEngine | null, clock: Clock) {
    this.engine = engine;
    this.#clock = clock;
    // Whatever waits listens to it: as many as there are tokens.
    setMaxListeners(0, this.#closed.signal);
  }

  /**
   * Returns a WAV file.
   * @param payer the token that asks
   * @throws DyliveError not_offered without a program, bad_request for a text without letters and digits, in_use when too much waits,
   *   speech_failed
   */
  async say(spoken: SpokenWords, payer: string): Promise<Buffer> {
    const { engine } = this;
    if (engine === null)
      throw new DyliveError("not_offered", "no speech engine is installed (espeak-ng, or piper with DYLIVE_SPEECH_MODEL)");
    const text = harmless(spoken.text);
    if (!/[\p{L}\p{N}]/u.test(text)) throw new FieldError("text", "it has no letters or digits, so there is nothing to say");
    const key = JSON.stringify([text, spoken.lang, spoken.speed]);
    const open = this.#open.get(key);
    if (open !== undefined) return open.run;
    this.#assertPlace(payer);
    const run = this.#places
      .run(() => this.#run(engine, { ...spoken, text }), this.#closed.signal, payer)
      .finally(() => this.#open.delete(key));
    this.#open.set(key, { payer, run });
    return run;
  }

  #assertPlace(payer: string): void {
    let own = 0;
    for (const one of this.#open.values()) if (one.payer === payer) own++;
    if (own >= OPEN_OF_TOKEN_MAX)
      throw new DyliveError("in_use", msg`${OPEN_OF_TOKEN_MAX} sentences of this token wait to be spoken, which is the most`);
    if (own > 0 && this.#open.size >= OPEN_MAX)
      throw new DyliveError("in_use", msg`${OPEN_MAX} sentences wait to be spoken, which is the most`);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closed.abort(new DyliveError("stopping", "the server is stopping"));
    await Promise.allSettled([...this.#open.values()].map(({ run }) => run));
  }

  #run(engine: SpeechEngine, spoken: SpokenWords): Promise<Buffer> {
    const stop = linkedController(this.#closed.signal);
    this.#clock.sleep(RUN_MS, stop.signal).then(
      () => stop.abort(failed(msg`${engine.name} had not ended after ${RUN_MS / 1000} s`)),
      () => {},
    );
    return soundOf(engine, spoken, stop.signal).finally(() => {
      stop.abort();
      stop.release();
    });
  }
}

function failed(why: Msg, cause?: unknown): DyliveError {
  return new DyliveError("speech_failed", why, cause);
}

/** Returns a text as one line without what engines take for commands: espeak-ng reads `[[…]]` as sounds, piper each line by itself. */
function harmless(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\[(?=\[)/g, "[ ")
    .slice(0, SPEECH_MAX_CHARS)
    .toWellFormed()
    .trim();
}

function argumentsOf({ name, model }: SpeechEngine, { lang, speed }: SpokenWords): readonly string[] {
  if (name === "piper") return ["--model", model ?? "", "--length_scale", (100 / speed).toFixed(2), "--output-raw"];
  return ["-b", "1", "-v", VOICES[lang], "-s", String(Math.round((WORDS_A_MINUTE * speed) / 100)), "--stdin", "--stdout"];
}

/** Runs the program once. @throws DyliveError speech_failed; the signal's reason */
function soundOf(engine: SpeechEngine, spoken: SpokenWords, signal: AbortSignal): Promise<Buffer> {
  const options = {
    env: { ...engine.env, LANG: "C.UTF-8" },
    encoding: "buffer",
    maxBuffer: SOUND_MAX_BYTES,
    killSignal: "SIGKILL",
    windowsHide: true,
    signal,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(engine.program, argumentsOf(engine, spoken), options, (error, sound) => {
      try {
        if (error !== null) throw signal.aborted ? signal.reason : failed(whyOf(engine, error), error);
        resolve(wavOf(engine, sound));
      } catch (failure) {
        reject(failure);
      }
    });
    // It has ended without reading: its exit code says why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(`${spoken.text}\n`);
  });
}

function whyOf({ name, program }: SpeechEngine, { code, signal }: ExecFileException): Msg {
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return msg`${name} made more than ${SOUND_MAX_BYTES / 1024 / 1024} MiB of one sentence`;
  return typeof code === "string" ? msg`${program} cannot be run` : msg`${name} ended with code ${code ?? signal ?? "none"}`;
}

/** Length of the header of a WAV file of plain samples. */
const HEADER_BYTES = 44;

/**
 * Returns a WAV file whose header says how long it is: espeak-ng writes one before it knows, piper writes samples alone.
 * @throws DyliveError speech_failed when there is no sound
 */
function wavOf({ name, model }: SpeechEngine, written: Buffer): Buffer {
  const isWav =
    written.length >= HEADER_BYTES && written.toString("latin1", 0, 4) === "RIFF" && written.toString("latin1", 36, 40) === "data";
  if (name === "espeak-ng" && !isWav) throw failed(msg`${name} wrote no sound`);
  const samples = name === "espeak-ng" ? written.subarray(HEADER_BYTES) : written;
  if (samples.length < 2) throw failed(msg`${name} wrote no sound`);
  const rate = name === "espeak-ng" ? written.readUInt32LE(24) : rateOf(model ?? "");
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(HEADER_BYTES - 8 + samples.length, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // plain samples
  header.writeUInt16LE(1, 22); // one channel
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/** Returns the samples a second of a voice of piper, as the file beside it says. */
function rateOf(model: string): number {
  try {
    const { audio } = JSON.parse(readFileSync(`${model}.json`, "utf8")) as { readonly audio?: { readonly sample_rate?: unknown } };
    const rate = audio?.sample_rate;
    if (typeof rate === "number" && rate >= 8_000 && rate <= 48_000) return rate;
    throw new Error("it has no audio.sample_rate");
  } catch (error) {
    throw failed(msg`${model}.json does not say how the voice is to be played`, error);
  }
}
