import { afterEach, beforeEach } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import type { Log, RoomKey } from "../../src/store/log.js";
import type { RoomStore, Store } from "../../src/store/store.js";
import type { StoredEvent } from "../../src/store/stored-event.js";

/** Opens a new, empty store. */
export type Open<S extends RoomStore = Store> = () => Promise<S>;

/** A store that is opened before and closed after each test of the surrounding `describe`. */
export function useStore<S extends RoomStore>(open: Open<S>): () => S {
  let store: S | undefined;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store?.close());
  return () => {
    if (store === undefined) throw new Error("no store is open");
    return store;
  };
}

/** A claimed room with its epoch and an append that goes on from one call to the next. */
export interface Claimed {
  readonly room: RoomKey;
  readonly epoch: number;
  append(...events: NewEvent[]): Promise<readonly (number | null)[]>;
}

/** Makes a room of this name and claims it. */
export async function claimed(store: Pick<RoomStore, "log" | "rooms">, name = "98765"): Promise<Claimed> {
  const room = await store.rooms.ensure([{ kind: "web_rid", value: name }]);
  const epoch = await store.rooms.claim(room);
  return {
    room,
    epoch,
    append: async (...events) => {
      const [result] = await store.log.append([{ room, epoch, events }]);
      if (result?.stored === undefined) throw new Error("fenced");
      return result.stored;
    },
  };
}

/** Everything kept of a room after a seq, read in pages as any reader would. */
export async function readAll(log: Log, room: RoomKey, after = 0, limit = 100) {
  const events: LiveEvent[] = [];
  const removed: (readonly [number, number])[] = [];
  let scanned = after;
  for (;;) {
    const page = await log.readRoom(room, scanned, limit);
    events.push(...page.events);
    if (page.removed !== undefined) removed.push(page.removed);
    if (page.scanned === scanned && page.head > scanned) throw new Error(`no progress at ${scanned}`);
    scanned = page.scanned;
    if (scanned >= page.head) return { events, removed, scanned };
  }
}

/** Replaces the oldest kept event of a broadcast by itself, if there is one: what was counted of it is counted again. */
export async function replaceOne(store: Pick<Store, "log">, room: RoomKey, sessionId: string): Promise<void> {
  const found = (await readAll(store.log, room)).events.find((event) => (event.sessionId ?? "") === sessionId);
  if (found !== undefined) await store.log.replace(room, [found]);
}

/** Every row kept of a room, whose events nobody has parsed yet. */
export async function readRows(log: Log, room: RoomKey): Promise<readonly StoredEvent[]> {
  const rows: StoredEvent[] = [];
  for (let after = 0; ; ) {
    const page = await log.readRoom(room, after, 20_000);
    rows.push(...page.rows);
    if (page.scanned >= page.head) return rows;
    after = page.scanned;
  }
}

/** Appends events to a room, known by its key or by a name by which it is made; claims it when it is first told of, and gives its key. */
export type Tell = (room: RoomKey | string, ...events: NewEvent[]) => Promise<RoomKey>;

/** Appends to the rooms of a store. */
export function tellerOf(store: Pick<RoomStore, "log" | "rooms">): Tell {
  const epochs = new Map<RoomKey, number>();
  return async (asked, ...events) => {
    const known = typeof asked === "number";
    const room = known ? asked : await store.rooms.ensure([{ kind: "web_rid", value: asked }], { webRid: asked });
    const epoch = epochs.get(room) ?? (await store.rooms.claim(room));
    epochs.set(room, epoch);
    if (events.length > 0) await store.log.append([{ room, epoch, events: events.map((event) => ({ ...event, room })) }]);
    return room;
  };
}
