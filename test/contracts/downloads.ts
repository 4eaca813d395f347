import { describe, expect, it } from "vitest";
import { downloadOf } from "../works/kept-download.js";
import { type Open, useStore } from "./harness.js";

const WORK = "7560000000000000001";
const OTHER = "7560000000000000002";
const author = { id: "1", secUid: "MS4w", displayId: null, shortId: null, nickname: "名\u0000 👨‍👩‍👧" };

/** Downloads of works. */
export function describeDownloads(open: Open): void {
  describe("downloads", () => {
    const store = useStore(open);

    it("are kept as they were told last, with the author of their work", async () => {
      const { downloads } = store();
      const begun = downloadOf("a", WORK, { askedBy: "雨后 👨‍👩‍👧" });
      const n = await downloads.begin(begun, "disk");
      expect(await downloads.get("a")).toEqual({ n, folder: "disk", author: null, download: begun });
      const told = { ...begun, state: "running", bytes: 7, begunAt: 5 } as const;
      expect(await downloads.tell(n, told, author, 900)).toBe(true);
      expect(await downloads.get("a")).toEqual({ n, folder: "disk", author, download: told });
      expect(await downloads.get("b")).toBeNull();
    });

    it("of a work that have no end when another begins had their process die: they are stopped as of their last word", async () => {
      const { downloads } = store();
      const [first, second] = [downloadOf("a", WORK), downloadOf("b", WORK)];
      const n = await downloads.begin(first, "disk");
      await downloads.tell(n, { ...first, bytes: 3 }, author, 900);
      await downloads.begin(downloadOf("c", OTHER), "disk");
      expect((await downloads.open(WORK))?.download.id).toBe("a");
      await downloads.begin(second, "other disk");
      expect((await downloads.get("a"))?.download).toMatchObject({ state: "stopped", bytes: 3, endedAt: 900, reason: expect.any(String) });
      expect((await downloads.get("c"))?.download).toMatchObject({ state: "waiting", endedAt: null });
      expect((await downloads.open(WORK))?.download).toEqual(second);
      expect((await downloads.openIn("disk")).map(({ download }) => download.id)).toEqual(["c"]);
      const last = await downloads.open(WORK);
      await downloads.tell(last?.n ?? 0, { ...second, state: "done", endedAt: 950 }, null, 950);
      expect(await downloads.open(WORK)).toBeNull();
    });

    it("are listed newest first, page by page, and walked from the oldest on", async () => {
      const { downloads } = store();
      for (const [id, work] of [
        ["a", WORK],
        ["b", OTHER],
        ["c", WORK],
        ["d", WORK],
      ] as const)
        await downloads.begin(downloadOf(id, work), "disk");
      const ids = (rows: Awaited<ReturnType<typeof downloads.list>>) => rows.map(({ download }) => download.id);
      const all = await downloads.list({ limit: 9 });
      expect(ids(all)).toEqual(["d", "c", "b", "a"]);
      expect(ids(await downloads.list({ limit: 2, before: all[0]?.n ?? 0 }))).toEqual(["c", "b"]);
      expect(ids(await downloads.list({ limit: 2, workId: WORK }))).toEqual(["d", "c"]);
      expect(ids(await downloads.list({ limit: 2, workId: WORK, before: all[1]?.n ?? 0 }))).toEqual(["a"]);
      expect(ids(await downloads.walk(0, 3))).toEqual(["a", "b", "c"]);
      expect(ids(await downloads.walk(all[1]?.n ?? 0, 3))).toEqual(["d"]);
    });

    it("that are removed leave nothing but that their files are to go, and are told of no more", async () => {
      const { downloads } = store();
      const [a, b, c] = [downloadOf("a", WORK), downloadOf("b", WORK), downloadOf("c", OTHER)];
      const n = await downloads.begin(a, "disk");
      await downloads.tell(n, { ...a, state: "done", endedAt: 900 }, author, 900);
      const m = await downloads.begin(b, "disk");
      await downloads.begin(c, "other disk");
      await downloads.remove(n);
      expect(await downloads.removedIn("disk")).toEqual([{ n, workId: WORK, shared: true }]);
      expect(await downloads.removedIn("other disk")).toEqual([]);
      expect([await downloads.get("a"), await downloads.tell(n, a, author, 950)]).toEqual([null, false]);
      expect(await downloads.removeOf(WORK)).toBe(1);
      expect(await downloads.tell(m, b, author, 950)).toBe(false);
      expect(await downloads.removedIn("disk")).toMatchObject([
        { n, shared: false },
        { n: m, shared: false },
      ]);
      expect((await downloads.list({ limit: 9 })).map(({ download }) => download.id)).toEqual(["c"]);
      expect([await downloads.open(WORK), await downloads.openIn("disk")]).toEqual([null, []]);
      const [row] = await downloads.list({ limit: 1 });
      for (const one of [n, m, row?.n ?? 0]) await downloads.forget(one);
      expect(await downloads.removedIn("disk")).toEqual([]);
      expect(await downloads.get("c")).not.toBeNull();
    });

    it("are removed when they told nothing for too long", async () => {
      const { downloads } = store();
      const old = downloadOf("a", WORK, { createdAt: 100 });
      const n = await downloads.begin(old, "disk");
      await downloads.begin(downloadOf("b", OTHER, { createdAt: 100 }), "disk");
      await downloads.tell(n, old, author, 500);
      expect(await downloads.expire(500, 900)).toBe(true);
      expect(await downloads.expire(500, 900)).toBe(false);
      expect((await downloads.list({ limit: 9 })).map(({ download }) => download.id)).toEqual(["a"]);
    });
  });
}
