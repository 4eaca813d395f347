import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import type { Limits, LimitsOf, Retained, Retention, StoreSize } from "../retention.js";
import type { MemoryGate } from "./gate.js";
import type { MemoryRoomLogs } from "./room-log.js";

/** Limits in memory. What is in memory is bounded anyway, so there is no file to make smaller. */
export class MemoryRetention implements Retention {
  readonly #gate: MemoryGate;
  readonly #logs: MemoryRoomLogs;
  readonly #limits = new Map<RoomKey, Partial<Record<Retained, Limits>>>();
  readonly #horizons = new Map<RoomKey, number>();

  constructor(gate: MemoryGate, logs: MemoryRoomLogs) {
    this.#gate = gate;
    this.#logs = logs;
  }

  limits(room: RoomKey): Promise<Partial<LimitsOf>> {
    return this.#gate.run(() => ({ ...this.#limits.get(room) }));
  }

  setLimits(room: RoomKey, kind: Retained, limits: Limits | null): Promise<void> {
    return this.#gate.run(() => {
      if (!this.#logs.has(room)) throw new DyliveError("not_found", "there is no such room");
      const { [kind]: _before, ...others } = this.#limits.get(room) ?? {};
      this.#limits.set(room, limits === null ? others : { ...others, [kind]: limits });
    });
  }

  size(room: RoomKey): Promise<number> {
    return this.#gate.run(() => this.#logs.get(room)?.bytes() ?? 0);
  }

  storeSize(): Promise<StoreSize | null> {
    return this.#gate.run(() => null);
  }

  giveBack(): Promise<boolean> {
    return this.#gate.run(() => false);
  }

  days(): Promise<readonly number[] | null> {
    return this.#gate.run(() => null);
  }

  dropDays(_before: number): Promise<number> {
    return this.#gate.run(() => 0);
  }

  horizon(room: RoomKey): Promise<number | null> {
    return this.#gate.run(() => this.#horizons.get(room) ?? null);
  }

  setHorizon(room: RoomKey, time: number): Promise<void> {
    return this.#gate.run(() => void this.#horizons.set(room, Math.max(time, this.#horizons.get(room) ?? time)));
  }
}
