import type { Clock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import type { RoomKey } from "../log.js";
import {
  type Alias,
  aliasesByRoom,
  NO_SETTINGS,
  type Resume,
  type RoomFacts,
  type RoomRow,
  type RoomSettings,
  type Rooms,
  type Watch,
  type WhichRooms,
} from "../rooms.js";
import type { Session, Sessions } from "../sessions.js";
import { type MemoryGate, MemoryRoomLog, type MemoryRoomLogs } from "./log.js";

/** Rooms and their names in memory. */
export class MemoryRooms implements Rooms {
  readonly #logs: MemoryRoomLogs;
  readonly #gate: MemoryGate;
  readonly #clock: Clock;
  readonly #rows = new Map<RoomKey, RoomRow>();
  readonly #aliases = new Map<string, { readonly alias: Alias; readonly room: RoomKey }>();

  constructor(logs: MemoryRoomLogs, gate: MemoryGate, clock: Clock) {
    this.#logs = logs;
    this.#gate = gate;
    this.#clock = clock;
    this.#make();
  }

  find(alias: Alias): Promise<RoomKey | null> {
    return this.#gate.run(() => this.#find(alias) ?? null);
  }

  ensure(aliases: readonly [Alias, ...Alias[]], facts: Partial<RoomFacts> = {}): Promise<RoomKey> {
    return this.#gate.run(() => {
      const room = aliases.map((alias) => this.#find(alias)).find((one) => one !== undefined) ?? this.#make();
      for (const { kind, value } of aliases) this.#aliases.set(keyOf({ kind, value }), { alias: { kind, value }, room });
      this.#setFacts(room, facts);
      return room;
    });
  }

  get(room: RoomKey): Promise<RoomRow | null> {
    return this.#gate.run(() => structuredClone(this.#rows.get(room) ?? null));
  }

  aliases(room: RoomKey): Promise<readonly Alias[]> {
    return this.#gate.run(() => {
      const own = [...this.#aliases.values()].filter((one) => one.room === room).map(({ alias }) => ({ ...alias }));
      return own.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    });
  }

  aliasesOf(rooms: readonly RoomKey[]): Promise<ReadonlyMap<RoomKey, readonly Alias[]>> {
    return this.#gate.run(() => {
      const all = [...this.#aliases].filter(([, { room }]) => rooms.includes(room)).sort(([a], [b]) => (a < b ? -1 : 1));
      return aliasesByRoom(all.map(([, { alias, room }]) => ({ ...alias, room })));
    });
  }

  list({ after = 0, limit, watch, name, among = [] }: WhichRooms = {}): Promise<readonly RoomRow[]> {
    return this.#gate.run(() => {
      const named = (room: RoomKey, isMeant: (alias: Alias) => boolean) =>
        [...this.#aliases.values()].some((one) => one.room === room && isMeant(one.alias));
      const isAmong = (room: RoomKey) =>
        among.includes(`room:${room}`) || named(room, ({ kind, value }) => among.includes(value) || among.includes(`${kind}:${value}`));
      const found = [...this.#rows.values()].filter(
        (row) =>
          row.room > Math.max(after, 0) &&
          (watch === undefined || row.watch === watch) &&
          (name === undefined || named(row.room, ({ value }) => value === name)) &&
          (among.length === 0 || isAmong(row.room)),
      );
      return structuredClone(found.slice(0, limit));
    });
  }

  setFacts(room: RoomKey, facts: Partial<RoomFacts>): Promise<void> {
    return this.#gate.run(() => this.#setFacts(room, facts));
  }

  setWatch(room: RoomKey, watch: Watch): Promise<void> {
    return this.#gate.run(() => this.#change(room, { watch }));
  }

  setResume(room: RoomKey, resume: Resume | null): Promise<void> {
    return this.#gate.run(() => this.#change(room, { resume: structuredClone(resume) }));
  }

  setSettings(room: RoomKey, settings: Partial<RoomSettings>): Promise<void> {
    return this.#gate.run(() => this.#change(room, { settings: { ...(this.#rows.get(room)?.settings ?? NO_SETTINGS), ...settings } }));
  }

  claim(room: RoomKey): Promise<number> {
    return this.#gate.run(() => {
      const log = this.#logs.get(room);
      if (log === undefined) throw new DyliveError("not_found", `there is no room ${room}`);
      return ++log.epoch;
    });
  }

  #find(alias: Alias): RoomKey | undefined {
    return this.#aliases.get(keyOf(alias))?.room;
  }

  #make(): RoomKey {
    const room = this.#rows.size;
    const createdAt = this.#clock.now();
    this.#rows.set(room, { room, webRid: null, title: null, anchor: null, watch: "off", settings: NO_SETTINGS, resume: null, createdAt });
    this.#logs.set(room, new MemoryRoomLog());
    return room;
  }

  #change(room: RoomKey, change: Partial<RoomRow>): void {
    const row = this.#rows.get(room);
    if (row === undefined) throw new DyliveError("not_found", `there is no room ${room}`);
    this.#rows.set(room, { ...row, ...change });
  }

  #setFacts(room: RoomKey, { webRid, title, anchor }: Partial<RoomFacts>): void {
    const row = this.#rows.get(room);
    const merged = {
      id: anchor?.id ?? row?.anchor?.id ?? null,
      secUid: anchor?.secUid ?? row?.anchor?.secUid ?? null,
      nickname: anchor?.nickname ?? row?.anchor?.nickname ?? null,
      avatar: anchor?.avatar ?? row?.anchor?.avatar ?? null,
    };
    const known = Object.values(merged).some((value) => value !== null);
    this.#change(room, { webRid: webRid ?? row?.webRid ?? null, title: title ?? row?.title ?? null, anchor: known ? merged : null });
  }
}

function keyOf({ kind, value }: Alias): string {
  return `${kind} ${value}`;
}

/** Broadcasts of every room in memory. */
export class MemorySessions implements Sessions {
  readonly #gate: MemoryGate;
  readonly #exists: (room: RoomKey) => boolean;
  /** Sessions by room, in the order in which they were opened. */
  readonly #sessions = new Map<RoomKey, Map<string, Session>>();

  constructor(gate: MemoryGate, exists: (room: RoomKey) => boolean) {
    this.#gate = gate;
    this.#exists = exists;
  }

  open(room: RoomKey, sessionId: string, at: number, title: string | null = null): Promise<Session> {
    return this.#gate.run(() => {
      if (!this.#exists(room)) throw new DyliveError("not_found", `there is no room ${room}`);
      const sessions = this.#sessions.get(room) ?? new Map<string, Session>();
      this.#sessions.set(room, sessions);
      const known = sessions.get(sessionId);
      if (known === undefined) for (const id of sessions.keys()) this.#end(room, id, at, "replaced");
      const session = known ?? { room, sessionId, title, openedAt: at, endedAt: null, endReason: null };
      const named = { ...session, title: session.title ?? title };
      sessions.set(sessionId, named);
      return { ...named };
    });
  }

  end(room: RoomKey, sessionId: string, at: number, reason: string): Promise<void> {
    return this.#gate.run(() => this.#end(room, sessionId, at, reason));
  }

  list(room: RoomKey, limit: number, before?: string): Promise<readonly Session[]> {
    return this.#gate.run(() => {
      const newest = [...(this.#sessions.get(room)?.values() ?? [])].reverse().sort((a, b) => b.openedAt - a.openedAt);
      const at = before === undefined ? 0 : newest.findIndex(({ sessionId }) => sessionId === before) + 1 || newest.length;
      return newest.slice(at, at + limit).map((session) => ({ ...session }));
    });
  }

  get(room: RoomKey, sessionId: string): Promise<Session | null> {
    return this.#gate.run(() => structuredClone(this.#sessions.get(room)?.get(sessionId) ?? null));
  }

  #end(room: RoomKey, sessionId: string, at: number, reason: string): void {
    const session = this.#sessions.get(room)?.get(sessionId);
    if (session === undefined || session.endedAt !== null) return;
    this.#sessions.get(room)?.set(sessionId, { ...session, endedAt: at, endReason: reason });
  }
}
