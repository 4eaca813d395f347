import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RoomKey } from "../../src/store/log.js";
import type { Store } from "../../src/store/store.js";
import { runsOf } from "../whole.js";
import { chat, chats } from "./events.js";
import { claimed, type Open, useStore } from "./harness.js";

/** Being woken by appends. */
export function describeWakes(open: Open): void {
  describe("wakes", () => {
    const store = useStore(open);

    it("comes at once, and after what was appended before the first wait", async () => {
      const { append } = await claimed(store());
      const stop = new AbortController();
      const wakes = store().log.wakes(stop.signal)[Symbol.asyncIterator]();
      expect(await wakes.next()).toMatchObject({ done: false });
      await append(chat("1"));
      expect(await wakes.next()).toMatchObject({ done: false });
      const next = wakes.next();
      await append(chat("2"));
      expect(await next).toMatchObject({ done: false });
      const woken = wakes.next();
      store().log.wake(); // another connection appended
      expect(await woken).toMatchObject({ done: false });
      stop.abort();
    });

    it("ends when the signal aborts, when the reader breaks off and when the store closes", async () => {
      const { append } = await claimed(store());
      const stop = new AbortController();
      const [aborted, broken, closed] = [0, 1, 2].map(() => store().log.wakes(stop.signal)[Symbol.asyncIterator]());
      const other = store().log.wakes(new AbortController().signal)[Symbol.asyncIterator]();
      for (const reader of [aborted, broken, closed, other]) await reader?.next();
      const waiting = [aborted, closed].map((reader) => reader?.next());
      await broken?.return?.();
      expect(await broken?.next()).toMatchObject({ done: true });
      stop.abort();
      for (const end of await Promise.all(waiting)) expect(end).toMatchObject({ done: true });
      expect(await aborted?.next()).toMatchObject({ done: true });
      expect(await store().log.wakes(stop.signal)[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
      await append(...chats(1));
      await store().close();
      expect(await other.next()).toMatchObject({ done: true });
    });

    it("never too seldom: who reads after each wake sees everything", async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.nat(2)), { maxLength: 30 }), async (steps) => {
          const rooms = await Promise.all([0, 1, 2].map((index) => claimed(store(), `${runs}:${index}`)));
          runs++;
          const counts = new Map<RoomKey, number>(rooms.map(({ room }) => [room, 0]));
          const stop = new AbortController();
          const reading = follow(store(), counts, stop, () => steps.reduce((sum, [, count]) => sum + count, 0));
          for (const [index, [target, count, pause]] of steps.entries()) {
            const appended = rooms[target]?.append(...chats(count, `${index}:`));
            if (pause > 0) await appended;
            if (pause > 1) await new Promise(setImmediate);
          }
          await reading;
          for (const [index, { room }] of rooms.entries()) {
            expect(counts.get(room)).toBe(steps.filter(([target]) => target === index).reduce((sum, [, count]) => sum + count, 0));
          }
        }),
        { numRuns: runsOf(10) },
      );
    });
  });
}

/** Counts the events of the rooms by reading after each wake only, until all have come. A missed wake makes the test time out. */
async function follow(store: Store, counts: Map<RoomKey, number>, stop: AbortController, total: () => number): Promise<void> {
  const wakes = store.log.wakes(stop.signal);
  let seen = 0;
  if (total() === 0) return stop.abort();
  for await (const _ of wakes) {
    for (const [room, after] of counts) {
      const { events } = await store.log.readRoom(room, after, 1000);
      counts.set(room, after + events.length);
      seen += events.length;
    }
    if (seen >= total()) stop.abort();
  }
}
