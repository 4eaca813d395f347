import { expect } from "vitest";

/** Parts that formats of all kinds treat in a way of their own. */
const SPECIAL = [
  ...["\0", "\u{feff}", "\r\n", "\\u0000", "\\ud800", "‮", "<script>"],
  ...'" \\ { } [ ] : , = ; & %00 % .. / :// @ # ? 😀 中'.split(" "),
  ..."null true -1 0 1e999 NaN 9007199254740993 18446744073709551616 __proto__ constructor".split(" "),
].map((text) => Buffer.from(text));
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x1f, 0x8b];

/** Random choices that a seed repeats. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `below`, without it (mulberry32). */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  /** Bytes that are like some of these, with a few changes of any kind. */
  changed(samples: readonly Uint8Array[]): Buffer {
    let bytes: Buffer = Buffer.from(this.of(samples));
    for (let changes = 1 + this.below(5); changes > 0; changes--) bytes = this.#change(bytes, samples);
    return bytes;
  }

  #change(bytes: Buffer, samples: readonly Uint8Array[]): Buffer {
    const at = this.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + this.below(this.below(4) === 0 ? bytes.length + 1 : 16));
    const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
    switch (this.below(9)) {
      case 0: {
        const flipped = Buffer.from(part);
        if (flipped.length > 0) flipped[0] = (flipped[0] ?? 0) ^ (1 << this.below(8));
        return Buffer.concat([before, flipped, after]);
      }
      case 1:
        return Buffer.concat([before, Buffer.from(part.map(() => this.of(NUMBERS))), after]);
      case 2:
        return Buffer.concat([before, after]);
      case 3:
        return Buffer.from(before);
      case 4:
        return Buffer.concat([before, this.of(SPECIAL), bytes.subarray(at)]);
      case 5:
        return Buffer.concat([before, this.of(SPECIAL), after]);
      case 6: // again and again, but no megabytes
        return Buffer.concat([
          before,
          ...Array.from({ length: 1 + this.below(Math.min(200, 1 + 100_000 / (part.length + 1))) }, () => part),
          after,
        ]);
      case 7: {
        const other = Buffer.from(this.of(samples));
        const from = this.below(other.length + 1);
        return Buffer.concat([before, other.subarray(from, from + this.below(64)), after]);
      }
      default:
        return Buffer.concat([before, Buffer.from(Array.from({ length: this.below(8) }, () => this.below(256))), after]);
    }
  }
}

/** How often a target is tried: so many inputs, or for so long where the file is given time (`npm run test:long`). */
interface Effort {
  readonly rounds: number;
  /** null: by the rounds. */
  readonly ms: number | null;
}

/** What a test file tries, by one seed that `FUZZ_SEED` repeats. */
export class Fuzzing {
  readonly seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32)) >>> 0;
  #inputs = 0;
  #longest = { ms: 0, input: "none" };

  /** Figures of all that was tried so far. */
  get figures(): string {
    return `${this.#inputs} inputs by FUZZ_SEED=${this.seed}, none failed; the longest took ${Math.round(this.#longest.ms)} ms (${this.#longest.input})`;
  }

  /** Tries one input after another, each by a seed of its own; says by which it can be had again where one fails. */
  async try(target: string, { rounds, ms }: Effort, work: (seeded: number) => unknown): Promise<void> {
    const end = performance.now() + (ms ?? 0);
    for (let round = 0; ms === null ? round < rounds : performance.now() < end; round++) {
      const seeded = (this.seed + round) >>> 0;
      const input = `${target}, with FUZZ_SEED=${seeded}`;
      const began = performance.now();
      try {
        await work(seeded);
      } catch (error) {
        expect.fail(`${input}: ${error instanceof Error ? error.stack : String(error)}`);
      }
      this.#inputs++;
      const took = performance.now() - began;
      if (took > this.#longest.ms) this.#longest = { ms: took, input };
    }
  }
}
