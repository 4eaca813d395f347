import { describe, expect, it } from "vitest";
import { eraseUser } from "../../src/erasure/erase.js";
import { erasedSince, lateInWorks } from "../../src/erasure/late.js";
import { SYSTEM_ROOM } from "../../src/store/log.js";
import type { AuthorLook } from "../../src/store/sql/author-watches.js";
import type { Store } from "../../src/store/store.js";
import { AuthorWatcher } from "../../src/works/author-watcher.js";
import { WorkService } from "../../src/works/work-service.js";
import { FakeClock } from "../clock.js";
import { FakeWorkReader } from "../http/fake-work-reader.js";
import { until } from "../until.js";
import { workOf } from "../works/work.js";
import { type Open, useStore } from "./harness.js";

const SEC = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF";
const ann = { id: "78901234567", secUid: SEC, displayId: "ann_visible", shortId: "77665544", nickname: "小安安", avatar: null };
const look: AuthorLook = {
  ...{ author: ann, look: { at: 2_000, outcome: "ok", reason: "known" }, nextAt: 9_000, failingSince: null, learnedAt: 2_000 },
  ...{ newest: { id: "7560000000000000002", time: 1_500 }, known: ["7560000000000000002"], published: 0 },
};

/** Watches on authors, and what an erasure leaves of them. */
export function describeAuthorWatches(open: Open): void {
  describe("watches on authors", () => {
    const store = useStore(open);

    it("are added once, due at once, and listed in that order", async () => {
      const { authorWatches } = store();
      const first = await authorWatches.add(SEC, 1_000);
      expect(first).toMatchObject({
        isNew: true,
        kept: { known: [], watch: { secUid: SEC, author: null, addedAt: 1_000, nextAt: 1_000 } },
      });
      expect(await authorWatches.add(SEC, 5_000)).toEqual({ isNew: false, kept: first.kept });
      await authorWatches.add("MS4wLjABAAAAother", 500);
      expect((await authorWatches.list()).map(({ secUid }) => secUid)).toEqual([SEC, "MS4wLjABAAAAother"]);
      expect(await authorWatches.due(499, 1_000_000)).toBeNull();
      expect((await authorWatches.due(1_000, 1_000_000))?.watch.secUid).toBe("MS4wLjABAAAAother");
      // Put off by a clock that has been set back since.
      expect((await authorWatches.due(100, 300))?.watch.secUid).toBe("MS4wLjABAAAAother");
      expect(await authorWatches.outcomes()).toEqual([{ outcome: null, count: 2 }]);
    });

    it("keep what a look found, the newest work of all looks, and how many works were told", async () => {
      const { authorWatches } = store();
      const { n } = (await authorWatches.add(SEC, 1_000)).kept;
      expect(await authorWatches.note(n, look)).toBe(true);
      expect(await authorWatches.due(8_999, 1_000_000)).toBeNull();
      const older = { ...look, author: null, learnedAt: 3_000, newest: { id: "7560000000000000001", time: 1_000 }, published: 2 };
      await authorWatches.note(n, { ...older, look: { at: 3_000, outcome: "captcha", reason: null }, failingSince: 3_000 });
      expect((await authorWatches.get(SEC))?.watch).toEqual({
        ...{ secUid: SEC, author: ann, addedAt: 1_000, nextAt: 9_000, look: { at: 3_000, outcome: "captcha", reason: null } },
        ...{ failingSince: 3_000, learnedAt: 2_000, newest: look.newest, published: 2 },
      });
      expect(await authorWatches.outcomes()).toEqual([{ outcome: "captcha", count: 1 }]);
      expect([await authorWatches.lookAt(SEC, 10), await authorWatches.lookAt("nobody", 10)]).toEqual([true, false]);
      expect(await authorWatches.due(10, 1_000_000)).toMatchObject({ n, known: look.known, watch: { secUid: SEC, nextAt: 10 } });
    });

    it("are gone when they are removed, and what a look found then begins none", async () => {
      const { authorWatches } = store();
      const { n } = (await authorWatches.add(SEC, 1_000)).kept;
      expect([await authorWatches.remove(SEC), await authorWatches.remove(SEC)]).toEqual([true, false]);
      expect(await authorWatches.note(n, look)).toBe(false);
      expect(await authorWatches.list()).toEqual([]);
      const again = (await authorWatches.add(SEC, 2_000)).kept;
      expect(await authorWatches.note(n, look)).toBe(false);
      expect(await authorWatches.get(SEC)).toEqual(again);
    });

    it.each([SEC, "小安安"])("go with their author when they are erased by %s, and so does what was told of their works", async (user) => {
      const { authorWatches } = store();
      await published();
      await authorWatches.add("MS4wLjABAAAAother", 1);
      expect(await eraseUser(store(), { user, keep: false })).toMatchObject({ erased: 1, works: { works: 1, watches: 1 } });
      expect((await authorWatches.list()).map(({ secUid }) => secUid)).toEqual(["MS4wLjABAAAAother"]);
      expect(JSON.stringify(await kept())).not.toMatch(/小安安|78901234567|7560000000000000011|雨后/);
    });

    it.each(["before", "after"])("tell of nobody who is erased %s their works are in the log", async (moment) => {
      const { authorWatches, log } = store();
      const append: typeof log.append = async (batches) => {
        if (moment === "before") await eraseUser(store(), { user: SEC, keep: false });
        const appended = await log.append(batches);
        if (moment === "after") await eraseUser(store(), { user: SEC, keep: false });
        return appended;
      };
      await published((all) => ({ ...all, log: { ...all.log, append, byId: log.byId.bind(log), replace: log.replace.bind(log) } }));
      expect(await authorWatches.list()).toEqual([]);
      const left = await kept();
      expect(left.events.map(({ type }) => type)).toEqual(["erased"]);
      expect(JSON.stringify(left)).not.toMatch(/小安安|78901234567|7560000000000000011/);
    });

    /** Has an author watched, and tells a work that they publish; through the store as it is replaced. */
    async function published(replace: (store: Store) => Store = (all) => all, id = "7560000000000000011"): Promise<void> {
      const clock = new FakeClock();
      const reader = new FakeWorkReader(clock);
      const works = new WorkService({ reader, clock, works: store().works, erased: lateInWorks(store()) });
      const watcher = new AuthorWatcher({
        ...{ reader, works, clock, store: replace(store()), checkMs: 1_000, random: () => 0.5 },
        erasedSince: (since) => erasedSince(store(), since),
        onError: (error) => {
          throw error;
        },
      });
      const work = (id: string, time: number) => workOf(id, { time, text: "雨后", author: { ...workOf(id).author, ...ann } });
      reader.published.set(SEC, [work("7560000000000000001", 1_000)]);
      await watcher.add(SEC, new AbortController().signal);
      const stop = watcher.start();
      await until(() => clock.sleeping === 1);
      reader.published.set(SEC, [work(id, 2_000), work("7560000000000000001", 1_000)]);
      await clock.advance(2_000);
      await until(() => reader.listed.length === 2 && clock.sleeping === 1);
      await stop();
    }

    async function kept() {
      const { log, works } = store();
      const { events } = await log.readRoom(SYSTEM_ROOM, 0, 9);
      return { events, works: await works.walk("", 9), watch: await store().authorWatches.get(SEC) };
    }
  });
}
