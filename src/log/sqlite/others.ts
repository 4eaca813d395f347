import type { Database, Statement } from "better-sqlite3";
import type { Clock } from "../../clock.js";
import type { RoomKey } from "../log.js";

/** Other processes' commits are looked for this often; a look costs some microseconds. */
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

  /** Watches until the returned function is called. Keeps the process alive: somebody waits for events. */
  readonly start = (): (() => void) => {
    const stop = new AbortController();
    void this.#watch(stop.signal);
    return () => stop.abort();
  };

  async #watch(signal: AbortSignal): Promise<void> {
    let version = this.#version.get();
    const seen = new Map(this.#heads.all());
    while (!signal.aborted) {
      await this.#clock.sleep(POLL_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const now = this.#version.get();
      if (now === version) continue;
      version = now;
      this.#notify(this.#advanced(seen));
    }
  }

  #advanced(seen: Map<RoomKey, number>): readonly RoomKey[] {
    const advanced: RoomKey[] = [];
    for (const [room, head] of this.#heads.all()) {
      if (seen.get(room) === head || (head === 0 && !seen.has(room))) continue;
      seen.set(room, head);
      advanced.push(room);
    }
    return advanced;
  }
}
