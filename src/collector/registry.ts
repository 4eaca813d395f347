import { untilAborted } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";

/** Collector that a room belongs to, and when it is gone. */
interface RegistryEntry<T> {
  readonly owner: T;
  leaving: boolean;
  readonly left: Promise<void>;
  readonly leave: () => void;
}

/**
 * Says which collector of this process has which room: one at most, from before it claims or connects anything of the room until all that
 * it received is stored. Names are many and resolve in any order; a collector that comes second learns here which one has the room, and
 * opens nothing.
 */
export class CollectorRegistry<T extends object> {
  readonly #rooms = new Map<RoomKey, RegistryEntry<T>>();

  /**
   * Gives a room to a collector, unless another one has it. One that is leaving is waited for.
   * @returns who has the room now
   * @throws the signal's reason
   */
  async enter(room: RoomKey, collector: T, signal: AbortSignal): Promise<T> {
    for (;;) {
      const entry = this.#rooms.get(room);
      if (entry !== undefined && (entry.owner === collector || !entry.leaving)) return entry.owner;
      signal.throwIfAborted();
      if (entry === undefined) {
        this.#rooms.set(room, entryOf(collector));
        return collector;
      }
      await untilAborted(entry.left, signal);
    }
  }

  /** Notes that a collector is on its way out: the room is the next one's as soon as it has {@link leave left}. */
  leaving(collector: T): void {
    for (const entry of this.#rooms.values()) if (entry.owner === collector) entry.leaving = true;
  }

  /** Notes that a collector does nothing more with its room. */
  leave(collector: T): void {
    for (const [room, entry] of this.#rooms) {
      if (entry.owner !== collector) continue;
      this.#rooms.delete(room);
      entry.leave();
    }
  }
}

function entryOf<T>(owner: T): RegistryEntry<T> {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return { owner, leaving: false, left, leave };
}
