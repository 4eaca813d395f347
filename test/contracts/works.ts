import { describe, expect, it } from "vitest";
import type { Work } from "../../src/works/model/work.js";
import { workOf } from "../works/work.js";
import { type Open, useStore } from "./harness.js";

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

/** Works. */
export function describeWorks(open: Open): void {
  describe("works", () => {
    const store = useStore(open);
    const id = (n: number) => `75600000000000000${n}`;

    it("are kept as they were read, with the page's own reply", async () => {
      const { works } = store();
      expect(await works.get(id(10))).toBeNull();
      const read = workOf(id(10), { text: "雨后 \u0001 👨‍👩‍👧 'x'", receivedAt: 500, firstSeenAt: 1, revision: 9 });
      const kept = { ...read, firstSeenAt: 500, revision: 0 };
      expect(await works.keep(read, '{"a":"原样"}')).toEqual(kept);
      expect(await works.get(id(10))).toEqual({ work: kept, reply: '{"a":"原样"}' });
    });

    it("are replaced by a newer reading and never by an older one", async () => {
      const { works } = store();
      await works.keep(workOf(id(10), { text: "one", receivedAt: 500 }), "first");
      const second = await works.keep(workOf(id(10), { text: "two", receivedAt: 700 }), null);
      expect(second).toMatchObject({ text: "two", firstSeenAt: 500, receivedAt: 700, revision: 1 });
      expect(await works.keep(workOf(id(10), { text: "late", receivedAt: 600 }), "late")).toEqual(second);
      expect(await works.get(id(10))).toEqual({ work: second, reply: null });
    });

    it("go when they were not read for long", async () => {
      const { works } = store();
      for (const [n, days] of [31, 29].entries()) await works.keep(workOf(id(10 + n), { receivedAt: NOW - days * DAY }), null);
      while (await works.expire(NOW - 30 * DAY, NOW));
      expect((await works.walk("", 9)).map(({ work }) => work.id)).toEqual([id(11)]);
    });

    it("keep what was known when they can no longer be seen, and say so", async () => {
      const { works } = store();
      await works.keep(workOf(id(10), { text: "known", receivedAt: 500 }), "full");
      const gone: Partial<Work> = { kind: null, text: "", state: "deleted", stateReason: "gone", receivedAt: 700 };
      const kept = await works.keep(workOf(id(10), gone), "refused");
      expect(kept).toMatchObject({ kind: "video", text: "known", state: "deleted", stateReason: "gone", receivedAt: 700, revision: 1 });
      expect(await works.get(id(10))).toEqual({ work: kept, reply: "refused" });
    });

    it("are found by their mix, as it was told last, and by their author's id", async () => {
      const { works } = store();
      const mix = (mixId: string | null) => ({ mix: mixId === null ? null : { id: mixId, name: null } });
      for (const [n, of] of [
        [1, "7"],
        [2, "8"],
        [3, "7"],
        [4, null],
      ] as const)
        await works.keep(workOf(id(10 + n), { time: n, ...mix(of) }), null);
      await works.keep(workOf(id(12), { time: 2, ...mix("7"), receivedAt: 1_760_000_200_000 }), null);
      const ids = async (ask: object) => (await works.list({ limit: 2, ...ask })).map((work) => work.id);
      expect(await ids({ mix: "7" })).toEqual([id(13), id(12)]);
      expect(await ids({ mix: "7", after: { time: 2, id: id(12) } })).toEqual([id(11)]);
      expect([await ids({ mix: "8" }), await ids({ mix: "7", author: "nobody" })]).toEqual([[], []]);
      expect([...(await works.idsOf("MS4wLjABAAAAtest", 5))].sort()).toEqual([11, 12, 13, 14].map(id));
      expect([...(await works.idsOf("MS4wLjABAAAAtest", 3))].sort()).toEqual([11, 12].map(id));
      expect(await works.idsOf("nobody", 5)).toEqual(new Set());
    });

    it("are kept once when two readings come at the same time", async () => {
      const { works } = store();
      const all = await Promise.all([1, 2, 3, 4].map((n) => works.keep(workOf(id(10), { text: `${n}`, receivedAt: n }), null)));
      expect(all.map(({ firstSeenAt }) => firstSeenAt)).toEqual(all.map(() => all[0]?.firstSeenAt));
      expect((await works.get(id(10)))?.work).toMatchObject({ text: "4", receivedAt: 4 });
      expect(await works.list({ limit: 10 })).toHaveLength(1);
    });

    it("are listed newest first, page by page, of all or of one author", async () => {
      const { works } = store();
      const author = (secUid: string | null) => ({ author: { ...workOf(id(10)).author, secUid } });
      for (const [n, time, of] of [
        [11, 100, "a"],
        [12, 300, "b"],
        [13, 300, "a"],
        [14, 200, null],
        [15, 300, "a"],
      ] as const)
        await works.keep(workOf(id(n), { time, ...author(of) }), null);
      const ids = (list: readonly Work[]) => list.map((work) => work.id);
      expect(ids(await works.list({ limit: 10 }))).toEqual([15, 13, 12, 14, 11].map(id));
      expect(ids(await works.list({ limit: 10, author: "a" }))).toEqual([15, 13, 11].map(id));
      expect(ids(await works.list({ limit: 10, author: "nobody" }))).toEqual([]);
      const seen: string[] = [];
      for (let after: { time: number; id: string } | undefined; ; ) {
        const [work] = await works.list({ limit: 1, ...(after !== undefined && { after }) });
        if (work === undefined) break;
        seen.push(work.id);
        after = { time: work.time, id: work.id };
      }
      expect(seen).toEqual([15, 13, 12, 14, 11].map(id));
      expect(ids(await works.list({ limit: 10, author: "a", after: { time: 300, id: id(15) } }))).toEqual([13, 11].map(id));
    });
  });
}
