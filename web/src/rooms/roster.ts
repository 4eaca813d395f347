import { type ComputedRef, computed, type InjectionKey, inject, shallowReactive, shallowRef } from "vue";
import type { ApiClient } from "../api/client.js";
import type { Room } from "../api/model.js";
import type { LinkState } from "../api/retry.js";
import { followRooms } from "../api/rooms-stream.js";
import { useNow } from "../now.js";
import { Rate } from "./rate.js";

/** All rooms with their states and speeds, as the server tells them; one for the whole page. */
export class Roster {
  readonly rooms = shallowReactive(new Map<string, Room>());
  readonly rates = new Map<string, Rate>();
  readonly link = shallowRef<LinkState>({ name: "connecting" });
  /** Whether the server has sent all rooms that there are: an empty list means that there are none. */
  readonly known = shallowRef(false);
  /** Rooms that stay on the page until they are released, and whether they are gone. */
  readonly #held = new Map<string, boolean>();
  /** Goes up when broadcasts may have been deleted, alone or with their room, here or elsewhere: what shows some asks again. */
  readonly deletions = shallowRef(0);
  /** How far this machine's clock is ahead of the server's, ms. */
  readonly aheadMs = shallowRef(0);
  readonly #stop = new AbortController();

  constructor(client: ApiClient, onRefused: () => void) {
    followRooms(
      {
        client,
        onRefused,
        onRoom: (room) => this.take(room),
        onGone: (id) => this.#gone(id),
        onSessionGone: () => this.deletions.value++,
        onTime: (time) => {
          this.aheadMs.value = Date.now() - time;
        },
        onState: (state) => {
          this.link.value = state;
          if (state.name === "open" && this.known.value) this.deletions.value++;
          // The stream begins with every room, in the first second; without any it is silent.
          if (state.name === "open") void this.#settle(client);
        },
      },
      this.#stop.signal,
    );
  }

  /** A room as the stream or an answer just had it. */
  take(room: Room): void {
    let rate = this.rates.get(room.id);
    if (rate === undefined) {
      rate = new Rate();
      this.rates.set(room.id, rate);
    }
    if (room.status !== null) rate.count(room.status.evidence.counts, Date.now());
    this.rooms.set(room.id, room);
  }

  /** A room that was deleted. */
  forget(id: string): void {
    this.#held.delete(id);
    this.rooms.delete(id);
    this.rates.delete(id);
    this.deletions.value++;
  }

  /** Keeps a room on the page while somebody deletes it there: how far that is stands in a dialog of its own. */
  hold(id: string): void {
    this.#held.set(id, false);
  }

  release(id: string): void {
    const isGone = this.#held.get(id) === true;
    this.#held.delete(id);
    if (isGone) this.forget(id);
  }

  close(): void {
    this.#stop.abort();
  }

  #gone(id: string): void {
    if (this.#held.has(id)) this.#held.set(id, true);
    else this.forget(id);
  }

  async #settle(client: ApiClient): Promise<void> {
    const before = [...this.rooms.keys()];
    try {
      const { data } = await client.v1.GET("/v1/rooms", { params: { query: { limit: 1_000 } } });
      if (data === undefined) return;
      for (const room of data.rooms) if (!this.rooms.has(room.id)) this.take(room);
      // Deleted while there was no connection. Of a longer list the rest is not known.
      const there = new Set(data.rooms.map(({ id }) => id));
      if (data.next === null) for (const id of before) if (!there.has(id)) this.#gone(id);
      this.known.value = true;
    } catch {
      // The stream tells the rooms as well.
    }
  }
}

export const ROSTER: InjectionKey<Roster> = Symbol("roster");

/** The rooms of this page. */
export function useRoster(): Roster {
  const roster = inject(ROSTER);
  if (roster === undefined) throw new Error("there is no roster");
  return roster;
}

/** The server's time, ms UTC, once a second: what it tells is measured by its clock, and this machine's may be another. */
export function useServerNow(): ComputedRef<number> {
  const { aheadMs } = useRoster();
  const now = useNow();
  return computed(() => now.value - aheadMs.value);
}
