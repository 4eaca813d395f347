import type { RoomKey } from "../log/log.js";
import type { Collector } from "./collector.js";
import type { RoomName } from "./resolve.js";

/** A room that is collected, and why. */
export interface Held {
  readonly collector: Collector;
  /** On the watch list; `saved` once the store knows. */
  watched: "no" | "wanted" | "saved";
  /** ms UTC */
  wantedAt: number;
  /** When the collector gave up (no such account); null while it runs. */
  endedAt: number | null;
}

/** Who collects what, by every name under which a room was asked for. */
export class Roster {
  readonly #names = new Map<string, Held>();

  get(name: RoomName): Held | undefined {
    return this.#names.get(keyOf(name));
  }

  set(name: RoomName, held: Held): void {
    this.#names.set(keyOf(name), held);
  }

  all(): readonly Held[] {
    return [...new Set(this.#names.values())];
  }

  ofRoom(room: RoomKey): Held | undefined {
    return this.all().find(({ collector }) => collector.room === room);
  }

  /** Stops a collector, and forgets its names. */
  letGo(held: Held): void {
    for (const [key, other] of this.#names) if (other === held) this.#names.delete(key);
    void held.collector.stop();
  }

  /** Two names may turn out to be one room: the first collector stays, and both names lead to it. */
  mergeTwins(): void {
    const first = new Map<RoomKey, Held>();
    for (const held of this.all()) {
      const { room } = held.collector;
      if (room === null) continue;
      const twin = first.get(room);
      if (twin === undefined) {
        first.set(room, held);
        continue;
      }
      for (const [key, other] of this.#names) if (other === held) this.#names.set(key, twin);
      twin.wantedAt = Math.max(twin.wantedAt, held.wantedAt);
      if (held.watched !== "no" && twin.watched === "no") twin.watched = held.watched;
      void held.collector.stop();
    }
  }

  /** Stops all collectors; what had been received is stored. */
  async stop(): Promise<void> {
    await Promise.all(this.all().map(({ collector }) => collector.stop()));
    this.#names.clear();
  }
}

function keyOf(name: RoomName): string {
  return `${name.kind}:${name.value}`;
}
