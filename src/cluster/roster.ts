import type { Collector } from "../collector/collector.js";
import type { RoomName } from "../platform/links/resolve.js";
import type { Clock } from "../runtime/clock.js";
import { inTime } from "../runtime/in-time.js";
import type { RoomKey } from "../store/log.js";

/** A room that is collected, and why. */
export interface RosterEntry {
  readonly collector: Collector;
  /**
   * On the watch list: `saved` once the store knows, `wanted` until then; `adding` while only callers want it that wait to hear whether it
   * is put there.
   */
  watched: "no" | "adding" | "wanted" | "saved";
  /** Number of callers that wait to hear that. */
  adders: number;
  /** ms UTC */
  wantedAt: number;
  /** When the collector gave up (no such account); null while it runs. */
  endedAt: number | null;
  /** Entry that collects the room, where it turned out to be another collector's; null while this one's is its own. */
  twin: RosterEntry | null;
}

/** Longest wait of a process that stops for its collectors, in ms: less than what the command gives it to stop. */
const STOP_MS = 4000;

/** Collectors of this process, by every name under which a room was asked for. */
export class Roster {
  readonly #clock: Clock;
  readonly #names = new Map<string, RosterEntry>();
  /** Ends of collectors that are stopping. */
  readonly #ending = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(name: RoomName): RosterEntry | undefined {
    return this.#names.get(keyOf(name));
  }

  set(name: RoomName, held: RosterEntry): void {
    this.#names.set(keyOf(name), held);
  }

  all(): readonly RosterEntry[] {
    return [...new Set(this.#names.values())];
  }

  /** Returns the entry that collects each room; one that gave up only where there is no other. */
  byRoom(): ReadonlyMap<RoomKey, RosterEntry> {
    const byRoom = new Map<RoomKey, RosterEntry>();
    for (const held of this.all()) {
      const { room } = held.collector;
      if (room !== null && (held.endedAt === null || !byRoom.has(room))) byRoom.set(room, held);
    }
    return byRoom;
  }

  ofRoom(room: RoomKey): RosterEntry | undefined {
    return this.byRoom().get(room);
  }

  /** Returns the entry that collects the room, unless it has given up. */
  runningOf(room: RoomKey): RosterEntry | undefined {
    const held = this.ofRoom(room);
    return held?.endedAt === null ? held : undefined;
  }

  /** Stops a collector, and forgets its names. @param paused since the room is paused */
  letGo(held: RosterEntry, paused = false): void {
    for (const [key, other] of this.#names) if (other === held) this.#names.delete(key);
    this.#end(held, paused);
  }

  /** Lets go all entries of a room. @param paused since the room is paused */
  letGoOf(room: RoomKey, paused = false): void {
    for (const held of this.all()) if (held.collector.room === room) this.letGo(held, paused);
  }

  /** Leads all names of one entry to another. @returns whether it had any: else it was let go */
  replace(held: RosterEntry, by: RosterEntry): boolean {
    const keys = [...this.#names].filter(([, other]) => other === held).map(([key]) => key);
    for (const key of keys) this.#names.set(key, by);
    return keys.length > 0;
  }

  /** Leads the names of an entry to the collector that turned out to have its room. @returns whether that one is still in the roster */
  attach(held: RosterEntry, owner: Collector): boolean {
    const first = this.all().find(({ collector }) => collector === owner);
    if (first === undefined) return false;
    held.twin = first;
    if (!this.replace(held, first)) return true;
    first.wantedAt = Math.max(first.wantedAt, held.wantedAt);
    if ((held.watched === "wanted" || held.watched === "saved") && first.watched !== "saved") first.watched = held.watched;
    return true;
  }

  /** Stops all collectors; what had been received is stored, as far as the store takes it within some seconds. */
  async stop(): Promise<void> {
    for (const held of this.all()) this.#end(held);
    this.#names.clear();
    await inTime(Promise.all(this.#ending), STOP_MS, this.#clock).catch(() => {});
  }

  #end({ collector }: RosterEntry, paused = false): void {
    const ending = collector.stop(paused).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function keyOf(name: RoomName): string {
  return `${name.kind}:${name.value}`;
}
