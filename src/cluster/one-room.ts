import { GiftListReader } from "../collector/gift-list-reader.js";
import type { LiveEvent, NewEvent } from "../events/event.js";
import type { RequestedRoom, RoomStatus } from "../health/state.js";
import type { Broadcast } from "../ingest/pipeline.js";
import type { Received } from "../platform/access/read.js";
import type { Reach } from "../platform/platform-access.js";
import { type Clock, linkedController } from "../runtime/clock.js";
import type { RoomKey, Where } from "../store/log.js";
import { openMemoryStore } from "../store/memory/memory.js";
import type { RoomStore } from "../store/store.js";
import { RoomManager } from "./room-manager.js";

/** Dependencies of {@link OneRoom}. */
interface OneRoomDeps {
  /** Access to the platform, whose identities are closed with the room. */
  readonly reach: Reach;
  readonly clock: Clock;
  /** ms between looks at the room while it is not live */
  readonly pollMs: number;
  /** Events kept for readers that are behind, of every type; the oldest are dropped. */
  readonly maxEvents: number;
  readonly setAside: (event: NewEvent, error: unknown) => void;
  /** Whether the platform's list of gifts is read, by which names and prices are filled in that messages do not tell. */
  readonly readsGiftList?: boolean;
  /** Called with every batch as received, before it is stored: for recording. */
  readonly onReceived?: (received: readonly Received[], broadcast: Broadcast) => void;
}

/** Most events that are read at a time for a loop. */
const PAGE_EVENTS = 200;
/** Longest wait for the first answer about the room, in ms: a browser may have to start first. */
const SETTLE_MS = 20_000;

/** One room, collected into memory: for those who watch or record one and keep nothing. It goes on from broadcast to broadcast until it is closed. */
export class OneRoom {
  readonly room: RoomKey;
  /** Status of the room when the platform had said what it is. */
  readonly found: RoomStatus;
  readonly store: RoomStore;
  readonly #where: Where;
  readonly #rooms: RoomManager;
  readonly #close: () => Promise<void>;
  readonly #over = new AbortController();

  private constructor({ room, status, onlySession }: RequestedRoom, rooms: RoomManager, store: RoomStore, close: () => Promise<void>) {
    this.room = room;
    this.found = status;
    this.store = store;
    this.#where = onlySession === null ? {} : { sessionId: onlySession };
    this.#rooms = rooms;
    this.#close = close;
  }

  /**
   * Starts collecting.
   * @param text anything that names a room
   * @throws DyliveError bad_room, no_account, room_unknown, unreachable, and whatever keeps the room from being met; the reach is closed then
   */
  static async open(text: string, deps: OneRoomDeps, signal: AbortSignal): Promise<OneRoom> {
    const { reach, clock, pollMs, maxEvents, setAside, readsGiftList = false, onReceived } = deps;
    const store = openMemoryStore({ maxEventsPerRoom: maxEvents, clock });
    // Where there is no list, messages say what they say.
    const giftList = readsGiftList ? { giftList: new GiftListReader({ gifts: store.gifts, clock, onRefused: () => {} }) } : {};
    const collecting = { ...reach, store, clock, pollMs, setAside, ...giftList, ...(onReceived && { onReceived }) };
    const limits = { maxOnDemandRooms: 1, onDemandIdleMs: Number.MAX_SAFE_INTEGER };
    const rooms = RoomManager.alone({ ...collecting, ...limits, onError: () => {} });
    const close = async () => {
      await rooms.stop();
      await store.close();
      await reach.identities.close();
    };
    try {
      return new OneRoom(await rooms.request(text, SETTLE_MS, signal), rooms, store, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** Returns the current status of the room. */
  status(): RoomStatus {
    return this.#rooms.status(this.room) ?? this.found;
  }

  /** Returns the seq of the newest event. */
  async head(): Promise<number> {
    return (await this.store.log.heads([this.room])).get(this.room)?.head ?? 0;
  }

  /**
   * Yields the room's events after a seq, from the first on by default, as they come, until the signal aborts. Where the text named a
   * broadcast, only those of it. `onLost` gets the number of events, of any type, that were dropped because they were not taken in time.
   */
  async *events(
    where: Where,
    signal: AbortSignal,
    { after = 0, onLost = () => {} }: { readonly after?: number; readonly onLost?: ((count: number) => void) | undefined } = {},
  ): AsyncGenerator<LiveEvent, void> {
    const wanted = { ...where, ...this.#where };
    const { log } = this.store;
    const done = linkedController(signal, this.#over.signal);
    try {
      let at = after;
      for await (const _ of log.wakes(done.signal)) {
        for (let more = true; more; ) {
          const { rows, scanned, head, removed } = await log.readRoom(this.room, at, PAGE_EVENTS, wanted);
          if (removed !== undefined) onLost(removed[1] - removed[0] + 1);
          for (const { event } of rows) {
            yield event;
            if (signal.aborted) return;
          }
          at = scanned;
          more = scanned < head && !done.signal.aborted;
        }
      }
    } finally {
      done.abort();
      done.release();
    }
  }

  /** Ends collecting, and what waits for events. */
  close(): Promise<void> {
    this.#over.abort();
    return this.#close();
  }
}
