import { afterEach, beforeEach } from "vitest";
import type { NewEvent, NewEventOf, User } from "../../src/events/event.js";
import type { Log, RoomKey } from "../../src/log/log.js";
import type { Store } from "../../src/log/store.js";

/** What a contract suite needs of an implementation. */
export interface Implementation {
  readonly name: string;
  /** A new, empty store. */
  open(): Promise<Store>;
}

/** A store that is opened before and closed after each test of the surrounding `describe`. */
export function useStore({ open }: Implementation): () => Store {
  let store: Store | undefined;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store?.close());
  return () => {
    if (store === undefined) throw new Error("no store is open");
    return store;
  };
}

const nobody: User = {
  id: null,
  secUid: null,
  displayId: null,
  shortId: null,
  nickname: null,
  avatar: null,
  gender: null,
  payLevel: null,
  fansClub: null,
  isAdmin: false,
  isAnchor: false,
  masked: false,
};

/** A person with this id and nothing else known. */
export function userOf(id: string | null): User {
  return { ...nobody, id };
}

const base = {
  room: 1,
  webRid: "98765",
  sessionId: "7400000000000000001",
  time: 1_760_000_000_000,
  receivedAt: 1_760_000_000_123,
  source: "websocket" as const,
  revision: 0,
};

/** A chat with this id. */
export function chat(id: string, change: Partial<NewEventOf<"chat">> = {}): NewEventOf<"chat"> {
  const text = change.text ?? `你好 ${id}`;
  const own = { text, kind: "text" as const, segments: [{ text }], luckyBag: false };
  return { ...base, id, method: "WebcastChatMessage", type: "chat", user: userOf("1001"), ...own, ...change };
}

/** A gift with this id, of a combo. */
export function gift(id: string, comboId: string, delta: number, comboTotal: number, settled = false): NewEventOf<"gift"> {
  return {
    ...base,
    id,
    method: "WebcastGiftMessage",
    type: "gift",
    user: userOf("1002"),
    kind: "gift",
    gift: { id: "463", name: "小心心", icon: null },
    delta,
    comboTotal,
    settled,
    unitDiamonds: 10,
    diamonds: delta * 10,
    receiver: null,
    comboId,
    traceId: null,
  };
}

/** The tombstone of an event. */
export function erased(event: NewEvent): NewEventOf<"erased"> {
  const { id, room, webRid, sessionId, method, time, receivedAt, source, revision } = event;
  return { id, room, webRid, sessionId, method, time, receivedAt, source, revision, type: "erased" };
}

/** `count` chats whose ids begin with `prefix`. */
export function chats(count: number, prefix = "c"): NewEvent[] {
  return Array.from({ length: count }, (_, index) => chat(`${prefix}${index}`));
}

/** A claimed room with its epoch and an append that goes on from one call to the next. */
export interface Claimed {
  readonly room: RoomKey;
  readonly epoch: number;
  append(...events: NewEvent[]): Promise<readonly (number | null)[]>;
}

/** Makes a room of this name and claims it. */
export async function claimed(store: Store, name = "98765"): Promise<Claimed> {
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
  const events = [];
  const removed = [];
  let scanned = after;
  for (;;) {
    const page = await log.read(room, scanned, limit);
    events.push(...page.events);
    if (page.removed !== undefined) removed.push(page.removed);
    if (page.scanned === scanned && page.head > scanned) throw new Error(`no progress at ${scanned}`);
    scanned = page.scanned;
    if (scanned >= page.head) return { events, removed, scanned };
  }
}
