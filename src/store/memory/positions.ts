import type { RoomKey } from "../log.js";
import { type Among, type Positions, surplus } from "../positions.js";
import type { MemoryGate } from "./gate.js";

/** Positions of readers, in memory. */
export class MemoryPositions implements Positions {
  readonly #gate: MemoryGate;
  readonly #seqs = new Map<string, Map<RoomKey, number>>();

  constructor(gate: MemoryGate) {
    this.#gate = gate;
  }

  get(reader: string, room: RoomKey): Promise<number | null> {
    return this.#gate.run(() => this.#seqs.get(reader)?.get(room) ?? null);
  }

  set(reader: string, room: RoomKey, seq: number, among?: Among): Promise<void> {
    return this.#gate.run(() => {
      // The newest is the last: the order of a map is that of its first settings.
      const seqs = this.#seqs.get(reader) ?? new Map<RoomKey, number>();
      const isNew = !seqs.has(room);
      seqs.delete(room);
      this.#seqs.delete(reader);
      this.#seqs.set(reader, seqs.set(room, seq));
      if (isNew && among !== undefined) this.#shed(among, reader, room);
    });
  }

  forget(reader: string): Promise<void> {
    return this.#gate.run(() => this.forgetNow(reader));
  }

  forgetAll(prefix: string): Promise<void> {
    return this.#gate.run(() => {
      for (const reader of this.#seqs.keys()) if (reader.startsWith(prefix)) this.#seqs.delete(reader);
    });
  }

  /** Returns the positions of a reader, for the other parts of the store, which change positions together with what is theirs. */
  of(reader: string): ReadonlyMap<RoomKey, number> {
    return new Map([...(this.#seqs.get(reader) ?? [])].sort(([a], [b]) => a - b));
  }

  setNow(reader: string, room: RoomKey, seq: number | null): void {
    const seqs = this.#seqs.get(reader) ?? new Map<RoomKey, number>();
    if (seq === null) seqs.delete(room);
    else this.#seqs.set(reader, seqs.set(room, seq));
  }

  /**
   * Forgets positions by when each reader was moved last: nearly the order of the positions, which is enough for tests and for the library.
   */
  #shed(among: Among, reader: string, room: RoomKey): void {
    const all = [...this.#seqs]
      .filter(([name]) => name.startsWith(among.prefix))
      .flatMap(([name, seqs]) => [...seqs.keys()].map((key) => ({ name, key })));
    const others = all.filter(({ name, key }) => name !== reader || key !== room);
    for (const { name, key } of others.slice(0, surplus(all.length, among))) {
      const seqs = this.#seqs.get(name);
      seqs?.delete(key);
      if (seqs?.size === 0) this.#seqs.delete(name);
    }
  }

  forgetNow(reader: string): void {
    this.#seqs.delete(reader);
  }
}
