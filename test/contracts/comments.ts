import { describe, expect, it } from "vitest";
import type { CommentSearch } from "../../src/store/sql/comments.js";
import type { KeptComment } from "../../src/works/model/kept.js";
import { commentOf, runOf } from "../works/comment.js";
import { type Open, useStore } from "./harness.js";

const WORK = "7560000000000000001";
const OTHER = "7560000000000000002";
const ids = (list: readonly KeptComment[]) => list.map(({ id }) => id);
const fresh = (receivedAt: number) => ({ firstSeenAt: receivedAt, removedAt: null, revision: 0, erased: false });

/** Comments of works and the runs that collect them. */
export function describeComments(open: Open): void {
  describe("comments", () => {
    const store = useStore(open);

    it("are kept once, with the replies that are kept of them", async () => {
      const { comments } = store();
      const top = commentOf(WORK, "1", { text: "雨后 \u0000 👨‍👩‍👧 \ud800 'x'", receivedAt: 500, repliesCollected: 9 });
      const reply = commentOf(WORK, "2", { parentId: "1", receivedAt: 501 });
      expect(await comments.put(1, [top, reply, top, commentOf(OTHER, "1")])).toBe(3);
      expect(await comments.put(1, [top, reply])).toBe(0);
      expect(await comments.get({ workId: WORK, id: "1" })).toEqual({ ...top, repliesCollected: 1, ...fresh(500) });
      expect(await comments.get({ workId: WORK, id: "2" })).toEqual({ ...reply, ...fresh(501) });
      expect(await comments.get({ workId: WORK, id: "3" })).toBeNull();
      expect(await comments.count(WORK)).toEqual({ comments: 2, topLevel: 1, removed: 0 });
      expect(await comments.count("nothing")).toEqual({ comments: 0, topLevel: 0, removed: 0 });
      expect(await comments.put(1, [])).toBe(0);
    });

    it("are renewed by a later reading, and keep their place and when they were first seen", async () => {
      const { comments } = store();
      await comments.put(1, [commentOf(WORK, "1", { receivedAt: 500, rank: 7 })]);
      const later = commentOf(WORK, "1", { receivedAt: 700, rank: 3, likes: 5, text: "other" });
      await comments.put(2, [later]);
      const kept = { ...later, ...fresh(500), rank: 7, revision: 1 };
      expect(await comments.get({ workId: WORK, id: "1" })).toEqual(kept);
      await comments.put(3, [commentOf(WORK, "1", { receivedAt: 600, text: "late" })]);
      await comments.put(3, [{ ...later, receivedAt: 800 }]);
      expect(await comments.get({ workId: WORK, id: "1" })).toEqual({ ...kept, receivedAt: 800 });
    });

    it("are kept once when two runs see them at the same time", async () => {
      const { comments } = store();
      const seen = Array.from({ length: 40 }, (_, at) => commentOf(WORK, String(at)));
      const added = await Promise.all([comments.put(1, seen), comments.put(2, seen.toReversed()), comments.put(3, seen)]);
      expect(added.reduce((sum, one) => sum + one)).toBe(40);
      expect((await comments.count(WORK)).comments).toBe(40);
    });

    it("are listed floor by floor in the order in which they came, page by page", async () => {
      const { comments } = store();
      const ranks = { a: 2, b: 0, c: 1, d: 1 };
      const told: Record<string, number> = { b: 12, c: 0 };
      const text = '"replies":7 \0 \ud800';
      await comments.put(1, [
        ...Object.entries(ranks).map(([id, rank]) => commentOf(WORK, id, { rank, text, replies: told[id] ?? null })),
        ...["r2", "r1"].map((id, rank) => commentOf(WORK, id, { parentId: "a", rank })),
        commentOf(OTHER, "z"),
      ]);
      expect(ids(await comments.list({ workId: WORK, parentId: null, limit: 9 }))).toEqual(["b", "c", "d", "a"]);
      expect(ids(await comments.list({ workId: WORK, parentId: null, limit: 9, after: { rank: 1, id: "c" } }))).toEqual(["d", "a"]);
      expect(ids(await comments.list({ workId: WORK, parentId: null, limit: 1, after: { rank: 0, id: "b" } }))).toEqual(["c"]);
      expect(ids(await comments.list({ workId: WORK, parentId: "a", limit: 9 }))).toEqual(["r2", "r1"]);
      expect((await comments.known(WORK)).map(({ id, parentId, replies }) => [id, parentId, replies])).toEqual([
        ...[
          ["b", null, 12],
          ["r2", "a", 0],
          ["c", null, 0],
          ["d", null, null],
          ["r1", "a", 0],
          ["a", null, null],
        ],
      ]);
      expect(ids(await comments.list({ workId: WORK, parentId: "a", limit: 9, after: { rank: 0, id: "r2" } }))).toEqual(["r1"]);
    });

    it("are walked in the order of their names", async () => {
      const { comments } = store();
      await comments.put(1, [commentOf(OTHER, "1"), commentOf(WORK, "9"), commentOf(WORK, "10", { parentId: "9" })]);
      expect(ids(await comments.walk(null, 2))).toEqual(["10", "9"]);
      expect(await comments.walk({ workId: WORK, id: "9" }, 2)).toMatchObject([{ workId: OTHER, id: "1" }]);
    });

    it("are found by text, person, work and time, newest first", async () => {
      const { comments } = store();
      const { user } = commentOf(WORK, "");
      await comments.put(1, [
        commentOf(WORK, "1", { text: "Ｈello  雨后", time: 100 }),
        commentOf(WORK, "2", { text: "hello", time: 300, user: { ...user, id: "8", secUid: "other" } }),
        commentOf(OTHER, "3", { text: "HELLO 100%_", time: 200 }),
        commentOf(OTHER, "4", { text: "nothing", time: 300 }),
      ]);
      const find = async (asked: object) => ids((await comments.find({ limit: 9, ...asked })).comments);
      expect(await find({})).toEqual(["4", "2", "3", "1"]);
      expect(await find({ text: "hello" })).toEqual(["2", "3", "1"]);
      expect(await find({ text: "o 雨" })).toEqual(["1"]);
      expect(await find({ text: "%_" })).toEqual(["3"]);
      expect(await find({ text: "hello", workId: WORK })).toEqual(["2", "1"]);
      expect(await find({ parentId: "nothing" })).toEqual([]);
      expect(await find({ user: "8" })).toEqual(["2"]);
      expect(await find({ user: "other" })).toEqual(["2"]);
      expect(await find({ from: 200, to: 300 })).toEqual(["3"]);
      const seen: string[] = [];
      for (let after: CommentSearch["after"] | null; after !== null; ) {
        const found = await comments.find({ text: "hello", limit: 1, ...(after && { after }) });
        seen.push(...ids(found.comments));
        after = found.next;
      }
      expect(seen).toEqual(["2", "3", "1"]);
    });

    it("that a run to the platform's end no longer saw are marked with their replies, never deleted, and come back when seen", async () => {
      const { comments, commentRuns } = store();
      const replies = [commentOf(WORK, "r1", { parentId: "1" }), commentOf(WORK, "r2", { parentId: "2" })];
      const first = await commentRuns.begin(runOf(WORK));
      await comments.put(first, [commentOf(WORK, "1"), commentOf(WORK, "2"), ...replies, commentOf(OTHER, "1")]);
      await commentRuns.tell(first, runOf(WORK, { endedBy: "end", endedAt: 900 }), 1000);
      expect(await comments.count(WORK)).toMatchObject({ comments: 4, removed: 0 });

      const second = await commentRuns.begin(runOf(WORK));
      await comments.put(second, [commentOf(WORK, "1")]);
      for (const endedBy of ["limit", "wall", "captcha", "blocked", "stuck", "stopped", null] as const) {
        await commentRuns.tell(second, runOf(WORK, { endedBy, endedAt: 1000 }), 1000);
        expect(await comments.count(WORK)).toMatchObject({ removed: 0 });
      }
      await commentRuns.tell(second, runOf(WORK, { endedBy: "end", endedAt: 1000 }), 1000);
      for (const id of ["2", "r2"])
        expect(await comments.get({ workId: WORK, id })).toMatchObject({ removedAt: 1000, revision: 1, text: "text" });
      expect(await comments.count(WORK)).toEqual({ comments: 4, topLevel: 2, removed: 2 });
      const tops = { workId: WORK, parentId: null, limit: 9 };
      expect((await comments.list(tops)).length - (await comments.list({ ...tops, present: true })).length).toBe(1);
      expect(await comments.count(OTHER)).toMatchObject({ removed: 0 });

      const third = await commentRuns.begin(runOf(WORK));
      await comments.put(third, [commentOf(WORK, "2")]);
      expect(await comments.get({ workId: WORK, id: "2" })).toMatchObject({ removedAt: null, revision: 2 });
    });

    it("that were not seen since a time are removed step by step", async () => {
      const { comments } = store();
      const old = Array.from({ length: 600 }, (_, at) => commentOf(WORK, String(at), { receivedAt: at }));
      await comments.put(1, old);
      for (let more = true; more; more = await comments.expire(590, 1000)) {}
      expect(ids(await comments.walk(null, 20))).toEqual(old.slice(590).map(({ id }) => id));
      // A floor stays for as long as one of its replies does.
      await comments.put(1, [
        commentOf(OTHER, "f", { receivedAt: 10 }),
        commentOf(OTHER, "r1", { parentId: "f", receivedAt: 10 }),
        commentOf(OTHER, "r2", { parentId: "f", receivedAt: 700 }),
      ]);
      for (let more = true; more; more = await comments.expire(690, 1000)) {}
      expect(ids(await comments.walk(null, 20))).toEqual(["f", "r2"]);
      for (let more = true; more; more = await comments.expire(701, 1000)) {}
      expect(await comments.walk(null, 20)).toEqual([]);
    });

    it("are collected by runs, of which the last tells how far it came", async () => {
      const { commentRuns } = store();
      expect(await commentRuns.last(WORK)).toBeNull();
      const first = await commentRuns.begin(runOf(WORK, { startedAt: 100 }));
      await commentRuns.tell(first, runOf(WORK, { startedAt: 100, collected: 7 }), 1000);
      expect(await commentRuns.last(WORK)).toEqual({ n: first, run: runOf(WORK, { startedAt: 100, collected: 7 }) });
      expect(await commentRuns.begin(runOf(OTHER, { startedAt: 150 }))).toBeGreaterThan(first);
      expect((await commentRuns.last(WORK))?.run.endedAt).toBeNull();
    });

    it("tell a run whose process died as stopped when it last told, at the latest when the next one begins", async () => {
      const { commentRuns } = store();
      const first = await commentRuns.begin(runOf(WORK, { startedAt: 100 }));
      await commentRuns.tell(first, runOf(WORK, { startedAt: 100, collected: 7 }), 150);
      const lost = { endedBy: "stopped", reason: expect.stringContaining("process"), endedAt: 150, collected: 7 };
      await commentRuns.lost(first);
      expect((await commentRuns.last(WORK))?.run).toMatchObject(lost);
      await commentRuns.tell(first, runOf(WORK, { startedAt: 100, endedBy: "wall", endedAt: 160 }), 160);
      await commentRuns.lost(first);
      expect((await commentRuns.last(WORK))?.run).toMatchObject({ endedBy: "wall", endedAt: 160 });
      const second = await commentRuns.begin(runOf(WORK, { startedAt: 200 }));
      const third = await commentRuns.begin(runOf(WORK, { startedAt: 300 }));
      await commentRuns.tell(second, runOf(WORK, { startedAt: 200 }), 250);
      expect((await commentRuns.last(WORK))?.n).toBe(third);
    });

    it("are collected by runs that go when they told nothing since a time, with an end or without", async () => {
      const { commentRuns } = store();
      const first = await commentRuns.begin(runOf(WORK, { startedAt: 100 }));
      await commentRuns.tell(first, runOf(WORK, { startedAt: 100, endedAt: 120, endedBy: "end" }), 120);
      const second = await commentRuns.begin(runOf(WORK, { startedAt: 130 }));
      await commentRuns.tell(second, runOf(WORK, { startedAt: 130 }), 200);
      expect(await commentRuns.expire(200, 1000)).toBe(true);
      expect(await commentRuns.expire(200, 1000)).toBe(false);
      expect((await commentRuns.last(WORK))?.n).toBe(second);
      expect(await commentRuns.expire(201, 1000)).toBe(true);
      expect(await commentRuns.last(WORK)).toBeNull();
      await commentRuns.begin(runOf(WORK));
      await commentRuns.removeOf(WORK);
      expect(await commentRuns.last(WORK)).toBeNull();
    });
  });
}
