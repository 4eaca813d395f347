import { type Report, readReport, reportOf } from "../collector/report.js";
import { nothingSeen } from "../health/sightings.js";
import { type Evidence, NO_GAPS, type RoomState, type RoomStatus } from "../health/state.js";
import { type Clock, follow, steadyMs } from "../runtime/clock.js";
import { type WantedRoom, type WantedRooms, wantedKey } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import type { Alias } from "../store/rooms.js";
import type { CollectedRoom, LeasedCollectors } from "./leased-collectors.js";

/** Least ms between two readings while no request waits for one, and while one does. */
const CALM_MS = 250;
const BUSY_MS = 20;
/** ms between two readings for each room, by which reading thousands takes a small part of the time. */
const PER_ROOM_MS = 0.05;
/** Longest time that rooms of other processes are shown as last read, in ms, while the database is away. */
const STALE_MS = 30_000;
/** Time without a collector after which a room has failed, in ms: one whose collector is gone has another one within seconds. */
const TAKE_OVER_MS = 60_000;
const UNTAKEN = "no process of the cluster collects it yet; `dylive cluster` shows who collects";

/** A wanted room, and the report of its collector. */
export interface ViewedRoom extends Pick<WantedRoom, "name" | "room"> {
  /** Null before the first one. */
  readonly report: Report | null;
  /** Status by that report; null until the room is met. Where the collector is gone, it says so. */
  readonly status: RoomStatus | null;
}

interface WantedRoomsViewDeps {
  /** The wanted rooms of many processes; null for a process that is alone. */
  readonly wantedRooms: Pick<WantedRooms, "all" | "wakes"> | null;
  /** Collectors of this process, which are shown as they are now; null where there are none. */
  readonly collectors: Pick<LeasedCollectors, "held" | "ofRoom" | "onChange"> | null;
  readonly clock: Clock;
  /** Called when the wanted rooms could not be read: they are read again. */
  readonly onError: (error: unknown) => void;
}

/** Rooms of this process as they are now, and those of other processes as the store has them, read again whenever something has changed. */
export class WantedRoomsView {
  readonly #deps: WantedRoomsViewDeps;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #reports = new WeakMap<WantedRoom, Report | null>();
  #byKey: ReadonlyMap<string, WantedRoom> = new Map();
  #byRoom: ReadonlyMap<RoomKey, WantedRoom> = new Map();
  /** Rooms without a process, and since when this process has seen that (ms UTC and monotonic): the database's clock may be another. */
  #unowned: ReadonlyMap<string, { readonly since: number; readonly at: number }> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  /** Counts changes, for {@link next}. */
  version = 0;

  constructor(deps: WantedRoomsViewDeps) {
    this.#deps = deps;
    deps.collectors?.onChange(() => this.#changed());
  }

  /** Reads the wanted rooms for the first time, and follows them until it is stopped. @throws what the store throws */
  async start(): Promise<void> {
    const { wantedRooms } = this.#deps;
    if (wantedRooms === null) return;
    void this.#follow(wantedRooms, this.#stop.signal);
    await this.read();
  }

  stop(): void {
    this.#stop.abort();
    this.#changed();
  }

  /** Reason why a room that is wanted and has no report is not collected yet. */
  get untaken(): string {
    return this.#deps.wantedRooms === null ? "its collection begins" : UNTAKEN;
  }

  of(name: Alias): ViewedRoom | undefined {
    const key = wantedKey(name);
    const own = this.#deps.collectors?.held.get(key);
    if (own !== undefined) return viewOf(name, own);
    const row = this.#byKey.get(key);
    return row && this.#viewed(row);
  }

  ofRoom(room: RoomKey): ViewedRoom | undefined {
    const own = this.#deps.collectors?.ofRoom(room);
    const [name] = own?.names.values() ?? [];
    if (own !== undefined && name !== undefined) return viewOf(name, own);
    const row = this.#byRoom.get(room);
    return row && this.#viewed(row);
  }

  /** Returns the status of a room; null where it is not collected, and where what was read last is too old. */
  statusOf(room: RoomKey): RoomStatus | null {
    const isFresh = steadyMs(this.#deps.clock) - this.#readAt <= STALE_MS;
    return isFresh || this.#deps.collectors?.ofRoom(room) !== undefined ? (this.ofRoom(room)?.status ?? null) : null;
  }

  /** Rooms that are wanted and met. */
  rooms(): ReadonlySet<RoomKey> {
    const own = [...(this.#deps.collectors?.held.values() ?? [])].flatMap(({ collector }) => collector.room ?? []);
    return new Set([...own, ...this.#byRoom.keys()]);
  }

  /** Reads the wanted rooms as they are now. @throws what the store throws */
  async read(): Promise<void> {
    // One that has begun already may have missed what the caller knows.
    await this.#reading?.catch(() => {});
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Resolves when something has changed since a version, after `ms` at the latest, or when the signal aborts. */
  async next(version: number, ms: number, signal: AbortSignal): Promise<void> {
    if (version !== this.version) return;
    const stop = follow(signal);
    const wake = () => stop.abort();
    this.#waiting.add(wake);
    await this.#deps.clock.sleep(ms, stop.signal).catch(() => {});
    stop.release();
    this.#waiting.delete(wake);
  }

  #changed(): void {
    this.version++;
    for (const wake of [...this.#waiting]) wake();
  }

  #viewed(row: WantedRoom): ViewedRoom {
    if (!this.#reports.has(row)) this.#reports.set(row, readReport(row.told));
    const report = this.#reports.get(row) ?? null;
    const status = report?.status ?? null;
    const unowned = this.#unowned.get(row.key);
    if (status === null || unowned === undefined) return { name: row.name, room: row.room, report, status };
    const isLate = steadyMs(this.#deps.clock) - unowned.at > TAKE_OVER_MS;
    const reason = isLate
      ? "no process collects it any more, and no other has taken it; `dylive cluster` shows who collects"
      : "no process collects it any more; another takes it over";
    const evidence = { ...status.evidence, reason, since: unowned.since };
    return { name: row.name, room: row.room, report, status: { ...status, state: isLate ? "failed" : "connecting", evidence } };
  }

  async #read(): Promise<void> {
    const { wantedRooms, clock } = this.#deps;
    const rows = (await wantedRooms?.all()) ?? [];
    const byRoom = new Map<RoomKey, WantedRoom>();
    // Of several names of a room the one counts that a process collects it by.
    for (const row of rows) if (row.room !== null && (row.owner !== null || !byRoom.has(row.room))) byRoom.set(row.room, row);
    const now = { since: clock.now(), at: steadyMs(clock) };
    this.#unowned = new Map(rows.flatMap(({ key, owner }) => (owner === null ? [[key, this.#unowned.get(key) ?? now]] : [])));
    this.#byKey = new Map(rows.map((row) => [row.key, row]));
    this.#byRoom = byRoom;
    this.#readAt = now.at;
    this.#changed();
  }

  async #follow(wantedRooms: Pick<WantedRooms, "wakes">, signal: AbortSignal): Promise<void> {
    for await (const _ of wantedRooms.wakes(signal)) {
      await this.read().catch((error: unknown) => {
        if (!signal.aborted) this.#deps.onError(error);
      });
      const pauseMs = Math.max(this.#waiting.size > 0 ? BUSY_MS : CALM_MS, this.#byKey.size * PER_ROOM_MS);
      await this.#deps.clock.sleep(pauseMs, signal).catch(() => {});
    }
  }
}

function viewOf(name: Alias, { collector }: CollectedRoom): ViewedRoom {
  return { name, room: collector.room, report: reportOf(collector), status: collector.status() };
}

/** Returns the status of a room that the store knows and that no process has taken yet. */
export function unclaimedStatus(room: RoomKey, now: number, reason = UNTAKEN): RoomStatus {
  return quietStatus(room, "resolving", reason, now);
}

/** Returns the status of a room that is not collected. @param since ms UTC */
export function quietStatus(room: RoomKey, state: RoomState, reason: string, since: number): RoomStatus {
  const evidence: Evidence = {
    reason,
    since,
    lastFrameAt: null,
    lastInteractiveAt: null,
    counts: {},
    reconnects: 0,
    drops: {},
    login: { account: null, login: "unknown" },
    gifts: "unknown",
    giftsSeen: { since: null, diamondsWitnessed: 0, diamondsMissing: 0 },
    masked: null,
    likesSeen: null,
    storage: { received: 0, stored: 0, lastStoredAt: null, waiting: 0, waitingSince: null },
    gaps: NO_GAPS,
    sessions: [],
    seen: nothingSeen(),
  };
  const broadcast = { roomId: null, cover: null, online: null, totalViewers: null, likes: null };
  return { room, state, sessionId: null, broadcast, evidence };
}
