// Guards: two processes never download one work at once, and each can cancel the other's download.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { DownloadService } from "../../src/works/download-service.js";
import { WorkService } from "../../src/works/work-service.js";
import { useFolders } from "../store/directory.js";
import { until } from "../until.js";
import { aRung, aWork } from "../works/a-work.js";
import { WISH } from "../works/kept-download.js";
import { MediaServer } from "../works/media-server.js";
import { dropDatabase, newDatabase } from "./database.js";

const WORK = "7600000000000000001";
const folders = useFolders();
let url: string;
let server: MediaServer;
beforeAll(async () => {
  server = await MediaServer.start();
  url = await newDatabase();
});
afterAll(async () => {
  await server.close();
  await dropDatabase(url);
});

/** A process of the cluster, with a disk of its own. */
async function startProcess(name: string) {
  const folder = folders();
  const store = await openPostgresStore({ url });
  const reader = {
    read: async () => ({ outcome: "found", work: aWork({ media: [aRung({ bytes: 100_000 })] }), reply: null }) as const,
    find: () => Promise.reject(new Error("nothing is pasted here")),
    findList: () => expect.fail("nothing is listed"),
    status: () => ({ waiting: 0, reading: null, nextAt: null, pausedUntil: null, lastRefusal: null }) as never,
  };
  const service = new DownloadService({
    works: new WorkService({ reader, works: store.works, clock: systemClock }),
    ...{ reader, store, folder, processName: name, clock: systemClock, platform: { upstream: server.url, proxy: null } },
    ...{ maxFileBytes: 1e9, maxBytes: 1e9, tell: () => {}, onError: () => {} },
  });
  onTestFinished(async () => {
    await service.close();
    await store.close();
  });
  return { name, service };
}

it("two processes never download one work at once; each tells and cancels the other's", async () => {
  const open: ServerResponse[] = [];
  const asked = new EventTarget();
  server.answers("v3-web.douyinvod.com/film", (response) => {
    open.push(response);
    response.writeHead(200, { "content-length": 100_000 });
    response.write(Buffer.concat([Buffer.from("\0\0\0\x18ftypisom", "latin1"), Buffer.alloc(50_000)]), () =>
      asked.dispatchEvent(new Event("half")),
    );
  });
  const [a, b] = [await startProcess("a"), await startProcess("b")];
  const half = once(asked, "half");
  const [one, other] = await Promise.all([a, b].map(({ service }) => service.start({ id: WORK, page: null }, WISH, "test")));
  expect(one?.id).toBe(other?.id);
  const id = one?.id ?? "";
  const [here, elsewhere] = one?.process === "a" ? [a, b] : [b, a];
  await half;
  await until(async () => (await elsewhere.service.get(id)).state === "running");
  expect(open).toHaveLength(1);
  expect(await here.service.get(id)).toMatchObject({ state: "running", process: here.name, here: true });
  expect(await elsewhere.service.get(id)).toMatchObject({ state: "running", process: here.name, here: false });
  const otherwise = elsewhere.service.start({ id: WORK, page: null }, { ...WISH, quality: "best" }, "test");
  await expect(otherwise).rejects.toMatchObject({ code: "in_use" });
  expect(await elsewhere.service.cancel(id)).toMatchObject({ state: "cancelled", here: false });
});
