// Guards: A work's comments are collected by one run at a time, whose progress, bounds and end are stored.
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CommentsEnd, CommentsRequest, CommentsSeen } from "../../src/platform/access/work-visitor.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { CommentRunService } from "../../src/works/comment-run-service.js";
import { during, FakeClock } from "../clock.js";
import { until } from "../until.js";
import { commentOf, runOf } from "./comment.js";

const WORK = "7560000000000000001";
const END: CommentsEnd = { endedBy: "end", reason: "no more" };

/** A service over a reader that gives one page with two comments, and then waits for what it is told to do. */
function stage() {
  const clock = new FakeClock(1000);
  const store = openSqliteStore({ path: ":memory:", clock });
  const opened: string[] = [];
  const errors: [unknown, string][] = [];
  const shown = new EventTarget();
  const go = new EventTarget();
  let end: () => CommentsEnd = () => END;
  const reader = {
    async *comments({ work: { id } }: CommentsRequest, signal: AbortSignal): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
      opened.push(id);
      yield { floorId: null, comments: ["1", "2"].map((name) => commentOf(id, name)), cursor: 2, total: 9 };
      // The run asks for more when the page is kept.
      shown.dispatchEvent(new Event(id));
      await once(go, id, { signal });
      return end();
    },
  };
  const service = new CommentRunService({
    ...{ reader, store, clock, works: { keep: async (told) => told } },
    onError: (error, work) => errors.push([error, work]),
  });
  onTestFinished(async () => {
    await service.close();
    await store.close();
  });
  /** Starts a run and waits until its page is kept. */
  const startShown = async (work: string) => {
    const kept = once(shown, work);
    const status = await service.start(work);
    await kept;
    return status;
  };
  /** Lets the reader of a work go on to its end, and waits for the run's. */
  const finish = async (work: string, how: () => CommentsEnd = () => END) => {
    end = how;
    go.dispatchEvent(new Event(work));
    await until(async () => !(await service.get(work)).running);
  };
  return { clock, store, service, opened, errors, shown, startShown, finish };
}

describe("the service of runs", () => {
  it("starts a run that tells how far it is, and keeps what it collected by its end", async () => {
    const { clock, store, service, startShown, finish } = stage();
    await expect(service.get(WORK)).rejects.toMatchObject({ code: "not_found" });
    const started = await startShown(WORK);
    expect(started).toMatchObject({ running: true, run: { workId: WORK, startedAt: 1000, endedAt: null, endedBy: null } });
    expect(await service.get(WORK)).toMatchObject({ running: true, run: { collected: 2, shown: 9, endedBy: null } });
    await clock.advance(500);
    await finish(WORK);
    expect(await service.get(WORK)).toMatchObject({ running: false, run: { collected: 2, endedBy: "end", endedAt: 1500 } });
    expect(await store.comments.count(WORK)).toMatchObject({ comments: 2 });
  });

  it("gives a second caller of the same the run that is under way, though both come at once", async () => {
    const { clock, service, opened, startShown } = stage();
    const [first, second] = await Promise.all([startShown(WORK), service.start(WORK, { replies: true })]);
    expect(second.run.startedAt).toBe(first.run.startedAt);
    await clock.advance(500);
    expect(await service.start(WORK, { limit: 100_000 })).toMatchObject({
      running: true,
      run: { startedAt: 1000, limit: 100_000, replies: true },
    });
    expect(opened).toEqual([WORK]);
  });

  it("refuses a second caller with other bounds, and tells those of the run under way; who only looks may wait for any", async () => {
    const { service, opened, startShown, finish } = stage();
    const [, second] = await Promise.allSettled([startShown(WORK), service.start(WORK, { limit: 1 })]);
    for (const other of [{ limit: 1 }, { replies: false }, { withinMs: 5000 }])
      await expect(service.start(WORK, other)).rejects.toMatchObject({
        code: "in_use",
        detail: `the comments of ${WORK} are being collected since 1970-01-01T00:00:01.000Z within other bounds (at most 100000 new ones, with replies): wait until that run ends, stop it, or ask for the same`,
      });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "in_use" } });
    const { signal } = new AbortController();
    expect(await service.startUntil(WORK, { withinMs: 5000, replies: false }, async () => "there", signal)).toBe("there");
    await finish(WORK);
    expect(await service.start(WORK, { withinMs: 5000, replies: false })).toMatchObject({
      running: true,
      run: { withinMs: 5000, replies: false },
    });
    expect(opened).toEqual([WORK, WORK]);
  });

  it("stops one that is bounded by time for one that is asked for expressly, and keeps nobody waiting", async () => {
    const { clock, service, opened, shown, startShown, finish } = stage();
    const first = once(shown, WORK);
    let looks = 0;
    const look = async () => {
      if (++looks > 100) throw new Error("it looks without a pause");
      return (await service.last(WORK))?.run.replies === true || null;
    };
    const waiting = service.startUntil(WORK, { withinMs: 120_000, replies: false }, look, new AbortController().signal);
    await first;
    expect(await startShown(WORK)).toMatchObject({ running: true, run: { withinMs: null, replies: true, limit: 100_000 } });
    await during(clock, waiting); // with what the new one has, or without
    expect(await service.get(WORK)).toMatchObject({ running: true, run: { withinMs: null, replies: true, limit: 100_000 } });
    await expect(service.start(WORK, { withinMs: 120_000, replies: false })).rejects.toMatchObject({ code: "in_use" });
    await finish(WORK);
    expect(opened).toEqual([WORK, WORK]);
  });

  it("stops a run, which the next one continues; one that is over stays as it ended", async () => {
    const { service, opened, startShown, finish } = stage();
    await startShown(WORK);
    expect(await service.stop(WORK)).toMatchObject({ running: false, run: { endedBy: "stopped", collected: 2, endedAt: 1000 } });
    await startShown(WORK);
    await finish(WORK);
    expect(await service.stop(WORK)).toMatchObject({ running: false, run: { endedBy: "end", collected: 2 } });
    expect(opened).toEqual([WORK, WORK]);
    await expect(service.stop("7560000000000000009")).rejects.toMatchObject({ code: "not_found" });
  });

  it("ends its runs as stopped when it is closed, and takes no more", async () => {
    const { store, service, startShown } = stage();
    await startShown(WORK);
    await service.close();
    expect((await store.commentRuns.last(WORK))?.run).toMatchObject({ endedBy: "stopped", collected: 2 });
    await expect(service.start(WORK)).rejects.toMatchObject({ code: "stopping" });
  });

  it("keeps why a run failed: what is a caller's to know in words, all else in the log alone", async () => {
    const { service, errors, startShown, finish } = stage();
    const gone = new DyliveError("no_work", "it was deleted");
    await startShown(WORK);
    await finish(WORK, () => {
      throw gone;
    });
    expect(await service.get(WORK)).toMatchObject({ running: false, run: { endedBy: null, endedAt: 1000, reason: gone.message } });
    const broken = new Error("no such file /home/somebody/secret");
    await startShown(WORK);
    await finish(WORK, () => {
      throw broken;
    });
    expect((await service.get(WORK)).run.reason).toBe("it failed; the log says why");
    expect(errors).toEqual([
      [gone, WORK],
      [broken, WORK],
    ]);
  });

  it("collects of ten works at a time, and tells a run whose process is gone as stopped", async () => {
    const { store, service, startShown } = stage();
    await store.commentRuns.begin(runOf(WORK, { collected: 7 }));
    const lost = { running: false, run: { endedBy: "stopped", reason: expect.stringContaining("process"), collected: 7 } };
    expect(await service.get(WORK)).toMatchObject(lost);
    expect((await store.commentRuns.last(WORK))?.run).toMatchObject(lost.run);
    for (let n = 0; n < 10; n++) await startShown(`756000000000000001${n}`);
    await expect(service.start(WORK)).rejects.toMatchObject({ code: "too_many_works" });
    await service.stop("7560000000000000010");
    expect(await startShown(WORK)).toMatchObject({ running: true });
  });
});
