// Guards: A run keeps every comment once before it reports it, and the next run goes on with what is kept.
import { expect, it, onTestFinished } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { keepComments } from "../../src/works/comment-run-service.js";
import type { CommentRun } from "../../src/works/model/comment.js";
import { FakeClock } from "../clock.js";
import { useDirectory } from "../store/directory.js";
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
  const kept: Promise<{ readonly comments: number }>[] = [];
  const onProgress = ({ collected }: CommentRun) => {
    told.push(collected);
    kept.push(store.comments.count(WORK));
  };
  const first = await keepComments(store, ASKED, { reader: pagesOf(4, { receivedAt: 1 }), clock, limit: 5, onProgress }, NEVER);
  expect(first).toMatchObject({ endedBy: "limit", collected: 5, endedAt: 1000 });
  expect(told).toEqual([0, 2, 3, 5, 5]);
  // What is told is kept by then: a process that is killed has lost nothing of it.
  expect((await Promise.all(kept)).map(({ comments }) => comments)).toEqual(told);
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
