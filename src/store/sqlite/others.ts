import type { Database, Statement } from "better-sqlite3";
import type { Clock } from "../../runtime/clock.js";
import type { RoomKey } from "../log.js";

/** Interval at which other processes' commits are looked for, in ms; a look costs some microseconds. */
const POLL_MS = 250;

/** Finds the rooms in which other processes have appended. */
export class OthersWatch {
  readonly #version: Statement<[], number>;
  readonly #heads: Statement<[], [RoomKey, number]>;
  readonly #clock: Clock;
  readonly #notify: (rooms: readonly RoomKey[]) => void;

  constructor(database: Database, clock: Clock, notify: (rooms: readonly RoomKey[]) => void) {
    // Changes when another connection has committed.
    this.#version = database.prepare<[], number>("PRAGMA data_version").pluck();
    this.#heads = database.prepare<[], [RoomKey, number]>("SELECT room, head FROM heads").raw();
    this.#clock = clock;
    this.#notify = notify;
  }

  /** Watches until the returned function is called. Keeps the process alive: a caller waits for events. */
  readonly start = (): (() => void) => {
    const stop = new AbortController();
    void this.#watch(stop.signal);
    return () => stop.abort();
  };

  async #watch(signal: AbortSignal): Promise<void> {
    const seen = new Map<RoomKey, number>();
    let version = this.#look(undefined, seen, () => undefined);
    while (!signal.aborted) {
      await this.#clock.sleep(POLL_MS, signal).catch(() => undefined);
      if (!signal.aborted) version = this.#look(version, seen, this.#notify);
    }
  }

  /** Looks for rooms that have moved on. @returns the version up to which `seen` holds */
  #look(version: number | undefined, seen: Map<RoomKey, number>, notify: (rooms: readonly RoomKey[]) => void): number | undefined {
    try {
      const now = this.#version.get();
      if (now === version) return version;
      const advanced = this.#heads.all().filter(([room, head]) => head !== (seen.get(room) ?? 0));
      for (const [room, head] of advanced) seen.set(room, head);
      notify(advanced.map(([room]) => room));
      return now;
    } catch {
      // Locked or failing: the next look finds the same. Whoever reads or appends is told what is wrong.
      return version;
    }
  }
}
