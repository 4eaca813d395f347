import { describe, expect, it } from "vitest";
import { frontStep, retainStep } from "../../src/retention/step.js";
import { catchUp } from "../../src/statistics/reader.js";
import { checkStore } from "../../src/store/check.js";
import type { LimitsOf } from "../../src/store/sql/retention.js";
import { plainWords } from "../statistics/plain-words.js";
import { chat, chats } from "./events.js";
import { claimed, type Open, readAll, useStore } from "./harness.js";

const NONE = { maxAgeMs: null, maxBytes: null };
const FOREVER: LimitsOf = { events: NONE, statistics: NONE, raw: NONE };
const T0 = 1_760_000_000_000;
const HOUR = 3_600_000;

/** How much is kept. */
export function describeRetention(open: Open): void {
  describe("retention", () => {
    const store = useStore(open);
    const seqs = async (room: number) => (await readAll(store().log, room)).events.map(({ seq }) => seq);
    const all = async (room: number, limits: LimitsOf, now = T0) => {
      let steps = 0;
      while (await retainStep(store(), room, limits, now)) steps++;
      return steps;
    };

    it("keeps limits of each room and kind, and gives them back to the server", async () => {
      const [one, two] = [await claimed(store(), "a"), await claimed(store(), "b")];
      await store().retention.setLimits(one.room, "events", { maxAgeMs: 5, maxBytes: null });
      await store().retention.setLimits(one.room, "raw", NONE);
      await store().retention.setLimits(one.room, "events", { maxAgeMs: 6, maxBytes: 7 });
      expect(await store().retention.limits(one.room)).toEqual({ events: { maxAgeMs: 6, maxBytes: 7 }, raw: NONE });
      expect(await store().retention.limits(two.room)).toEqual({});
      await store().retention.setLimits(one.room, "events", null);
      expect(await store().retention.limits(one.room)).toEqual({ raw: NONE });
      await expect(store().retention.setLimits(99, "events", NONE)).rejects.toMatchObject({ code: "not_found" });
    });

    it("keeps the last change of each setting that was changed while the server ran, also that it was given back", async () => {
      const { settings } = store();
      const days = { value: 90, by: "网页", at: T0 };
      const [before, after] = [
        new Map([
          ["keepEventsDays", days],
          ["keepStoreMb", days],
        ] as const),
        new Map([
          ["keepEventsDays", { ...days, value: 30 }],
          ["keepStoreMb", { value: null, by: "dylive settings", at: T0 + 1 }],
        ] as const),
      ];
      for (const changes of [before, after]) await settings.change(changes);
      expect(await settings.changed()).toEqual(after);
    });

    it("removes what is older than its limit, from the oldest on, and says so in the log", async () => {
      const { room, append } = await claimed(store());
      const made = Array.from({ length: 700 }, (_, n) => chat(`c${n}`, { receivedAt: T0 + n, time: T0 - n }));
      await append(...made);
      await catchUp(store(), plainWords);
      expect(await all(room, { ...FOREVER, events: { maxAgeMs: HOUR, maxBytes: null } }, T0 + HOUR)).toBe(0);
      expect(await all(room, { ...FOREVER, events: { maxAgeMs: HOUR, maxBytes: null } }, T0 + HOUR + 600)).toBeGreaterThan(1);
      expect((await seqs(room))[0]).toBe(601);
      expect((await readAll(store().log, room)).removed).toEqual([[1, 600]]);
      expect(await checkStore(store())).toEqual([]);
      expect(await store().retention.horizon(room)).toBe(T0);
      expect(await all(room, FOREVER, T0 + 9 * HOUR)).toBe(0);
    });

    it("removes the oldest beyond a size, and no more than that", async () => {
      const { room, append } = await claimed(store());
      await append(...chats(400));
      await catchUp(store(), plainWords);
      const size = await store().retention.size(room);
      const one = Buffer.byteLength(JSON.stringify(chat("c100")));
      expect(size / 400).toBeGreaterThan(one - 5);
      expect(size / 400).toBeLessThan(one + 5);
      await all(room, { ...FOREVER, events: { maxAgeMs: null, maxBytes: Math.round(size * 0.3) } });
      const left = await seqs(room);
      expect(left.at(-1)).toBe(400);
      expect(left.length).toBeGreaterThan(110);
      expect(left.length).toBeLessThanOrEqual(121);
      expect(await store().retention.size(room)).toBeLessThanOrEqual(size * 0.3);
      expect(await checkStore(store())).toEqual([]);
    });

    it("keeps the statistics of what it removes, until they have had their own time", async () => {
      const { room, append } = await claimed(store());
      await append(
        chat("1", { sessionId: "old", time: T0, receivedAt: T0 }),
        chat("2", { sessionId: "new", time: T0 + HOUR, receivedAt: T0 + HOUR }),
      );
      await catchUp(store(), plainWords);
      await all(room, { ...FOREVER, events: { maxAgeMs: 1, maxBytes: null } }, T0 + 2 * HOUR);
      expect(await seqs(room)).toEqual([]);
      expect((await store().statistics.sessions(room, ["old", "new"])).size).toBe(2);
      await all(room, { ...FOREVER, statistics: { maxAgeMs: HOUR, maxBytes: null } }, T0 + HOUR + 1);
      await catchUp(store(), plainWords);
      expect([...(await store().statistics.sessions(room, ["old", "new"])).keys()]).toEqual(["new"]);
      expect(await store().statistics.person(room, "1001", 9)).toHaveLength(1);
      expect(await checkStore(store())).toEqual([]);
    });

    it("removes what is too old from the front of the log, of all rooms or of some, and says so in each room's log", async () => {
      const rooms = [await claimed(store(), "a"), await claimed(store(), "b"), await claimed(store(), "c")] as const;
      for (let n = 0; n < 40; n++)
        for (const { room, append } of rooms)
          await append(...Array.from({ length: 20 }, (_, i) => chat(`${room}-${n}-${i}`, { receivedAt: T0 + n, time: T0 - n })));
      await catchUp(store(), plainWords);
      const [one, two, three] = rooms.map(({ room }) => room) as [number, number, number];
      const front = async (among: ReadonlySet<number> | undefined, maxAgeMs: number | null, now: number) => {
        let steps = 0;
        for (let after: number | null = 0; after !== null; steps++) after = await frontStep(store(), maxAgeMs, after, among, now);
        return steps - 1;
      };
      expect(await front(undefined, HOUR, T0 + HOUR)).toBe(0);
      expect(await front(new Set([one, three]), HOUR, T0 + HOUR + 30)).toBe(2);
      const removedOf = async (room: number) => (await readAll(store().log, room)).removed;
      expect([await removedOf(one), await removedOf(two), await removedOf(three)]).toEqual([[[1, 600]], [], [[1, 600]]]);
      expect([await store().retention.horizon(one), await store().retention.horizon(two)]).toEqual([T0, null]);
      expect(await front(undefined, HOUR, T0 + HOUR + 35)).toBe(1);
      expect([await removedOf(one), await removedOf(two)]).toEqual([[[1, 700]], [[1, 700]]]);
      expect(await checkStore(store())).toEqual([]);
      // And whatever their age.
      await front(undefined, null, T0);
      expect([await seqs(one), await seqs(two), await seqs(three)]).toEqual([[], [], []]);
      await rooms[0].append(chat("again"));
      expect(await seqs(one)).toEqual([801]);
      expect(await checkStore(store())).toEqual([]);
    });

    it("drops whole days, or keeps none", async () => {
      const { room, append } = await claimed(store());
      const idOn = (day: number) => String(BigInt(1_760_000_000 + day * 86_400) << 32n);
      await append(chat(idOn(0)), chat(idOn(1)), chat("undated"));
      await catchUp(store(), plainWords);
      const [first, second] = [0, 1].map((day) => (Math.floor(1_760_000_000 / 86_400) + 1 + day) * 86_400_000) as [number, number];
      const days = await store().retention.days();
      expect(days ?? [first, second]).toEqual(expect.arrayContaining([first, second]));
      // A store that was emptied may have days without events before these.
      expect((await store().retention.dropDays(second - 1)) > 0).toBe(days !== null);
      expect(await store().retention.dropDays(second - 1)).toBe(0);
      expect((await store().retention.days())?.[0] ?? null).toBe(days === null ? null : second);
      expect(await seqs(room)).toEqual(days === null ? [1, 2, 3] : [2, 3]);
      expect(await store().retention.horizon(room)).toBe(days === null ? null : first - 1);
      expect(await checkStore(store())).toEqual([]);
    });
  });
}
