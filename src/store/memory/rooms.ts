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
} from "../rooms.js";
import type { MemoryGate } from "./gate.js";
import { MemoryRoomLog, type MemoryRoomLogs } from "./room-log.js";

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

  allAliases(): Promise<ReadonlyMap<RoomKey, readonly Alias[]>> {
    return this.#gate.run(() => {
      const all = [...this.#aliases].sort(([a], [b]) => (a < b ? -1 : 1));
      return aliasesByRoom(all.map(([, { alias, room }]) => ({ ...alias, room })));
    });
  }

  list(): Promise<readonly RoomRow[]> {
    return this.#gate.run(() => structuredClone([...this.#rows.values()].filter(({ room }) => room > 0)));
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
