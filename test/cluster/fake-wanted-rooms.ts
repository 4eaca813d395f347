import { readReport } from "../../src/collector/report.js";
import type { Clock } from "../../src/runtime/clock.js";
import { type WantedRoom, type WantedRoomReport, type WantedRooms, wantedKey } from "../../src/store/cluster.js";
import type { Alias } from "../../src/store/rooms.js";
import { Waker } from "../../src/store/waker.js";

/** Collectors of a process that collects nothing. */
export function noCollectors() {
  return { held: new Map(), ofRoom: () => undefined, changes: new Waker(), stop: async () => {} };
}

/** Wanted rooms of a cluster whose collectors the test stands in for. Nothing is swept: no test lasts so long. */
export class FakeWantedRooms implements WantedRooms {
  readonly #clock: Clock;
  readonly #waker = new Waker();
  readonly #rows = new Map<string, WantedRoom>();
  /** What every call rejects with: a database that is away. */
  failure: Error | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async ask(name: Alias): Promise<boolean> {
    this.#fail();
    const key = wantedKey(name);
    if (this.#rows.has(key)) return true;
    this.#rows.set(key, { key, name, room: null, watched: false, ownerId: null, report: null, reportedAt: null });
    await this.changed();
    return true;
  }

  async report(_member: number, reports: readonly WantedRoomReport[]): Promise<void> {
    this.#fail();
    for (const { key, report } of reports)
      this.#set(key, { room: readReport(report)?.status?.room ?? null, report, reportedAt: this.#clock.now() });
  }

  async all(): Promise<readonly WantedRoom[]> {
    this.#fail();
    return [...this.#rows.values()];
  }

  async forget(): Promise<void> {
    this.#fail();
  }

  async sweep(): Promise<void> {
    this.#fail();
  }

  async changed(): Promise<void> {
    this.#waker.notify();
  }

  async *wakes(signal: AbortSignal): AsyncGenerator<void> {
    for await (const _ of this.#waker.wakes(signal)) yield;
  }

  /** Says which process collects a room. */
  own(key: string, ownerId: number | null): void {
    this.#set(key, { ownerId });
  }

  /** Forgets what was told, as a database does that crashed. */
  lose(): void {
    for (const key of this.#rows.keys()) this.#set(key, { report: null, reportedAt: null });
  }

  #set(key: string, change: Partial<WantedRoom>): void {
    const row = this.#rows.get(key);
    if (row !== undefined) this.#rows.set(key, { ...row, ...change });
    this.#waker.notify();
  }

  #fail(): void {
    if (this.failure !== null) throw this.failure;
  }
}
