import { expect, it } from "vitest";
import { startSimulator } from "../../simulator/index.js";
import { CommentCollector } from "../../src/works/comments.js";
import type { Comment } from "../../src/works/model/comment.js";
import { expectAll } from "../browser/comment-truth.js";
import { hurried } from "../browser/hurried.js";
import { NEVER, openSession } from "../browser/rooms.js";
import { measured } from "./measured.js";

it("3,000 comments in 600 floors are collected complete", async () => {
  const simulator = await startSimulator({ rooms: [] });
  const session = await openSession(simulator, { clock: hurried });
  try {
    const visitor = await session.visitWorks({ account: null, proxy: null });
    const { id, comments: floors } = simulator.works.work("crowded");
    const collector = new CommentCollector({ id, page: null }, { reader: visitor, clock: hurried });
    const comments: Comment[] = [];
    const started = performance.now();
    for await (const batch of collector.batches(NEVER)) comments.push(...batch);
    const seconds = (performance.now() - started) / 1000;
    expectAll(comments, floors);
    expect(comments).toHaveLength(3000);
    expect(collector.status()).toMatchObject({ shown: 3047, topLevel: 600, repliesCollected: 2400, floorsOpen: 0, endedBy: "end" });
    const asked = simulator.works.requests.filter(({ path }) => path.startsWith("comment/")).length;
    measured(
      "3,000 comments in 600 floors, without the pauses of a reader",
      `all of them, none twice, ${asked} replies of the page in ${seconds.toFixed(0)} s`,
    );
    visitor.release();
  } finally {
    await session.close();
    await simulator.close();
  }
});
