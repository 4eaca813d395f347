import { untilAborted } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";

/** Collector that a room belongs to, and when it is gone. */
interface RegistryEntry<T> {
  readonly room: RoomKey;
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
  /** The room of each collector that has one. */
  readonly #entered = new WeakMap<T, RoomKey>();

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
        this.#rooms.set(room, entryOf(room, collector));
        this.#entered.set(collector, room);
        return collector;
      }
      await untilAborted(entry.left, signal);
    }
  }

  /** Notes that a collector is on its way out: the room is the next one's as soon as it has {@link leave left}. */
  leaving(collector: T): void {
    const entry = this.#entryOf(collector);
    if (entry !== undefined) entry.leaving = true;
  }

  /** Notes that a collector does nothing more with its room. */
  leave(collector: T): void {
    const entry = this.#entryOf(collector);
    if (entry === undefined) return;
    this.#rooms.delete(entry.room);
    entry.leave();
  }

  #entryOf(collector: T): RegistryEntry<T> | undefined {
    const entry = this.#rooms.get(this.#entered.get(collector) ?? 0);
    return entry?.owner === collector ? entry : undefined;
  }
}

function entryOf<T>(room: RoomKey, owner: T): RegistryEntry<T> {
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return { room, owner, leaving: false, left, leave };
}
