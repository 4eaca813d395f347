import type { Erasures, NotedErasure } from "../erasures.js";
import type { MemoryGate } from "./gate.js";

/** The erasures of a store in memory. */
export class MemoryErasures implements Erasures {
  readonly #gate: MemoryGate;
  readonly #noted = new Map<string, NotedErasure>();

  constructor(gate: MemoryGate) {
    this.#gate = gate;
  }

  note(erasure: NotedErasure): Promise<void> {
    return this.#gate.run(() => void this.#noted.set(erasure.pseudonym, erasure));
  }

  list(): Promise<readonly NotedErasure[]> {
    return this.#gate.run(() => [...this.#noted.values()]);
  }
}
