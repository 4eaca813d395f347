import { type Report, readReport } from "../collector/report.js";
import type { Clock } from "../runtime/clock.js";
import type { RoomKey } from "../store/log.js";
import type { Alias } from "../store/rooms.js";
import { type WantedRoom, type WantedRooms, wantedKey } from "../store/wanted-rooms.js";

/** Least ms between two readings while nobody waits for one, and while somebody does. */
const CALM_MS = 250;
const BUSY_MS = 20;

/** A wanted room, and the report of its collector. */
export class ViewedRoom {
  readonly row: WantedRoom;
  #report: Report | null | undefined;

  /** @param before the earlier view of the same wanted room: a text is read once */
  constructor(row: WantedRoom, before?: ViewedRoom) {
    this.row = row;
    this.#report = before?.row.told === row.told ? before.#report : undefined;
  }

  /** Report of the collector, read when somebody wants it: most of thousands of rooms are not looked at between two readings. */
  get report(): Report | null {
    if (this.#report === undefined) this.#report = readReport(this.row.told);
    return this.#report;
  }
}

/** View of the cluster's wanted rooms, read again whenever something has changed. */
export class WantedRoomsView {
  readonly #wantedRooms: Pick<WantedRooms, "all" | "wakes">;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #byKey: ReadonlyMap<string, ViewedRoom> = new Map();
  #byRoom: ReadonlyMap<RoomKey, ViewedRoom> = new Map();
  #readAt: number | null = null;
  #reading: Promise<void> | null = null;

  /** @param onError told when the wanted rooms could not be read: they are read again */
  constructor(wantedRooms: Pick<WantedRooms, "all" | "wakes">, clock: Clock, onError: (error: unknown) => void) {
    this.#wantedRooms = wantedRooms;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Reads the wanted rooms for the first time, and whenever they change until it is stopped. @throws what the store throws */
  async start(): Promise<void> {
    void this.#follow(this.#stop.signal);
    await this.read();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  /** Time of the last reading of the wanted rooms, ms UTC; null before the first. */
  get readAt(): number | null {
    return this.#readAt;
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

  /** Reads the wanted rooms as they are now. @throws what the store throws */
  async read(): Promise<void> {
    // One that has begun already may have missed what the caller knows.
    await this.#reading?.catch(() => {});
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Resolves when the wanted rooms were read anew, after `ms` at the latest, or when the signal aborts. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    let wake = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.add(wake);
    const timeout = this.#clock.sleep(ms, AbortSignal.any([signal, stop.signal])).catch(() => {});
    await Promise.race([woken, timeout]);
    this.#waiting.delete(wake);
    stop.abort();
  }

  async #read(): Promise<void> {
    const rows = await this.#wantedRooms.all();
    const byKey = new Map<string, ViewedRoom>();
    const byRoom = new Map<RoomKey, ViewedRoom>();
    for (const row of rows) {
      const wished = new ViewedRoom(row, this.#byKey.get(row.key));
      byKey.set(row.key, wished);
      // Of several names of a room the one counts that somebody collects it by.
      if (row.room !== null && (row.owner !== null || !byRoom.has(row.room))) byRoom.set(row.room, wished);
    }
    this.#byKey = byKey;
    this.#byRoom = byRoom;
    this.#readAt = this.#clock.now();
    this.#wake();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const _ of this.#wantedRooms.wakes(signal)) {
      await this.read().catch((error: unknown) => {
        if (!signal.aborted) this.#onError(error);
      });
      await this.#clock.sleep(this.#waiting.size > 0 ? BUSY_MS : CALM_MS, signal).catch(() => {});
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
