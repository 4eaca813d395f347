import { Collector } from "../../src/collector/collector.js";
import type { CollectorDeps } from "../../src/collector/collector-deps.js";
import { CollectorRegistry } from "../../src/collector/registry.js";
import { reportOf, writeReport } from "../../src/collector/report.js";
import type { RoomName } from "../../src/platform/links/resolve.js";
import { RateLimiter } from "../../src/runtime/rate-limiter.js";
import { NO_SETTINGS } from "../../src/store/rooms.js";
import type { WantedRoom } from "../../src/store/wanted-rooms.js";
import type { MemoryWantedRooms } from "./memory-wanted-rooms.js";

const TELL_MS = 20;

/** Collects what is wanted, as the processes of a cluster do, without their leases. */
export class SmallFleet {
  readonly #parts: CollectorDeps;
  readonly #wishes: MemoryWantedRooms;
  readonly #collectors = new Map<string, { readonly collector: Collector; over: boolean }>();
  readonly #registry = new CollectorRegistry<Collector>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(parts: CollectorDeps, wishes: MemoryWantedRooms) {
    this.#parts = parts;
    this.#wishes = wishes;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    await Promise.all([...this.#collectors.values()].map(({ collector }) => collector.stop()));
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const rows = await this.#wishes.all().catch(() => []);
      for (const [key, { collector }] of this.#collectors) {
        if (rows.some((row) => row.key === key)) continue;
        this.#collectors.delete(key);
        const room = collector.room === null ? null : await this.#parts.store.rooms.get(collector.room);
        await collector.stop(room?.watch === "paused");
      }
      for (const row of rows) await this.#follow(row);
      const told = [...this.#collectors].map(([key, { over }]) => {
        const collector = this.#of(key);
        return { key, room: collector.room, told: writeReport(reportOf(collector)), over };
      });
      if (told.length > 0) await this.#wishes.tell(1, told).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, TELL_MS));
    }
  }

  /** The collector of a wish, or the one that has its room. */
  #of(key: string): Collector {
    const own = this.#collectors.get(key)?.collector;
    if (own === undefined) throw new Error(`nobody collects ${key}`);
    return own.ending?.why === "twin" ? own.ending.of : own;
  }

  /** Whether the one that had the room of a wish is gone. */
  #isAlone({ ending }: Collector): boolean {
    return ending?.why === "twin" && ![...this.#collectors.values()].some(({ collector }) => collector === ending.of);
  }

  async #follow({ key, name }: WantedRoom): Promise<void> {
    const { rooms } = this.#parts.store;
    const before = this.#collectors.get(key)?.collector;
    const room = before?.room ?? (await rooms.find(name));
    const row = room === null ? null : await rooms.get(room);
    const settings = row?.settings ?? NO_SETTINGS;
    if (before !== undefined && !this.#isAlone(before) && (row === null || JSON.stringify(before.settings) === JSON.stringify(settings)))
      return;
    await before?.stop();
    const { clock } = this.#parts;
    const budgets = {
      requests: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
      connects: new RateLimiter(clock, { perSecond: 50, burst: 50 }),
      registry: this.#registry,
    };
    const held = { collector: new Collector(name as RoomName, this.#parts, budgets, settings, row), over: false };
    this.#collectors.set(key, held);
    this.#wishes.own(key, "one");
    void held.collector.run().then(() => {
      held.over = held.collector.health.problem === "no_account" || held.collector.ending?.why === "paused";
    });
  }
}
