import type { LiveEvent, NewEvent } from "../events/event.js";
import type { Appended, ComboMark, Log, Page, RoomBatch, RoomKey, Where } from "./log.js";

/** Observer of what becomes of appends. None of its functions may throw. */
interface AppendObserver {
  /** Called with the events that an append has stored, in the order of the batch. */
  readonly onStored?: (events: readonly NewEvent[]) => void;
  /** Called when an append was asked for; one of the next two follows. */
  readonly onAsked?: () => void;
  /** Called with the time that an append took, in ms, from when it was asked for to its answer. */
  readonly onAppended?: (ms: number) => void;
  /** Called with the error that an append was refused with. */
  readonly onFailed?: (error: unknown) => void;
}

/** Log that tells an observer of every append of this process. For counting: readers of events read the log. */
export class ObservedLog implements Log {
  readonly id: string;
  readonly #log: Log;
  readonly #observer: AppendObserver;

  constructor(log: Log, observer: AppendObserver) {
    this.id = log.id;
    this.#log = log;
    this.#observer = observer;
  }

  async append(batches: readonly RoomBatch[]): Promise<readonly Appended[]> {
    const asked = performance.now();
    this.#observer.onAsked?.();
    const appended = await this.#log.append(batches).catch((error: unknown) => {
      this.#observer.onFailed?.(error);
      throw error;
    });
    this.#observer.onAppended?.(performance.now() - asked);
    for (const [index, { stored }] of appended.entries()) {
      const events = batches[index]?.events.filter((_event, at) => stored !== undefined && stored[at] !== null) ?? [];
      if (events.length > 0) this.#observer.onStored?.(events);
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
