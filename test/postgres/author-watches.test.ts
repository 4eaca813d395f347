import { renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { startChild } from "../store/child/spawn.js";
import { useFolders } from "../store/directory.js";
import { until } from "../until.js";
import { AUTHOR, toldIn, watcherOf } from "../works/numbered-works.js";
import { dropDatabase, newDatabase } from "./database.js";

const folders = useFolders();
let url: string;
beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));

it("two processes that look at one author tell each new work once, and none is lost where one of them is killed", async () => {
  const folder = folders();
  const file = `${folder}/count`;
  const publish = (count: number) => {
    writeFileSync(`${file}.new`, String(count));
    renameSync(`${file}.new`, file);
  };
  publish(1);
  const store = await openPostgresStore({ url });
  onTestFinished(() => store.close());
  const here = watcherOf(store, file);
  await here.add(AUTHOR, new AbortController().signal);
  const child = await startChild("author-watcher.ts", url, file);
  onTestFinished(async () => {
    child.process.kill("SIGKILL");
    await child.exited;
  });
  // The first look is the child's.
  await until(async () => (await store.authorWatches.get(AUTHOR))?.watch.learnedAt != null);
  publish(5);
  await until(async () => (await toldIn(store)).length === 4);
  const stop = here.start();
  onTestFinished(stop);
  for (let count = 6; count <= 12; count++) {
    publish(count);
    await until(async () => (await toldIn(store)).includes(count));
  }
  publish(20);
  child.process.kill("SIGKILL");
  await child.exited;
  publish(24);
  await until(async () => (await toldIn(store)).includes(24));
  await stop();
  const told = await toldIn(store);
  expect(told.sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, at) => at + 2));
  expect((await store.authorWatches.get(AUTHOR))?.watch).toMatchObject({ newest: { time: 24_000 }, failingSince: null });
});
