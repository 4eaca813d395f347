import type { LiveEvent, NewEvent } from "../events/event.js";
import type { Appended, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "./log.js";

/** Called with what an append has stored, in the order of the batch. Must not throw. */
export type OnStored = (events: readonly NewEvent[]) => void;

/** Called with how long an append took, ms, from its asking to its answer. Must not throw. */
export type OnAppended = (ms: number) => void;

/** Called with what an append was refused with. Must not throw. */
export type OnFailed = (error: unknown) => void;

/** The log, with somebody told of every event that this process stores. For counting: readers of events read the log. */
export class ObservedLog implements Log {
  readonly id: string;
  readonly #log: Log;
  readonly #onStored: OnStored;
  readonly #onAppended: OnAppended;
  readonly #onFailed: OnFailed;

  constructor(log: Log, onStored: OnStored, onAppended: OnAppended = () => {}, onFailed: OnFailed = () => {}) {
    this.id = log.id;
    this.#log = log;
    this.#onStored = onStored;
    this.#onAppended = onAppended;
    this.#onFailed = onFailed;
  }

  async append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    const asked = performance.now();
    const appended = await this.#log.append(batches).catch((error: unknown) => {
      this.#onFailed(error);
      throw error;
    });
    this.#onAppended(performance.now() - asked);
    for (const [index, { stored }] of appended.entries()) {
      const events = batches[index]?.events.filter((_event, at) => stored !== undefined && stored[at] !== null) ?? [];
      if (events.length > 0) this.#onStored(events);
    }
    return appended;
  }

  read(room: RoomKey, after: number, limit: number, where?: Where): Promise<Page> {
    return this.#log.read(room, after, limit, where);
  }

  readBefore(room: RoomKey, before: number, limit: number, where?: Where): Promise<Page> {
    return this.#log.readBefore(room, before, limit, where);
  }

  heads(rooms?: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, { readonly oldest: number; readonly head: number }>> {
    return this.#log.heads(rooms);
  }

  combos(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, ComboMark>> {
    return this.#log.combos(room, ids);
  }

  known(room: RoomKey, ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#log.known(room, ids);
  }

  byId(room: RoomKey, ids: readonly string[]): Promise<ReadonlyMap<string, LiveEvent>> {
    return this.#log.byId(room, ids);
  }

  wakes(signal: AbortSignal): AsyncIterable<ReadonlySet<RoomKey>> {
    return this.#log.wakes(signal);
  }

  replace(room: RoomKey, events: readonly LiveEvent[]): Promise<void> {
    return this.#log.replace(room, events);
  }

  remove(room: RoomKey, from: number, to: number, reason: "retention"): Promise<void> {
    return this.#log.remove(room, from, to, reason);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
