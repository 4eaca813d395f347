import type { Collector } from "../collector/collector.js";
import { type Report, readReport, reportOf } from "../collector/report.js";
import { RoomHealth } from "../health/room-health.js";
import type { RoomState, RoomStatus } from "../health/state.js";
import { type Clock, monotonicMs, systemClock } from "../runtime/clock.js";
import { type WantedRoom, type WantedRooms, wantedKey } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import type { Alias } from "../store/rooms.js";
import type { LeasedCollectors } from "./leased-collectors.js";

/** Least ms between two readings; and for each room, by which reading thousands takes a small part of the time. */
const READ_MS = 100;
const PER_ROOM_MS = 0.05;
/** Longest time that rooms of other processes are shown as last read, in ms, while the database is away. */
const STALE_MS = 30_000;
/** Time without a collector after which a room has failed, in ms: one whose collector is gone has another one within seconds. */
const TAKE_OVER_MS = 60_000;
/** Reason why a room that is wanted and has no report is not collected yet. */
export const UNTAKEN = "no process collects it yet; in a cluster `dylive cluster` shows who collects";

/** A wanted room, and the report of its collector. */
export interface ViewedRoom {
  readonly name: Alias;
  readonly room: RoomKey | null;
  /** Null before the first one. */
  readonly report: Report | null;
  /** Status by that report; null until the room is met. Where the collector is gone, it says so. */
  readonly status: RoomStatus | null;
}

/** Wanted room as last read, and since when this process has seen it without a collector: the database's clock may be another. */
interface ReadRoom extends Omit<WantedRoom, "report"> {
  readonly report: Report | null;
  readonly unowned: { readonly since: number; readonly at: number } | null;
}

interface RoomsViewDeps {
  readonly wantedRooms: Pick<WantedRooms, "all" | "wakes">;
  readonly collectors: Pick<LeasedCollectors, "held" | "ofRoom" | "changes">;
  readonly clock: Clock;
  /** Called when the wanted rooms could not be read: they are read again. */
  readonly onError: (error: unknown) => void;
}

/** Rooms of this process as they are now, and those of other processes as the store has them, read again whenever something has changed. */
export class RoomsView {
  readonly #deps: RoomsViewDeps;
  readonly #stop = new AbortController();
  #byKey: ReadonlyMap<string, ReadRoom> = new Map();
  #byRoom: ReadonlyMap<RoomKey, ReadRoom> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(deps: RoomsViewDeps) {
    this.#deps = deps;
  }

  /** Reads the wanted rooms for the first time, and follows them until it is stopped. @throws what the store throws */
  async start(): Promise<void> {
    void this.#follow(this.#stop.signal);
    await this.read();
  }

  stop(): void {
    this.#stop.abort();
  }

  of(name: Alias): ViewedRoom | undefined {
    const key = wantedKey(name);
    const own = this.#deps.collectors.held.get(key);
    return own === undefined ? this.#viewed(this.#byKey.get(key)) : viewOf(own);
  }

  ofRoom(room: RoomKey): ViewedRoom | undefined {
    const own = this.#deps.collectors.ofRoom(room);
    return own === undefined ? this.#viewed(this.#byRoom.get(room)) : viewOf(own);
  }

  /** Returns the status of a room; null where it is not collected, and where what was read last is too old. */
  statusOf(room: RoomKey): RoomStatus | null {
    const { collectors, clock } = this.#deps;
    const isFresh = monotonicMs(clock) - this.#readAt <= STALE_MS;
    return isFresh || collectors.ofRoom(room) !== undefined ? (this.ofRoom(room)?.status ?? null) : null;
  }

  /** Rooms that are wanted and met. */
  rooms(): ReadonlySet<RoomKey> {
    const own = [...this.#deps.collectors.held.values()].flatMap((collector) => collector.room ?? []);
    return new Set([...own, ...this.#byRoom.keys()]);
  }

  /** Reads the wanted rooms as they are now: a reading that has begun already may have missed what the caller knows. @throws what the store throws */
  async read(): Promise<void> {
    await this.#reading?.catch(() => {});
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  #viewed(read: ReadRoom | undefined): ViewedRoom | undefined {
    if (read === undefined) return undefined;
    const { name, room, report, unowned } = read;
    const status = report?.status ?? null;
    if (status === null || unowned === null) return { name, room, report, status };
    const isLate = monotonicMs(this.#deps.clock) - unowned.at > TAKE_OVER_MS;
    const reason = isLate
      ? "no process collects it any more, and no other has taken it; `dylive cluster` shows who collects"
      : "no process collects it any more; another takes it over";
    const evidence = { ...status.evidence, reason, since: unowned.since };
    return { name, room, report, status: { ...status, state: isLate ? "failed" : "connecting", evidence } };
  }

  async #read(): Promise<void> {
    const { wantedRooms, clock, collectors } = this.#deps;
    const before = this.#byKey;
    const rows = await wantedRooms.all(new Map([...before].map(([key, { reportedAt }]) => [key, reportedAt])));
    const now = { since: clock.now(), at: monotonicMs(clock) };
    const byKey = new Map<string, ReadRoom>();
    const byRoom = new Map<RoomKey, ReadRoom>();
    for (const { report: text, ...row } of rows) {
      const known = before.get(row.key);
      const report = text === null && known?.reportedAt === row.reportedAt ? known.report : readReport(text);
      const room = { ...row, report, unowned: row.ownerId === null ? (known?.unowned ?? now) : null };
      byKey.set(row.key, room);
      if (row.room !== null) byRoom.set(row.room, room);
    }
    this.#byKey = byKey;
    this.#byRoom = byRoom;
    this.#readAt = now.at;
    collectors.changes.notify();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { wantedRooms, clock, onError } = this.#deps;
    for await (const _ of wantedRooms.wakes(signal)) {
      await this.read().catch((error: unknown) => {
        if (!signal.aborted) onError(error);
      });
      await clock.sleep(Math.max(READ_MS, this.#byKey.size * PER_ROOM_MS), signal).catch(() => {});
    }
  }
}

function viewOf(collector: Collector): ViewedRoom {
  return { name: collector.name, room: collector.room, report: reportOf(collector), status: collector.status() };
}

/** Returns the status of a room that the store knows and that no process has taken yet. */
export function unclaimedStatus(room: RoomKey, now: number): RoomStatus {
  return quietStatus(room, "resolving", UNTAKEN, now);
}

/** Returns the status of a room that is not collected. @param since ms UTC */
export function quietStatus(room: RoomKey, state: RoomState, reason: string, since: number): RoomStatus {
  const health = new RoomHealth({ ...systemClock, now: () => since });
  health.watchedBy([]);
  health.to(state, reason);
  return health.status(room);
}
