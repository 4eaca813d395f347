import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import type { CommentsEnd, CommentsSeen } from "../../src/platform/access/work-visitor.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { keepComments } from "../../src/works/comment-run-service.js";
import type { CommentRun } from "../../src/works/model/comment.js";
import type { ReadComment } from "../../src/works/model/kept.js";
import { FakeClock } from "../clock.js";
import { startChild } from "../store/child/spawn.js";
import { useDirectory } from "../store/directory.js";
import { commentOf } from "./comment.js";
import { pagesOf, WORK } from "./comment-pages.js";

const path = useDirectory();
const NEVER = new AbortController().signal;
const ASKED = { id: WORK, page: null };

function opened(file = path("comments.db")) {
  const store = openSqliteStore({ path: file });
  onTestFinished(() => store.close());
  return store;
}

it("a run keeps every comment once, tells how far it is, and is continued by the next", async () => {
  const store = opened();
  const clock = new FakeClock(1000);
  const told: number[] = [];
  const first = await keepComments(
    store,
    ASKED,
    { reader: pagesOf(4, { receivedAt: 1 }), clock, limit: 5, onProgress: (run) => told.push(run.collected) },
    NEVER,
  );
  expect(first).toMatchObject({ endedBy: "limit", collected: 5, endedAt: 1000 });
  expect(told).toEqual([0, 2, 3, 5, 5]);
  expect(await store.comments.count(WORK)).toEqual({ comments: 5, topLevel: 4, removed: 0 });
  const second = await keepComments(store, ASKED, { reader: pagesOf(4, { receivedAt: 2 }), clock }, NEVER);
  expect(second).toMatchObject({ endedBy: "end", collected: 12, topLevel: 8, repliesCollected: 4, floorsOpen: 0 });
  expect((await store.commentRuns.last(WORK))?.run).toEqual(second);
  expect(await store.comments.count(WORK)).toEqual({ comments: 12, topLevel: 8, removed: 0 });
  // Seen again: its figures are those of now.
  expect(await store.comments.get({ workId: WORK, id: "0" })).toMatchObject({ likes: 2, revision: 1, firstSeenAt: 1, repliesCollected: 1 });
});

it("a run to the end marks what is gone, one that a wall ended marks nothing, and what comes back is there again", async () => {
  const store = opened();
  const clock = new FakeClock(1000);
  const keep = (receivedAt: number, gone: number[], endedBy: string) =>
    keepComments(store, ASKED, { reader: pagesOf(4, { receivedAt, gone, end: { endedBy, reason: "x" } }), clock }, NEVER);
  await keep(1, [], "end");
  await keep(2, [1], "wall");
  expect(await store.comments.count(WORK)).toMatchObject({ comments: 12, removed: 0 });
  await keep(3, [1], "end");
  // Both floors of the page, and the reply of one.
  for (const id of ["2", "3", "2r"]) expect(await store.comments.get({ workId: WORK, id })).toMatchObject({ removedAt: 1000 });
  expect(await store.comments.count(WORK)).toMatchObject({ comments: 12, removed: 3 });
  await keep(4, [], "end");
  expect(await store.comments.get({ workId: WORK, id: "2" })).toMatchObject({ removedAt: null, revision: 2 });
});

it("a comment of which a second person is erased while it is kept is without both", async () => {
  const store = opened();
  let looked = 0;
  const erased = async () => {
    const isSecond = ++looked > 1;
    return <T extends ReadComment>(comment: T): T => {
      const first = comment.text === "" ? comment : { ...comment, text: "", erased: true };
      return !isSecond || first.place === null ? first : { ...first, place: null, erased: true };
    };
  };
  const reader = {
    async *comments(): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
      yield { floorId: null, comments: [commentOf(WORK, "1", { text: "我", place: "上海" })], cursor: 1, total: 1 };
      return { endedBy: "end", reason: "no more" };
    },
  };
  await keepComments(store, ASKED, { reader, clock: new FakeClock(1000), erased }, NEVER);
  expect(await store.comments.get({ workId: WORK, id: "1" })).toMatchObject({ text: "", place: null, erased: true });
});

it("a run that fails is kept with what it had, and says no end", async () => {
  const store = opened();
  const reader = {
    async *comments(...ask: Parameters<ReturnType<typeof pagesOf>["comments"]>) {
      yield* pagesOf(2).comments(...ask);
      throw new Error("the browser died");
    },
  };
  await expect(keepComments(store, ASKED, { reader, clock: new FakeClock(1000) }, NEVER)).rejects.toThrow("the browser died");
  expect((await store.commentRuns.last(WORK))?.run).toMatchObject({
    ...{ endedBy: null, endedAt: 1000, collected: 6, reason: "it failed; the log says why" },
  });
  expect((await store.comments.count(WORK)).comments).toBe(6);
});

it("a run whose comments cannot be kept has failed: nobody stopped it", async () => {
  const { comments, commentRuns } = opened();
  const put = () => Promise.reject(new DyliveError("not_ready", "the disk is full"));
  const kept = keepComments(
    { comments: { ...comments, put }, commentRuns },
    ASKED,
    { reader: pagesOf(2), clock: new FakeClock(1000) },
    NEVER,
  );
  await expect(kept).rejects.toThrow("the disk is full");
  expect((await commentRuns.last(WORK))?.run).toMatchObject({
    ...{ endedBy: null, endedAt: 1000, reason: expect.stringContaining("the disk is full") },
  });
});

it("a run that is killed has lost nothing that it told of, and the next goes on: nothing twice", async () => {
  const file = path("killed.db");
  const child = await startChild("commenter.ts", file);
  let last: CommentRun | null = null;
  let lines = 0;
  const heard = (async () => {
    for await (const line of child.lines) {
      last = JSON.parse(line) as CommentRun;
      if (++lines === 40) child.process.kill("SIGKILL");
    }
  })();
  await once(child.process, "close");
  await heard;
  const store = opened(file);
  const told = (last as CommentRun | null)?.collected ?? 0;
  const before = await store.comments.count(WORK);
  expect(told).toBeGreaterThan(50);
  expect(before.comments).toBeGreaterThanOrEqual(told);
  expect((await store.commentRuns.last(WORK))?.run).toMatchObject({ endedBy: null, endedAt: null });
  const pages = before.topLevel; // twice as many floors
  const run = await keepComments(store, ASKED, { reader: pagesOf(pages), clock: new FakeClock(Date.now()) }, NEVER);
  expect(run).toMatchObject({ endedBy: "end", collected: 3 * pages, topLevel: 2 * pages, floorsOpen: 0 });
  expect(await store.comments.count(WORK)).toEqual({ comments: 3 * pages, topLevel: 2 * pages, removed: 0 });
});
