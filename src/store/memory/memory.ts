import { type Clock, systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { RoomKey } from "../log.js";
import {
  type Alias,
  aliasesByRoom,
  type BroughtCounts,
  NO_SETTINGS,
  type RoomFacts,
  type RoomRow,
  type Rooms,
  type Session,
  type Sessions,
} from "../rooms.js";
import type { RoomStore } from "../store.js";
import { MemoryGate, MemoryRoomLog, memoryLog } from "./log.js";

interface MemoryOptions {
  /**
   * Events kept per room (≥ 1; an event takes about 1 KB). Beyond it, and beyond some 130 million letters of text, the oldest are dropped,
   * which readers see as a removed range.
   */
  readonly maxEventsPerRoom: number;
  /** Clock for `createdAt`; the real time by default. */
  readonly clock?: Clock;
}

/** Opens a store in memory, for the library and for reading files: it needs no package. It ends with the process. */
export function openMemoryStore({ maxEventsPerRoom, clock = systemClock }: MemoryOptions): RoomStore {
  const logs = new Map<RoomKey, MemoryRoomLog>();
  const gate = new MemoryGate();
  return {
    log: memoryLog(logs, gate),
    rooms: memoryRooms(logs, gate, clock, maxEventsPerRoom),
    sessions: memorySessions(logs, gate),
    gifts: memoryGifts(),
    retention: { horizon: () => gate.run(() => null) },
    close: () => gate.close(),
  };
}

/** Returns rooms and their names in memory. */
function memoryRooms(logs: Map<RoomKey, MemoryRoomLog>, gate: MemoryGate, clock: Clock, maxEvents: number): Rooms {
  const rows = new Map<RoomKey, RoomRow>();
  const named = new Map<string, { readonly alias: Alias; readonly room: RoomKey }>();
  const find = (alias: Alias): RoomKey | undefined => named.get(keyOf(alias))?.room;
  const make = (): RoomKey => {
    const room = rows.size;
    const createdAt = clock.now();
    rows.set(room, { room, webRid: null, title: null, anchor: null, watch: "off", settings: NO_SETTINGS, resume: null, createdAt });
    logs.set(room, new MemoryRoomLog(room, maxEvents));
    return room;
  };
  const statuses = new Map<RoomKey, { readonly status: string; readonly at: number }>();
  const change = (room: RoomKey, changed: Partial<RoomRow>): void => {
    const row = rows.get(room);
    if (row === undefined) throw new DyliveError("not_found", msg`there is no room ${room}`);
    rows.set(room, { ...row, ...changed });
  };
  const setFacts = (room: RoomKey, { webRid, title, anchor }: Partial<RoomFacts>): void => {
    const row = rows.get(room);
    const merged = {
      id: anchor?.id ?? row?.anchor?.id ?? null,
      secUid: anchor?.secUid ?? row?.anchor?.secUid ?? null,
      nickname: anchor?.nickname ?? row?.anchor?.nickname ?? null,
      avatar: anchor?.avatar ?? row?.anchor?.avatar ?? null,
    };
    const known = Object.values(merged).some((value) => value !== null);
    change(room, { webRid: webRid ?? row?.webRid ?? null, title: title ?? row?.title ?? null, anchor: known ? merged : null });
  };
  const sorted = (rooms: readonly RoomKey[]) => {
    const own = [...named].filter(([, { room }]) => rooms.includes(room));
    return own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  };
  make();
  return {
    find: (alias) => gate.run(() => find(alias) ?? null),
    ensure: (aliases, facts = {}) =>
      gate.run(() => {
        const room = aliases.map(find).find((one) => one !== undefined) ?? make();
        for (const { kind, value } of aliases) named.set(keyOf({ kind, value }), { alias: { kind, value }, room });
        setFacts(room, facts);
        return room;
      }),
    get: (room) => gate.run(() => structuredClone(rows.get(room) ?? null)),
    aliases: (room) => gate.run(() => sorted([room]).map(({ alias }) => ({ ...alias }))),
    aliasesOf: (keys) => gate.run(() => aliasesByRoom(sorted(keys).map(({ alias, room }) => ({ ...alias, room })))),
    list: ({ after = 0, limit, watch, name, among = [] } = {}) =>
      gate.run(() => {
        const isNamed = (room: RoomKey, isMeant: (alias: Alias) => boolean) =>
          [...named.values()].some((one) => one.room === room && isMeant(one.alias));
        const isAmong = (room: RoomKey) =>
          among.includes(`room:${room}`) || isNamed(room, ({ kind, value }) => among.includes(value) || among.includes(`${kind}:${value}`));
        const found = [...rows.values()].filter(
          (row) =>
            row.room > Math.max(after, 0) &&
            (watch === undefined || row.watch === watch) &&
            (name === undefined || isNamed(row.room, ({ value }) => value === name)) &&
            (among.length === 0 || isAmong(row.room)),
        );
        return structuredClone(found.slice(0, limit));
      }),
    count: () => gate.run(() => rows.size - 1),
    setFacts: (room, facts) => gate.run(() => setFacts(room, facts)),
    setWatch: (room, watch) => gate.run(() => change(room, { watch })),
    setResume: (room, resume, epoch) =>
      gate.run(() => change(room, epoch === undefined || epoch === logs.get(room)?.epoch ? { resume: structuredClone(resume) } : {})),
    setSettings: (room, settings) =>
      gate.run(() => {
        const kept = rows.get(room)?.settings ?? NO_SETTINGS;
        change(room, { settings: { ...kept, ...(typeof settings === "function" ? settings(kept) : settings) } });
      }),
    saveStatus: (room, status, at) => gate.run(() => void (rows.has(room) && statuses.set(room, { status, at }))),
    loadStatus: (room) => gate.run(() => statuses.get(room) ?? null),
    claim: (room) =>
      gate.run(() => {
        const log = logs.get(room);
        if (log === undefined) throw new DyliveError("not_found", msg`there is no room ${room}`);
        return ++log.epoch;
      }),
  };
}

function keyOf({ kind, value }: Alias): string {
  return `${kind} ${value}`;
}

/** Returns the broadcasts of every room in memory. */
function memorySessions(logs: ReadonlyMap<RoomKey, MemoryRoomLog>, gate: MemoryGate): Sessions {
  /** Sessions by room, in the order in which they were opened. */
  const byRoom = new Map<RoomKey, Map<string, Session>>();
  const seen = new Map<string, BroughtCounts>();
  const end = (room: RoomKey, sessionId: string, at: number, reason: string): void => {
    const session = byRoom.get(room)?.get(sessionId);
    if (session === undefined || session.endedAt !== null) return;
    byRoom.get(room)?.set(sessionId, { ...session, endedAt: at, endReason: reason });
  };
  return {
    open: (room, sessionId, at, title = null) =>
      gate.run(() => {
        if (!logs.has(room)) throw new DyliveError("not_found", msg`there is no room ${room}`);
        const sessions = byRoom.get(room) ?? new Map<string, Session>();
        byRoom.set(room, sessions);
        const known = sessions.get(sessionId);
        if (known === undefined) for (const id of sessions.keys()) end(room, id, at, "replaced");
        const session = known ?? { room, sessionId, title, openedAt: at, endedAt: null, endReason: null };
        const titled = { ...session, title: session.title ?? title };
        sessions.set(sessionId, titled);
        return { ...titled };
      }),
    end: (room, sessionId, at, reason) => gate.run(() => end(room, sessionId, at, reason)),
    list: (room, limit, before) =>
      gate.run(() => {
        const newest = [...(byRoom.get(room)?.values() ?? [])].reverse().sort((a, b) => b.openedAt - a.openedAt);
        const at = before === undefined ? 0 : newest.findIndex(({ sessionId }) => sessionId === before) + 1 || newest.length;
        return newest.slice(at, at + limit).map((session) => ({ ...session }));
      }),
    get: (room, sessionId) => gate.run(() => structuredClone(byRoom.get(room)?.get(sessionId) ?? null)),
    keepSeen: (room, sessionId, counts) =>
      gate.run(() => {
        if (byRoom.get(room)?.has(sessionId)) seen.set(`${room}/${sessionId}`, structuredClone(counts));
      }),
    seen: (room, sessionId) => gate.run(() => structuredClone(seen.get(`${room}/${sessionId}`) ?? null)),
  };
}

type Gifts = RoomStore["gifts"];
type KnownGift = Awaited<ReturnType<Gifts["known"]>> extends ReadonlyMap<string, infer Gift> ? Gift : never;

/** Most gifts that are kept: the platform's list had some 1,300 in October 2026. */
const MOST_GIFTS = 10_000;

/** Returns a catalogue of gifts in memory: what was said of each last, and its price now. Further gifts are left out. */
function memoryGifts(): Gifts {
  const gifts = new Map<string, KnownGift>();
  let listedAt: number | null = null;
  return {
    learn: async (source, at, described) => {
      for (const now of described) {
        const known = gifts.get(now.id);
        if (known === undefined && gifts.size >= MOST_GIFTS) continue;
        const isNewer = known === undefined || at >= known.seenAt;
        const [newer, older] = isNewer ? [now, known] : [known, now];
        const [price] = known?.prices ?? [];
        const from = price?.diamonds === now.diamonds ? price.from : at;
        const isPriced = isNewer && now.diamonds !== null;
        const prices = isPriced ? [{ diamonds: now.diamonds, from, until: null, seenAt: at, source }] : (known?.prices ?? []);
        gifts.set(now.id, {
          ...{ id: now.id, name: newer.name ?? older?.name ?? null, icon: newer.icon ?? older?.icon ?? null },
          ...{ kind: newer.kind ?? older?.kind ?? null, combo: newer.combo ?? older?.combo ?? null },
          ...{ source: isNewer ? source : known.source, diamonds: prices.at(-1)?.diamonds ?? null, prices },
          ...{ firstSeenAt: Math.min(known?.firstSeenAt ?? at, at), seenAt: Math.max(known?.seenAt ?? at, at) },
          listedAt: source === "list" ? Math.max(known?.listedAt ?? 0, at) : (known?.listedAt ?? null),
        });
      }
      if (source === "list" && described.length > 0) listedAt = Math.max(listedAt ?? 0, at);
    },
    known: async (ids) => new Map(ids.flatMap((id) => gifts.get(id) ?? []).map((gift) => [gift.id, gift])),
    listedAt: async () => listedAt,
  };
}
