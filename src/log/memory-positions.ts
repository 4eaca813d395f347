import type { RoomKey } from "./log.js";
import type { MemoryGate } from "./memory-gate.js";
import type { Positions } from "./positions.js";

/** How far each reader has come, in memory. */
export class MemoryPositions implements Positions {
  readonly #gate: MemoryGate;
  readonly #seqs = new Map<string, Map<RoomKey, number>>();

  constructor(gate: MemoryGate) {
    this.#gate = gate;
  }

  get(reader: string, room: RoomKey): Promise<number | null> {
    return this.#gate.run(() => this.#seqs.get(reader)?.get(room) ?? null);
  }

  set(reader: string, room: RoomKey, seq: number): Promise<void> {
    return this.#gate.run(() => {
      const seqs = this.#seqs.get(reader) ?? new Map<RoomKey, number>();
      this.#seqs.set(reader, seqs.set(room, seq));
    });
  }

  forget(reader: string): Promise<void> {
    return this.#gate.run(() => {
      this.#seqs.delete(reader);
    });
  }

  forgetAll(prefix: string): Promise<void> {
    return this.#gate.run(() => {
      for (const reader of this.#seqs.keys()) if (reader.startsWith(prefix)) this.#seqs.delete(reader);
    });
  }
}
