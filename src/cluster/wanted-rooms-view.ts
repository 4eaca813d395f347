import { type Report, readReport } from "../collector/report.js";
import { nothingSeen } from "../health/sightings.js";
import { type Evidence, NO_GAPS, PAUSED, type RoomState, type RoomStatus } from "../health/state.js";
import { type Clock, follow, steadyMs } from "../runtime/clock.js";
import { type WantedRoom, type WantedRooms, wantedKey } from "../store/cluster.js";
import type { RoomKey } from "../store/log.js";
import type { Alias, RoomRow } from "../store/rooms.js";

/** Least ms between two readings while nobody waits for one, and while somebody does. */
const CALM_MS = 250;
const BUSY_MS = 20;
/** Longest time that the rooms are shown as last read, in ms, while the database is away. */
const STALE_MS = 30_000;
/** Time without a collector after which a room has failed, in ms: one whose collector is gone has another one within seconds. */
const TAKE_OVER_MS = 60_000;

/** A wanted room, and the report of its collector. */
export interface ViewedRoom extends Pick<WantedRoom, "key" | "name" | "room" | "owner"> {
  readonly report: Report | null;
  /**
   * Since when nobody collects it (ms UTC) and for how long, as this process has seen it: the database's clock may be another, and what a quiet
   * room told last may be hours old. Null while somebody does.
   */
  readonly unowned: { readonly since: number; readonly forMs: number } | null;
}

/** View of the wanted rooms of all processes, which is what a manager of rooms knows of them. */
export interface WantedRoomsView {
  /** Whether it is new enough to be shown. */
  readonly isFresh: boolean;
  /** Reads the wanted rooms for the first time, and follows them until it is stopped. @throws what the store throws */
  start(): Promise<void>;
  stop(): void;
  of(name: Alias): ViewedRoom | undefined;
  ofRoom(room: RoomKey): ViewedRoom | undefined;
  all(): readonly ViewedRoom[];
  /** Reads the wanted rooms as they are now. @throws what the store throws */
  read(): Promise<void>;
  /** Resolves when a wanted room may have changed, after `ms` at the latest, or when the signal aborts. */
  next(key: string, ms: number, signal: AbortSignal): Promise<void>;
}

/** Those who wait for a wanted room to change. */
export class RoomWaiters {
  readonly #clock: Clock;
  /** Functions that wake each of them, by the room that it waits for. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Number of rooms that somebody waits for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves when the room changes, after `ms` at the latest, or when the signal aborts. */
  async next(key: string, ms: number, signal: AbortSignal): Promise<void> {
    const stop = follow(signal);
    const wake = () => stop.abort();
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting.add(wake));
    await this.#clock.sleep(ms, stop.signal).catch(() => {});
    stop.release();
    waiting.delete(wake);
    if (waiting.size === 0 && this.#waiting.get(key) === waiting) this.#waiting.delete(key);
  }

  /** Whether somebody waits for the room. */
  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Wakes those who wait for one of these rooms; all without keys. */
  wake(keys?: Iterable<string>): void {
    for (const key of [...(keys ?? this.#waiting.keys())]) for (const wake of [...(this.#waiting.get(key) ?? [])]) wake();
  }
}

/** A room as last read; its report is read when somebody wants it, since most of thousands are not looked at between two readings. */
class ReadRoom implements ViewedRoom {
  readonly #row: WantedRoom;
  readonly #clock: Clock;
  /** When it was first seen that nobody collects it, ms UTC and by {@link steadyMs}; null while somebody does. */
  readonly #unowned: { readonly since: number; readonly at: number } | null;
  #report: Report | null | undefined;

  /** @param before the earlier view of the same room: a text is read once */
  private constructor(row: WantedRoom, before: ReadRoom | undefined, clock: Clock) {
    this.#row = row;
    this.#clock = clock;
    this.#unowned =
      row.owner !== null ? null : ((before === undefined ? null : before.#unowned) ?? { since: clock.now(), at: steadyMs(clock) });
    this.#report = before !== undefined && before.#row.told === row.told ? before.#report : undefined;
  }

  /** Returns the view of a room; the earlier one where nothing has changed. */
  static of(row: WantedRoom, before: ReadRoom | undefined, clock: Clock): ReadRoom {
    return before !== undefined && before.#row === row ? before : new ReadRoom(row, before, clock);
  }

  get key(): string {
    return this.#row.key;
  }

  get name(): Alias {
    return this.#row.name;
  }

  get room(): RoomKey | null {
    return this.#row.room;
  }

  get owner(): string | null {
    return this.#row.owner;
  }

  get unowned(): ViewedRoom["unowned"] {
    if (this.#unowned === null) return null;
    const { since, at } = this.#unowned;
    return { since, forMs: steadyMs(this.#clock) - at };
  }

  get report(): Report | null {
    if (this.#report === undefined) this.#report = readReport(this.#row.told);
    return this.#report;
  }
}

/** View of the wanted rooms of many processes, read again whenever something has changed. */
export class ReadWantedRooms implements WantedRoomsView {
  readonly #wantedRooms: Pick<WantedRooms, "all" | "wakes">;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  readonly #waiters: RoomWaiters;
  #byKey: ReadonlyMap<string, ReadRoom> = new Map();
  #byRoom: ReadonlyMap<RoomKey, ReadRoom> = new Map();
  #readAt: number | null = null;
  #reading: Promise<void> | null = null;

  /** @param onError told when the wanted rooms could not be read: they are read again */
  constructor(wantedRooms: Pick<WantedRooms, "all" | "wakes">, clock: Clock, onError: (error: unknown) => void) {
    this.#wantedRooms = wantedRooms;
    this.#clock = clock;
    this.#onError = onError;
    this.#waiters = new RoomWaiters(clock);
  }

  async start(): Promise<void> {
    void this.#follow(this.#stop.signal);
    await this.read();
  }

  stop(): void {
    this.#stop.abort();
    this.#waiters.wake();
  }

  get isFresh(): boolean {
    return this.#readAt !== null && steadyMs(this.#clock) - this.#readAt <= STALE_MS;
  }

  of(name: Alias): ViewedRoom | undefined {
    return this.#byKey.get(wantedKey(name));
  }

  ofRoom(room: RoomKey): ViewedRoom | undefined {
    return this.#byRoom.get(room);
  }

  all(): readonly ViewedRoom[] {
    return [...this.#byKey.values()];
  }

  async read(): Promise<void> {
    // One that has begun already may have missed what the caller knows.
    await this.#reading?.catch(() => {});
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  next(key: string, ms: number, signal: AbortSignal): Promise<void> {
    return this.#waiters.next(key, ms, signal);
  }

  async #read(): Promise<void> {
    const rows = await this.#wantedRooms.all();
    const byKey = new Map<string, ReadRoom>();
    const byRoom = new Map<RoomKey, ReadRoom>();
    for (const row of rows) {
      const read = ReadRoom.of(row, this.#byKey.get(row.key), this.#clock);
      byKey.set(row.key, read);
      // Of several names of a room the one counts that somebody collects it by.
      if (row.room !== null && (row.owner !== null || !byRoom.has(row.room))) byRoom.set(row.room, read);
    }
    this.#byKey = byKey;
    this.#byRoom = byRoom;
    this.#readAt = steadyMs(this.#clock);
    this.#waiters.wake();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#wantedRooms.wakes(signal)) {
      await this.read().catch((error: unknown) => {
        if (!signal.aborted) this.#onError(error);
      });
      await this.#clock.sleep(this.#waiters.size > 0 ? BUSY_MS : CALM_MS, signal).catch(() => {});
    }
  }
}

/** Returns a room's status as its collector told it, and the truth where that collector is gone. Null when nobody has met the room. */
export function shownStatus({ unowned, report }: ViewedRoom): RoomStatus | null {
  const status = report?.status ?? null;
  if (status === null || unowned === null) return status;
  const { since, forMs } = unowned;
  const isLate = forMs > TAKE_OVER_MS;
  const reason = isLate
    ? "the process that collected it is gone, and no other has taken it; `dylive cluster` shows who collects"
    : "the process that collected it is gone; another takes it over";
  return { ...status, state: isLate ? "failed" : "connecting", evidence: { ...status.evidence, reason, since } };
}

/** Returns the status of a room that the store knows and that no process of the cluster has taken yet. */
export function unclaimedStatus(room: RoomKey, now: number): RoomStatus {
  return quietStatus(room, "resolving", "no process of the cluster collects it yet; `dylive cluster` shows who collects", now);
}

/** States of rooms that are paused, which no collector tells. */
export class PausedRooms {
  readonly #clock: Clock;
  readonly #since = new Map<RoomKey, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the status of a room that is paused, since this process knows of it; null for any other room. */
  statusOf({ room, watch }: Pick<RoomRow, "room" | "watch">): RoomStatus | null {
    if (watch !== "paused") {
      this.#since.delete(room);
      return null;
    }
    const since = this.#since.get(room) ?? this.#clock.now();
    this.#since.set(room, since);
    return quietStatus(room, "paused", PAUSED, since);
  }
}

/** Returns the status of a room that nobody collects. @param since ms UTC */
function quietStatus(room: RoomKey, state: RoomState, reason: string, since: number): RoomStatus {
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
