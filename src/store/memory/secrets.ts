import { randomBytes } from "node:crypto";
import type { Secrets } from "../secrets.js";
import type { MemoryGate } from "./gate.js";

/** Store's own keys, in memory. */
export class MemorySecrets implements Secrets {
  readonly #gate: MemoryGate;
  readonly #key = randomBytes(32).toString("hex");

  constructor(gate: MemoryGate) {
    this.#gate = gate;
  }

  pseudonymKey(): Promise<string> {
    return this.#gate.run(() => this.#key);
  }
}
