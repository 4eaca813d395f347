import { expect, vi } from "vitest";
import type { RoomScenario } from "../../simulator/index.js";
import { platformId } from "../../src/events/describe.js";
import type { NewEventOf } from "../../src/events/event.js";
import type { Received } from "../../src/platform/access/read.js";
import { check } from "../../src/store/check.js";
import { openMemoryStore } from "../../src/store/memory/memory.js";
import { SIGNAL, startRunning } from "../collector/running.js";
import { msgIdOf } from "../fact-id.js";
import { Lockstep } from "./lockstep.js";
import { measured } from "./measured.js";
import { RID, SCENARIO, seeded } from "./struck.js";

/** Six messages of people a second, beside the gifts. */
const BUSY: RoomScenario = { ...SCENARIO, viewers: 300, everySeconds: { stats: 5, rank: 15, chat: 0.35, join: 0.7, like: 0.7, gift: 3 } };
/** What is sent is on its way for so long: a cut in that time loses it. */
const ON_THE_WAY_MS = 60;
/** The log is bounded, so that the heap has nothing to grow by. */
const KEPT_EVENTS = 5000;

/** What came of a run. */
export interface Reconnected {
  readonly connections: number;
  readonly sent: number;
  /** Sent, not stored, and inside a recorded gap. */
  readonly inGaps: number;
  readonly gaps: number;
  readonly gapMs: number;
  readonly clockMs: number;
  readonly unitsGiven: number;
  readonly unitsCounted: number;
  /** Bytes of the heap after a collection, at even distances. */
  readonly heaps: readonly number[];
}

/**
 * Cuts the connection of a busy room so many times, at moments that chance chooses, and compares what was sent with what is stored.
 * @param heap measures the heap after a collection
 */
export async function reconnect(cuts: number, heap: () => number = () => 0): Promise<Reconnected> {
  const clock = new Lockstep();
  const store = openMemoryStore({ maxEventsPerRoom: KEPT_EVENTS });
  vi.spyOn(Math, "random").mockImplementation(seeded("reconnects"));
  // Preallocated, so that the test's own books are no growth. Gifts are not events one by one: of them only what came is known.
  const [sent, sentGifts, came, stored] = [new Ids(cuts * 1000), new Ids(cuts * 1000), new Ids(cuts * 2000), new Ids(cuts * 1000)];
  const onReceived = (received: readonly Received[]) => {
    for (const { response } of received) for (const message of response?.messages ?? []) came.add(msgIdOf(message));
  };
  const parts = { store, onReceived, onDemandIdleMs: Number.MAX_SAFE_INTEGER };
  const now = await startRunning({ clock, start: clock.now(), seed: 11, keep: 5000, rooms: [BUSY] }, parts, clock);
  const gaps: { readonly from: number; readonly to: number }[] = [];
  const heaps: number[] = [];
  let [taken, after, counted] = [0, 0, 0];
  const begun = clock.now();
  try {
    now.simulator.rooms.latency(ON_THE_WAY_MS);
    let room = 0;
    void now.rooms.request(RID, 60_000, SIGNAL).then((found) => {
      room = found.room;
    });
    await clock.until(() => room > 0 && now.rooms.status(room)?.state === "live", 60_000);
    const book = async () => {
      const { interactive, interactiveDropped } = now.simulator.truth(RID).sent;
      for (const { kind, msgId } of interactive.slice(Math.max(0, taken - interactiveDropped)))
        (kind === "gift" ? sentGifts : sent).add(msgId);
      taken = interactiveDropped + interactive.length;
      const page = await store.log.read(room, after, KEPT_EVENTS);
      expect(page.removed, "the log must not have lost what was not yet compared").toBeUndefined();
      for (const event of page.events) {
        if (event.type === "gap") gaps.push(measured(event as NewEventOf<"gap">));
        if (event.type === "gift") counted += (event as NewEventOf<"gift">).delta;
        const id = platformId(event);
        if (id !== null) stored.add(id);
      }
      after = page.scanned;
    };
    for (let cut = 1; cut <= cuts; cut++) {
      await clock.go(Math.round(16_000 * Math.random() ** 2 + 37));
      now.simulator.rooms.cut(RID);
      await clock.until(() => now.rooms.status(room)?.state !== "live", 5000);
      await clock.until(() => now.rooms.status(room)?.state === "live", 300_000);
      await book();
      if (cut % Math.max(1, Math.floor(cuts / 10)) === 0) heaps.push(heap());
    }
    await clock.go(5000);
    now.simulator.rooms.stall(RID);
    await clock.go(1000);
    await book();
    expect(await check(store.log)).toEqual([]);
    const { sent: truth, connections } = now.simulator.truth(RID);
    expect(sent.without(stored), "stored is what came").toEqual(sent.without(came));
    const lost = [...sent.without(stored), ...sentGifts.without(came)];
    const outside = lost.filter((id) => {
      const at = Number(id >> 32n) * 1000; // ids tell whole seconds
      return !gaps.some(({ from, to }) => at >= from - 1250 && at <= to + 250);
    });
    expect(outside).toEqual([]);
    expect(stored.twice(), "stored twice").toBe(0);
    return {
      connections: connections.length,
      sent: sent.size + sentGifts.size,
      inGaps: lost.length,
      gaps: gaps.length,
      gapMs: gaps.reduce((sum, { from, to }) => sum + to - from, 0),
      clockMs: clock.now() - begun,
      unitsGiven: truth.combos.reduce((sum, { total }) => sum + total, truth.combosDropped.units),
      unitsCounted: counted,
      heaps,
    };
  } finally {
    await now.stop();
    clock.stop();
    vi.restoreAllMocks();
  }
}

/** Ids of 64 bits in a fixed place. */
class Ids {
  readonly #ids: BigUint64Array;
  size = 0;

  constructor(most: number) {
    this.#ids = new BigUint64Array(most);
  }

  add(id: string): void {
    if (this.size === this.#ids.length) throw new RangeError("more ids than there is place for");
    this.#ids[this.size++] = BigInt(id);
  }

  twice(): number {
    const sorted = this.#ids.slice(0, this.size).sort();
    return sorted.filter((id, i) => i > 0 && id === sorted[i - 1]).length;
  }

  without(others: Ids): bigint[] {
    const there = new Set(others.#ids.subarray(0, others.size));
    return [...this.#ids.subarray(0, this.size)].filter((id) => !there.has(id));
  }
}
