import { DyliveError } from "../errors.js";
import type { RoomKey } from "../log/log.js";
import type { RoomRow } from "../log/rooms.js";
import { Budget } from "./budget.js";
import { type Budgets, Collector, type CollectorParts } from "./collector.js";
import { parseRoomName, type RoomName } from "./resolve.js";
import type { RequestedRoom, RoomManager, RoomState, RoomStatus, RoomView } from "./state.js";

/** What a supervisor is built of. */
export interface SupervisorParts extends CollectorParts {
  /** Rooms collected because somebody asked, beside the watch list. */
  readonly maxOnDemandRooms: number;
  /** ms without a request after which such a room is let go. */
  readonly onDemandIdleMs: number;
}

interface Held {
  readonly collector: Collector;
  /** On the watch list; `saved` once the store knows. */
  watched: "no" | "wanted" | "saved";
  wantedAt: number;
  /** When the collector gave up (no such account); null while it runs. */
  endedAt: number | null;
}

const SWEEP_MS = 1000;
/** For all rooms together, towards the platform: a page is a megabyte, a connect is cheap. */
const REQUESTS_PER_S = 5;
const CONNECTS_PER_S = 20;
/** How long "no such account" is answered from memory, so that a client that polls a wrong id does not make us poll the platform. */
const REMEMBER_MISS_MS = 60_000;
/** States that answer a first caller; the others are on the way. */
const ANSWERS = (state: RoomState) => state !== "resolving" && state !== "connecting";

/** Decides which rooms are collected: those on the watch list, and those that somebody asked for lately. */
export class Supervisor implements RoomManager {
  readonly #parts: SupervisorParts;
  readonly #budgets: Budgets;
  /** By every name under which a room was asked for. */
  readonly #names = new Map<string, Held>();
  readonly #stopSweeping: () => void;
  #stopped = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#budgets = { requests: new Budget(parts.clock, REQUESTS_PER_S, 10), connects: new Budget(parts.clock, CONNECTS_PER_S, 20) };
    this.#stopSweeping = parts.clock.every(Math.min(SWEEP_MS, parts.onDemandIdleMs), () => this.#sweep());
  }

  /** Starts collecting the watch list. */
  async start(): Promise<void> {
    for (const row of await this.#parts.store.rooms.list())
      if (row.watch === "on" && row.webRid !== null) this.#hold({ kind: "web_rid", value: row.webRid }, "saved");
  }

  /** Puts a room on the watch list: it is collected from now on, also after a restart. @throws DyliveError bad_room */
  watch(text: string): void {
    const name = parseRoomName(text);
    const held = this.#names.get(keyOf(name)) ?? this.#hold(name, "wanted");
    if (held.watched === "no") held.watched = "wanted";
  }

  async request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    const name = parseRoomName(text);
    const known = this.#names.get(keyOf(name)) ?? (await this.#heldByAlias(name));
    const held = known ?? this.#hold(name, "no");
    const { collector } = held;
    this.#names.set(keyOf(name), held);
    held.wantedAt = this.#parts.clock.now();
    const first = known === undefined || collector.room === null;
    if (first && !ANSWERS(collector.tracker.state)) await collector.tracker.settled(ANSWERS, settleMs, signal);
    this.#mergeTwins();
    const status = collector.status();
    const { problem, reason } = collector.tracker;
    if (status === null || (first && problem !== null))
      throw new DyliveError(problem ?? "room_unknown", problem === null ? `no answer within ${settleMs} ms` : reason);
    return { room: status.room, onlySession: name.kind === "room_id" ? name.value : null, status };
  }

  status(room: RoomKey): RoomStatus | null {
    return (
      this.#held()
        .find(({ collector }) => collector.room === room)
        ?.collector.status() ?? null
    );
  }

  /** The states of all rooms that are collected now. */
  collected(): readonly RoomStatus[] {
    return this.#held().flatMap(({ collector }) => collector.status() ?? []);
  }

  async list(): Promise<readonly RoomView[]> {
    const rows = await this.#parts.store.rooms.list();
    return Promise.all(rows.map((row) => this.#view(row)));
  }

  async view(room: RoomKey): Promise<RoomView> {
    return this.#view(await this.#row(room));
  }

  async add(text: string, settleMs: number, signal: AbortSignal): Promise<RoomView> {
    const name = parseRoomName(text);
    const held = this.#names.get(keyOf(name)) ?? (await this.#heldByAlias(name)) ?? this.#hold(name, "wanted");
    if (held.watched === "no") held.watched = "wanted";
    const { room } = await this.request(text, settleMs, signal);
    await this.#parts.store.rooms.setWatch(room, "on");
    held.watched = "saved";
    return this.view(room);
  }

  async pause(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "paused");
  }

  async resume(room: RoomKey): Promise<RoomView> {
    const { webRid } = await this.#row(room);
    if (webRid === null) throw new DyliveError("not_found", `room ${room} has no number on the platform that could be collected`);
    await this.#parts.store.rooms.setWatch(room, "on");
    const held = this.#holdOf(room) ?? this.#hold({ kind: "web_rid", value: webRid }, "saved");
    held.watched = "saved";
    return this.view(room);
  }

  async remove(room: RoomKey): Promise<RoomView> {
    return this.#unwatch(room, "off");
  }

  /** Ends every collection; what had been received is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopSweeping();
    await Promise.all(this.#held().map(({ collector }) => collector.stop()));
    this.#names.clear();
  }

  async #row(room: RoomKey): Promise<RoomRow> {
    const row = room > 0 ? await this.#parts.store.rooms.get(room) : null;
    if (row === null) throw new DyliveError("not_found", `there is no room ${room}`);
    return row;
  }

  async #view(row: RoomRow): Promise<RoomView> {
    return { row, aliases: await this.#parts.store.rooms.aliases(row.room), status: this.status(row.room) };
  }

  async #unwatch(room: RoomKey, watch: "paused" | "off"): Promise<RoomView> {
    await this.#row(room);
    await this.#parts.store.rooms.setWatch(room, watch);
    const held = this.#holdOf(room);
    if (held !== undefined) this.#letGo(held);
    return this.view(room);
  }

  #holdOf(room: RoomKey): Held | undefined {
    return this.#held().find(({ collector }) => collector.room === room);
  }

  #held(): readonly Held[] {
    return [...new Set(this.#names.values())];
  }

  /** A room that is collected under another of its names. */
  async #heldByAlias(name: RoomName): Promise<Held | undefined> {
    const room = await this.#parts.store.rooms.find(name);
    return room === null ? undefined : (this.#names.get(keyOf(name)) ?? this.#holdOf(room));
  }

  #hold(name: RoomName, watched: Held["watched"]): Held {
    if (this.#stopped) throw new DyliveError("stopping", "no more rooms are taken");
    const onDemand = this.#held().filter((held) => held.watched === "no" && held.endedAt === null).length;
    if (watched === "no" && onDemand >= this.#parts.maxOnDemandRooms)
      throw new DyliveError("too_many_rooms", `${onDemand} rooms are collected on demand, which is the most allowed`);
    const { clock } = this.#parts;
    const held: Held = { collector: new Collector(name, this.#parts, this.#budgets), watched, wantedAt: clock.now(), endedAt: null };
    this.#names.set(keyOf(name), held);
    void held.collector.run().then(() => {
      held.endedAt = clock.now();
    });
    return held;
  }

  #sweep(): void {
    const now = this.#parts.clock.now();
    this.#mergeTwins();
    for (const held of this.#held()) {
      const { room } = held.collector;
      if (held.endedAt !== null && held.endedAt + REMEMBER_MISS_MS <= now) this.#letGo(held);
      else if (held.watched === "no" && held.wantedAt + this.#parts.onDemandIdleMs <= now) this.#letGo(held);
      else if (held.watched === "wanted" && room !== null) {
        held.watched = "saved";
        void this.#parts.store.rooms.setWatch(room, "on").catch(() => {
          held.watched = "wanted";
        });
      }
    }
  }

  /** Two names may turn out to be one room: the first collector stays, and both names lead to it. */
  #mergeTwins(): void {
    const first = new Map<RoomKey, Held>();
    for (const held of this.#held()) {
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

  #letGo(held: Held): void {
    for (const [key, other] of this.#names) if (other === held) this.#names.delete(key);
    void held.collector.stop();
  }
}

function keyOf(name: RoomName): string {
  return `${name.kind}:${name.value}`;
}
