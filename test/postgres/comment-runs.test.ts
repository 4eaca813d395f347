// Guards: two processes never collect the comments of one work at once, and each can stop the other's run.
import { once } from "node:events";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import type { CommentsEnd, CommentsRequest, CommentsSeen } from "../../src/platform/access/work-visitor.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { CommentRunService } from "../../src/works/comment-run-service.js";
import { until } from "../until.js";
import { commentOf } from "../works/comment.js";
import { dropDatabase, newDatabase } from "./database.js";

const WORK = "7560000000000000001";
let url: string;

beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));

/** A process of the cluster, whose pages show one comment and then nothing until the run is stopped. */
async function startProcess(opened: string[], name: string) {
  const store = await openPostgresStore({ url });
  const reader = {
    async *comments({ work: { id } }: CommentsRequest, signal: AbortSignal): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
      opened.push(name);
      yield { floorId: null, comments: [commentOf(id, "1")], cursor: 1, total: 9 };
      if (!signal.aborted) await once(signal, "abort");
      throw signal.reason;
    },
  };
  const service = new CommentRunService({ reader, store, works: { keep: async (told) => told }, clock: systemClock, onError: () => {} });
  onTestFinished(async () => {
    await service.close();
    await store.close();
  });
  return { store, service };
}

it("two processes never run one work's comments at once; each tells and stops the other's run, and a dead one's is over", async () => {
  const opened: string[] = [];
  const a = await startProcess(opened, "a");
  const b = await startProcess(opened, "b");
  await Promise.all([a.service.start(WORK), b.service.start(WORK)]);
  await until(() => opened.length > 0);
  expect(opened).toHaveLength(1);
  await until(async () => (await a.service.get(WORK)).run.collected === 1 && (await b.service.get(WORK)).run.collected === 1);
  for (const { service } of [a, b]) expect(await service.get(WORK)).toMatchObject({ running: true, run: { endedBy: null, collected: 1 } });

  const [here, elsewhere] = opened[0] === "a" ? [a, b] : [b, a];
  // Each process knows the bounds of the other's run.
  for (const { service } of [a, b]) {
    expect(await service.start(WORK, { limit: 100_000 })).toMatchObject({ running: true, run: { limit: 100_000 } });
    await expect(service.start(WORK, { limit: 5 })).rejects.toMatchObject({
      code: "in_use",
      detail: expect.stringContaining("at most 100000 new"),
    });
  }
  expect(await elsewhere.service.stop(WORK)).toMatchObject({ running: false, run: { endedBy: "stopped", collected: 1 } });
  expect(await here.service.get(WORK)).toMatchObject({ running: false, run: { endedBy: "stopped" } });

  await elsewhere.service.start(WORK);
  expect(await here.service.get(WORK)).toMatchObject({ running: true });
  // As if it were killed: its connections are gone, and its run has no end.
  await elsewhere.store.close();
  await until(async () => !(await here.service.get(WORK)).running);
  expect(await here.service.get(WORK)).toMatchObject({ run: { endedBy: "stopped", reason: expect.stringContaining("process") } });
  expect(await here.service.start(WORK)).toMatchObject({ running: true });
});
