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
    return this.#gate.run(() => this.setNow(reader, room, seq));
  }

  forget(reader: string): Promise<void> {
    return this.#gate.run(() => this.forgetNow(reader));
  }

  forgetAll(prefix: string): Promise<void> {
    return this.#gate.run(() => {
      for (const reader of this.#seqs.keys()) if (reader.startsWith(prefix)) this.#seqs.delete(reader);
    });
  }

  /** For the other parts of the store, which change positions together with what is theirs. */
  of(reader: string): ReadonlyMap<RoomKey, number> {
    return new Map([...(this.#seqs.get(reader) ?? [])].sort(([a], [b]) => a - b));
  }

  setNow(reader: string, room: RoomKey, seq: number | null): void {
    const seqs = this.#seqs.get(reader) ?? new Map<RoomKey, number>();
    if (seq === null) seqs.delete(room);
    else this.#seqs.set(reader, seqs.set(room, seq));
  }

  forgetNow(reader: string): void {
    this.#seqs.delete(reader);
  }
}
