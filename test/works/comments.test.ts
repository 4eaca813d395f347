// Guards: A run of comments yields each once, up to its limit, and knows which replies are still to be read.
import { describe, expect, it } from "vitest";
import type { CommentsEnd, CommentsRequest, CommentsSeen } from "../../src/platform/access/work-visitor.js";
import { type CollectOptions, CommentCollector } from "../../src/works/comments.js";
import type { Comment } from "../../src/works/model/comment.js";
import { FakeClock } from "../clock.js";
import { commentOf } from "./comment.js";

const NEVER = new AbortController().signal;
const END: CommentsEnd = { endedBy: "end", reason: "no more" };

const comment = (id: string, parentId: string | null = null, replies: number | null = null) => commentOf("1", id, { parentId, replies });
const list = (cursor: number, ...comments: Comment[]): CommentsSeen => ({ floorId: null, comments, cursor, total: 9 });
const floor = (floorId: string, ...comments: Comment[]): CommentsSeen => ({ floorId, comments, cursor: 3, total: 3 });

/** A run over these pages, and what it says of them meanwhile. */
async function run(pages: readonly (CommentsSeen | Error)[], more: Partial<CollectOptions> = {}, signal = NEVER) {
  const clock = new FakeClock(1000);
  let asked: CommentsRequest | null = null;
  const wanted: (readonly (string | null)[])[] = [];
  const reader = {
    async *comments(request: CommentsRequest): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
      asked = request;
      for (const page of pages) {
        if (page instanceof Error) throw page;
        yield page;
        await clock.advance(1000);
        wanted.push(["a", "b", "c", null].filter(request.wantsReplies));
      }
      return END;
    },
  };
  const collector = new CommentCollector({ id: "1", page: null }, { reader, clock, ...more });
  const batches: (readonly Comment[])[] = [];
  let error: unknown = null;
  try {
    for await (const batch of collector.batches(signal)) batches.push(batch);
  } catch (thrown) {
    error = thrown;
  }
  const knows = (id: string) => (asked as CommentsRequest | null)?.knows(id) ?? null;
  return { collector, batches, ids: batches.map((batch) => batch.map(({ id }) => id)), wanted, knows, error, status: collector.status() };
}

describe("a run of comments", () => {
  it("yields each once, ranked as they came, and counts what a floor has", async () => {
    const pages = [
      list(2, comment("a", null, 3), comment("a1", "a"), comment("b", null, 0)),
      floor("a", comment("a1", "a"), comment("a2", "a"), comment("a3", "a")),
      list(4, comment("b", null, 1), comment("c", null, 2)),
      list(4, comment("c", null, 2)),
    ];
    const { ids, batches, wanted, status, collector } = await run(pages);
    expect(ids).toEqual([["a", "a1", "b"], ["a2", "a3"], ["c"]]);
    expect(batches.flat().map(({ rank }) => rank)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(batches[0]?.[0]?.repliesCollected).toBe(1);
    // Of what is told again the newest counts.
    expect(wanted).toEqual([
      ["a", "c", null],
      ["c", null],
      ["b", "c", null],
      ["b", "c", null],
    ]);
    expect(status).toEqual({
      ...{ workId: "1", shown: 9, collected: 6, topLevel: 3, repliesCollected: 3, replies: true, floorsOpen: 2, cursor: 4 },
      ...{ limit: 100_000, withinMs: null },
      ...{ endedBy: "end", reason: "no more", startedAt: 1000, endedAt: 5000 },
    });
    expect(collector.openFloors()).toEqual([
      { id: "b", reported: 1, collected: 0 },
      { id: "c", reported: 2, collected: 0 },
    ]);
  });

  it("goes on with what is known", async () => {
    const known = [
      { id: "a", parentId: null, rank: 0 },
      { id: "a1", parentId: "a", rank: 7 },
    ];
    const { ids, batches, status, wanted, knows } = await run([list(2, comment("a", null, 1), comment("b", null, 0))], { known });
    expect(ids).toEqual([["b"]]);
    // After all that is known: what stood in between may be gone by its age.
    expect(batches[0]?.[0]?.rank).toBe(8);
    expect(status).toMatchObject({ collected: 3, topLevel: 2, repliesCollected: 1, floorsOpen: 0 });
    expect(wanted).toEqual([["c", null]]);
    expect([knows("a1"), knows("b")]).toEqual([true, false]);
  });

  it("yields what is known again, once, where that is wanted: under its own rank, and beside a limit", async () => {
    const known = [
      { id: "b", parentId: null, rank: 0 },
      { id: "a", parentId: null, rank: 1 },
      { id: "b", parentId: null, rank: 0 },
    ];
    const pages = [list(2, comment("a", null, 3), comment("c"), comment("d")), list(3, comment("a"), comment("b"))];
    const { batches, status } = await run(pages, { known, again: true, limit: 2 });
    expect(batches.map((batch) => batch.map(({ id, rank }) => [id, rank]))).toEqual([
      [
        ["a", 1],
        ["c", 2],
        ["d", 3],
      ],
    ]);
    expect(status).toMatchObject({ collected: 4, floorsOpen: 1, endedBy: "limit" });
    const whole = await run(pages, { known, again: true });
    expect(whole.ids).toEqual([["a", "c", "d"], ["b"]]);
    expect(whole.status).toMatchObject({ collected: 4, endedBy: "end" });
  });

  it("ends exactly at its limit", async () => {
    const pages = [list(2, comment("a"), comment("b"), comment("c")), list(3, comment("d"))];
    const { ids, status } = await run(pages, { limit: 2 });
    expect(ids).toEqual([["a", "b"]]);
    expect(status).toMatchObject({ collected: 2, endedBy: "limit", reason: expect.stringContaining("2") });
  });

  it("wants no replies where none are asked for", async () => {
    const { wanted, status } = await run([list(1, comment("a", null, 3))], { replies: false });
    expect(wanted).toEqual([[]]);
    expect(status).toMatchObject({ floorsOpen: 1, endedBy: "end" });
  });

  it("is stopped by a signal, and breaks off by an error without an end", async () => {
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    const stopped = await run([new Error("enough")], {}, stop.signal);
    expect(stopped).toMatchObject({ error: null, status: { endedBy: "stopped" } });
    const broken = await run([list(1, comment("a")), new Error("crash")]);
    expect(broken).toMatchObject({ error: expect.objectContaining({ message: "crash" }), ids: [["a"]] });
    expect(broken.status).toMatchObject({ collected: 1, endedBy: null, reason: null, endedAt: expect.any(Number) });
  });
});
