import { DyliveError } from "../../runtime/errors.js";
import {
  type HookBatch,
  type HookBatchHead,
  type HookChange,
  type HookPlaces,
  type HookRow,
  type Hooks,
  type HookTry,
  healthAfter,
  hookReader,
  TRIES_KEPT,
} from "../hooks.js";
import type { RoomKey } from "../log.js";
import type { MemoryGate } from "./gate.js";
import type { MemoryPositions } from "./positions.js";

/** A hook with everything that is kept of it. */
interface MemoryHook {
  row: HookRow;
  readonly batches: Map<RoomKey, HookBatch>;
  /** Newest first. */
  readonly tries: HookTry[];
}

/** Hooks in memory. */
export class MemoryHooks implements Hooks {
  readonly #gate: MemoryGate;
  readonly #positions: MemoryPositions;
  readonly #kept = new Map<string, MemoryHook>();

  constructor(gate: MemoryGate, positions: MemoryPositions) {
    this.#gate = gate;
    this.#positions = positions;
  }

  add(row: HookRow, places: HookPlaces): Promise<void> {
    return this.#gate.run(() => {
      if (this.#kept.has(row.id)) throw new DyliveError("in_use", `there is a hook ${row.id} already`);
      this.#kept.set(row.id, { row: structuredClone(row), batches: new Map(), tries: [] });
      this.#place(row.id, places);
    });
  }

  get(id: string): Promise<HookRow | null> {
    return this.#gate.run(() => structuredClone(this.#kept.get(id)?.row ?? null));
  }

  list(): Promise<readonly HookRow[]> {
    return this.#gate.run(() => [...this.#kept.values()].map(({ row }) => structuredClone(row)));
  }

  change(id: string, change: HookChange, places: HookPlaces = new Map(), replay = false): Promise<HookRow | null> {
    return this.#gate.run(() => {
      const kept = this.#kept.get(id);
      if (kept === undefined) return null;
      const { revision, replays } = kept.row;
      kept.row = { ...kept.row, ...structuredClone(change), revision: revision + 1, replays: replays + (replay ? 1 : 0) };
      for (const room of places.keys()) kept.batches.delete(room);
      this.#place(id, places);
      return structuredClone(kept.row);
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#gate.run(() => {
      this.#positions.forgetNow(hookReader(id));
      return this.#kept.delete(id);
    });
  }

  places(id: string): Promise<ReadonlyMap<RoomKey, number>> {
    return this.#gate.run(() => this.#positions.of(hookReader(id)));
  }

  move(id: string, revision: number, places: ReadonlyMap<RoomKey, number>): Promise<boolean> {
    return this.#gate.run(() => {
      if (this.#kept.get(id)?.row.revision !== revision) return false;
      this.#place(id, places);
      return true;
    });
  }

  fix(id: string, revision: number, batch: HookBatch): Promise<boolean> {
    return this.#gate.run(() => {
      const kept = this.#kept.get(id);
      if (kept?.row.revision !== revision) return false;
      kept.batches.set(batch.room, structuredClone(batch));
      return true;
    });
  }

  fixed(id: string): Promise<readonly HookBatchHead[]> {
    return this.#gate.run(() => {
      const batches = [...(this.#kept.get(id)?.batches.values() ?? [])].sort((a, b) => a.room - b.room);
      return batches.map(({ body: _body, ...head }) => head);
    });
  }

  batch(id: string, room: RoomKey): Promise<HookBatch | null> {
    return this.#gate.run(() => structuredClone(this.#kept.get(id)?.batches.get(room) ?? null));
  }

  withdraw(texts: readonly string[]): Promise<number> {
    return this.#gate.run(() => {
      let count = 0;
      for (const { batches } of this.#kept.values())
        for (const [room, { body }] of batches) if (texts.some((text) => body.includes(text)) && batches.delete(room)) count++;
      return count;
    });
  }

  tried(id: string, outcome: HookTry): Promise<HookRow | null> {
    return this.#gate.run(() => {
      const kept = this.#kept.get(id);
      if (kept === undefined) return null;
      kept.tries.unshift(structuredClone(outcome));
      kept.tries.splice(TRIES_KEPT);
      if (outcome.attempt === 0) return structuredClone(kept.row);
      kept.row = { ...kept.row, ...healthAfter(kept.row, outcome) };
      const batch = kept.batches.get(outcome.room);
      if (batch?.id === outcome.id) {
        if (outcome.delivered) {
          kept.batches.delete(batch.room);
          this.#place(id, new Map([[batch.room, batch.to]]));
        } else kept.batches.set(batch.room, { ...batch, tries: outcome.attempt });
      }
      return structuredClone(kept.row);
    });
  }

  tries(id: string, limit: number): Promise<readonly HookTry[]> {
    return this.#gate.run(() => structuredClone(this.#kept.get(id)?.tries.slice(0, limit) ?? []));
  }

  #place(id: string, places: HookPlaces): void {
    for (const [room, seq] of places) this.#positions.setNow(hookReader(id), room, seq);
  }
}
