import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RoomKey } from "../../src/store/log.js";
import type { RoomStore } from "../../src/store/store.js";
import { runsOf } from "../whole.js";
import { chat, chats } from "./events.js";
import { claimed, type Open, useStore } from "./harness.js";

/** Being woken by appends. */
export function describeWakes(open: Open<RoomStore>): void {
  describe("wakes", () => {
    const store = useStore(open);

    it("names the rooms that got events, also those from before the first wait", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      const stop = new AbortController();
      const wakes = store().log.wakes(stop.signal)[Symbol.asyncIterator]();
      await Promise.all([one.append(chat("1")), two.append(chat("1"))]);
      const woken = new Set<RoomKey>();
      while (woken.size < 2) for (const room of (await wakes.next()).value ?? []) woken.add(room);
      expect(woken).toEqual(new Set([one.room, two.room]));
      const next = wakes.next();
      await two.append(chat("2"));
      expect((await next).value).toEqual(new Set([two.room]));
      const told = wakes.next();
      store().log.wake([one.room]); // another connection appended
      expect((await told).value).toEqual(new Set([one.room]));
      stop.abort();
    });

    it("ends when the signal aborts, when the reader breaks off and when the store closes", async () => {
      const { append } = await claimed(store());
      const stop = new AbortController();
      const [aborted, broken, closed] = [0, 1, 2].map(() => store().log.wakes(stop.signal)[Symbol.asyncIterator]());
      const other = store().log.wakes(new AbortController().signal)[Symbol.asyncIterator]();
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
async function follow(store: RoomStore, counts: Map<RoomKey, number>, stop: AbortController, total: () => number): Promise<void> {
  const wakes = store.log.wakes(stop.signal);
  let seen = 0;
  if (total() === 0) return stop.abort();
  for await (const rooms of wakes) {
    for (const room of rooms) {
      const after = counts.get(room);
      if (after === undefined) continue;
      const { events } = await store.log.readRoom(room, after, 1000);
      counts.set(room, after + events.length);
      seen += events.length;
    }
    if (seen >= total()) stop.abort();
  }
}
