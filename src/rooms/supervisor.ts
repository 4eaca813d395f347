import { DyliveError } from "../errors.js";
import type { RoomKey } from "../log/log.js";
import { Collector, type CollectorParts } from "./collector.js";
import { parseRoomName, type RoomName } from "./resolve.js";
import type { RequestedRoom, RoomDesk, RoomState, RoomStatus } from "./state.js";

/** What a supervisor is built of. */
export interface SupervisorParts extends CollectorParts {
  /** Rooms collected because somebody asked, beside the watch list. */
  readonly maxOnDemandRooms: number;
  /** ms without a request after which such a room is let go. */
  readonly onDemandIdleMs: number;
}

interface Held {
  readonly collector: Collector;
  watched: boolean;
  wantedAt: number;
}

const SWEEP_MS = 1000;
/** States that answer a first caller; the others are on the way. */
const ANSWERS = (state: RoomState) => state !== "resolving" && state !== "connecting";

/** Decides which rooms are collected: those on the watch list, and those that somebody asked for lately. */
export class Supervisor implements RoomDesk {
  readonly #parts: SupervisorParts;
  /** By every name under which a room was asked for. */
  readonly #names = new Map<string, Held>();
  readonly #stopSweeping: () => void;
  #stopped = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#stopSweeping = parts.clock.every(Math.min(SWEEP_MS, parts.onDemandIdleMs), () => this.#sweep());
  }

  /** Starts collecting the watch list. */
  async start(): Promise<void> {
    for (const row of await this.#parts.store.rooms.list())
      if (row.watched && row.webRid !== null) this.#hold({ kind: "web_rid", value: row.webRid }, true);
  }

  async request(text: string, settleMs: number, signal: AbortSignal): Promise<RequestedRoom> {
    const name = parseRoomName(text);
    const known = this.#names.get(keyOf(name)) ?? (await this.#heldByAlias(name));
    const held = known ?? this.#hold(name, false);
    this.#names.set(keyOf(name), held);
    held.wantedAt = this.#parts.clock.now();
    const { tracker } = held.collector;
    const first = known === undefined || held.collector.room === null;
    if (first && !ANSWERS(tracker.state)) await tracker.settled(ANSWERS, settleMs, signal);
    const room = held.collector.room;
    const status = held.collector.status();
    if (room === null || status === null || (first && tracker.problem !== null)) {
      if (tracker.problem === "no_account") this.#letGo(held);
      throw new DyliveError(
        tracker.problem ?? "room_unknown",
        tracker.problem === null ? `no answer within ${settleMs} ms` : tracker.reason,
      );
    }
    return { room, onlySession: name.kind === "room_id" ? name.value : null, status };
  }

  status(room: RoomKey): RoomStatus | null {
    return (
      this.#held()
        .find(({ collector }) => collector.room === room)
        ?.collector.status() ?? null
    );
  }

  /** The states of all rooms that are collected now. */
  list(): readonly RoomStatus[] {
    return this.#held().flatMap(({ collector }) => collector.status() ?? []);
  }

  /** Ends every collection; what had been received is stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopSweeping();
    await Promise.all(this.#held().map(({ collector }) => collector.stop()));
    this.#names.clear();
  }

  #held(): readonly Held[] {
    return [...new Set(this.#names.values())];
  }

  /** A room that is collected under another of its names. */
  async #heldByAlias(name: RoomName): Promise<Held | undefined> {
    const room = await this.#parts.store.rooms.find(name);
    return room === null ? undefined : (this.#names.get(keyOf(name)) ?? this.#held().find(({ collector }) => collector.room === room));
  }

  #hold(name: RoomName, watched: boolean): Held {
    if (this.#stopped) throw new DyliveError("stopping", "no more rooms are taken");
    const onDemand = this.#held().filter((held) => !held.watched).length;
    if (!watched && onDemand >= this.#parts.maxOnDemandRooms)
      throw new DyliveError("too_many_rooms", `${onDemand} rooms are collected on demand, which is the most allowed`);
    const held: Held = { collector: new Collector(name, this.#parts), watched, wantedAt: this.#parts.clock.now() };
    this.#names.set(keyOf(name), held);
    void held.collector.run().then(() => this.#letGo(held));
    return held;
  }

  #sweep(): void {
    const before = this.#parts.clock.now() - this.#parts.onDemandIdleMs;
    for (const held of this.#held()) if (!held.watched && held.wantedAt < before) this.#letGo(held);
  }

  #letGo(held: Held): void {
    if (this.#stopped) return;
    for (const [key, other] of this.#names) if (other === held) this.#names.delete(key);
    void held.collector.stop();
  }
}

function keyOf(name: RoomName): string {
  return `${name.kind}:${name.value}`;
}
