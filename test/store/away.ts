import { DyliveError } from "../../src/runtime/errors.js";

/** A store that a test can take away: then it refuses, or does not answer at all until it is back. */
export class Away {
  #mode: "no" | "refuses" | "hangs" = "no";
  #waiting: (() => void)[] = [];

  go(mode: "refuses" | "hangs"): void {
    this.#mode = mode;
  }

  back(): void {
    this.#mode = "no";
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** The same part of a store, as far as one gets at it. */
  from<T extends object>(part: T): T {
    return new Proxy(part, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...asked: unknown[]) => this.#pass(() => value.apply(target, asked));
      },
    });
  }

  async #pass(call: () => unknown): Promise<unknown> {
    if (this.#mode === "refuses") throw new DyliveError("store_unreachable", "a test took it away");
    if (this.#mode === "hangs") {
      await new Promise<void>((resume) => this.#waiting.push(resume));
      throw new DyliveError("store_unreachable", "the connection was lost");
    }
    return call();
  }
}
