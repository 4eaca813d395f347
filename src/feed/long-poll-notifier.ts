import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../runtime/clock.js";
import type { Log, RoomKey } from "../store/log.js";

/** Pause after the store's wake-ups broke off, before they are asked for again. */
const RETRY_MS = 1_000;

/** Wait for one room's next events. It counts from when it was made, so what comes between a read and the wait is not missed. */
interface LongPoll {
  /** Resolves when the room got events, `ms` have passed, or the caller's signal aborted. */
  sleep(ms: number): Promise<void>;
  /** Ends the wait. Must be called when it is no longer needed. */
  close(): void;
}

/** Wakes all callers that wait for events, by one loop over the store's wake-ups. */
export class LongPollNotifier {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #logger: FastifyBaseLogger;
  readonly #rooms = new Map<RoomKey, Set<AbortController>>();
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;

  constructor(log: Log, clock: Clock, logger: FastifyBaseLogger) {
    this.#log = log;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Number of waits that are not closed. */
  get size(): number {
    let size = 0;
    for (const set of this.#rooms.values()) size += set.size;
    return size;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Begins a wait; `signal` ends it early. */
  open(room: RoomKey, signal: AbortSignal): LongPoll {
    const woken = new AbortController();
    const end = () => woken.abort();
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    const set = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, set.add(woken));
    return {
      sleep: (ms) => this.#clock.sleep(ms, woken.signal).catch(() => {}),
      close: () => {
        signal.removeEventListener("abort", end);
        set.delete(woken);
        if (set.size === 0 && this.#rooms.get(room) === set) this.#rooms.delete(room);
      },
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for await (const rooms of this.#log.wakes(signal)) {
          for (const room of rooms) for (const woken of this.#rooms.get(room) ?? []) woken.abort();
        }
      } catch (error) {
        if (!signal.aborted) this.#logger.error({ err: error }, "wake-ups of the log broke off");
      }
      // Whatever came while nobody listened must not be slept through.
      for (const set of this.#rooms.values()) for (const woken of set) woken.abort();
      await this.#clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}
