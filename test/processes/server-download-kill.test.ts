// Guards: a download of a server that is killed (kill -9) goes on by Range: nothing twice, nothing half-named.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/runtime/clock.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { DownloadService } from "../../src/works/download-service.js";
import { useFolders } from "../store/directory.js";
import { until } from "../until.js";
import { aRung, aWork } from "../works/a-work.js";
import { WISH } from "../works/kept-download.js";
import { MediaServer } from "../works/media-server.js";

/** Starts a download as a server does, and tells when it is kept. */
const CHILD = `
import { readFile } from "node:fs/promises";
const [, work, folder, data, upstream, wish, built] = process.argv;
const { openSqliteStore } = await import(built + "store/sqlite/store.js");
const { DownloadService } = await import(built + "works/download-service.js");
const { systemClock: clock } = await import(built + "runtime/clock.js");
const store = openSqliteStore({ path: data });
const read = JSON.parse(await readFile(work, "utf8"));
const works = { readAsked: async () => ({ work: await store.works.keep(read, null), reply: null }) };
const service = new DownloadService({
  ...{ works, store, clock, folder, processName: "here", platform: { upstream, proxy: null }, maxFileBytes: 1e9, maxBytes: 1e9 },
  ...{ reader: null, tell: () => {}, onError: console.error },
});
console.log((await service.start({ id: read.id, page: null }, JSON.parse(wish), "test")).id);
`;

const folders = useFolders();
let server: MediaServer;
beforeAll(async () => {
  server = await MediaServer.start();
});
afterAll(() => server.close());

it("a download of a server that is killed on the way goes on by Range when the server is started again: nothing twice, nothing half-named", async () => {
  const half = 50_000;
  const film = Buffer.concat([Buffer.from("\0\0\0\x18ftypisom", "latin1"), Buffer.alloc(2 * half - 12, "film")]);
  const at = "v3-web.douyinvod.com/film";
  const asked = new EventTarget();
  server.answers(at, (response) => {
    response.writeHead(200, { "content-length": film.length });
    response.write(film.subarray(0, half), () => asked.dispatchEvent(new Event("half")));
  });
  const work = aWork({ media: [aRung({ bytes: film.length, hash: "aa" })], receivedAt: Date.now() });
  const [file, folder, data] = [join(folders(), "work.json"), folders(), join(folders(), "dylive.sqlite")];
  writeFileSync(file, JSON.stringify(work));
  const came = once(asked, "half");
  const built = new URL("../../dist/src/", import.meta.url).href;
  const child = spawn(process.execPath, ["--input-type=module", "-e", CHILD, file, folder, data, server.url, JSON.stringify(WISH), built], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [told] = (await once(child.stdout, "data")) as [Buffer];
  await came;
  const folderOf = join(folder, work.id);
  await until(() => readdirSync(folderOf).some((name) => name.endsWith(".part") && readFileSync(join(folderOf, name)).length === half));
  child.kill("SIGKILL");
  await once(child, "close");
  expect(readdirSync(folderOf).filter((name) => name.endsWith(".mp4"))).toEqual([]);

  server.forget();
  server.gives(at, film);
  const store = openSqliteStore({ path: data });
  const reader = { read: () => Promise.reject(new Error("nothing is read again")) };
  const service = new DownloadService({
    works: { readAsked: async () => ({ work, reply: null }) },
    ...{ reader, store, folder, clock: systemClock, platform: { upstream: server.url, proxy: null }, processName: "here" },
    ...{ maxFileBytes: 1e9, maxBytes: 1e9, tell: () => {}, onError: () => {} },
  });
  onTestFinished(async () => {
    await service.close();
    await store.close();
  });
  const id = told.toString().trim();
  expect(await service.get(id)).toMatchObject({ state: "stopped", here: true });
  await service.goOn();
  const done = await until(async () => {
    const now = await service.get(id);
    return now.endedAt !== null && now;
  });
  expect(done).toMatchObject({ state: "done", bytes: film.length });
  expect(server.asked.map(({ headers }) => headers.range)).toEqual([`bytes=${half}-`]);
  expect(readFileSync(join(folderOf, done.files[0]?.name ?? "")).equals(film)).toBe(true);
  expect(readdirSync(folderOf).filter((name) => name.endsWith(".part"))).toEqual([]);
});
