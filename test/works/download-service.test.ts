// Guards: A server's download reports its progress, goes on after a stop or a crash, and keeps the limits of disk, number and place.
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { AskedWork, WorkReading } from "../../src/platform/access/work-visitor.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import type { Store } from "../../src/store/store.js";
import { DownloadService } from "../../src/works/download-service.js";
import type { Work } from "../../src/works/model/work.js";
import { WorkService } from "../../src/works/work-service.js";
import { FakeClock } from "../clock.js";
import { useFolders } from "../store/directory.js";
import { until } from "../until.js";
import { aRung, aWork } from "./a-work.js";
import { downloadOf, WISH } from "./kept-download.js";
import { MediaServer } from "./media-server.js";

const folders = useFolders();
const [WORK, SECOND, THIRD] = ["7600000000000000001", "7600000000000000002", "7600000000000000003"];
const HALF = 50_000;
const FILM = Buffer.concat([Buffer.from("\0\0\0\x18ftypisom", "latin1"), Buffer.alloc(2 * HALF - 12, "film")]);
const at = (id: string) => `v3-web.douyinvod.com/${id}`;
let server: MediaServer;
beforeAll(async () => {
  server = await MediaServer.start();
});
afterAll(() => server.close());
beforeEach(() => server.forget());

const filmOf = (id: string, more: Partial<Work> = {}) =>
  aWork({ id, media: [aRung({ urls: [`https://${at(id)}`], bytes: FILM.length, hash: "aa" })], ...more });

/** Gives the first half of a film, and the rest when the test says so. */
function halting(id: string): { readonly halves: Promise<unknown>; readonly finish: () => void } {
  const events = new EventTarget();
  const open: ServerResponse[] = [];
  server.answers(at(id), (response) => {
    response.writeHead(200, { "content-length": FILM.length });
    open.push(response);
    response.write(FILM.subarray(0, HALF), () => events.dispatchEvent(new Event("half")));
  });
  return { halves: once(events, "half"), finish: () => void open.shift()?.end(FILM.subarray(HALF)) };
}

interface Asked {
  readonly store?: Store;
  readonly folder?: string;
  readonly read?: (work: AskedWork, signal: AbortSignal) => Promise<Work>;
  readonly maxFileBytes?: number;
  readonly maxBytes?: number;
}

/** A server's downloads over a reader of films. */
function stage({ store: kept, folder = folders(), read = async ({ id }) => filmOf(id), ...limits }: Asked = {}) {
  const clock = new FakeClock(1_760_000_200_000);
  const store = kept ?? openSqliteStore({ path: ":memory:", clock });
  const lines: string[] = [];
  const errors: unknown[] = [];
  const readings: string[] = [];
  const reader = {
    read: async (work: AskedWork, signal: AbortSignal): Promise<WorkReading> => {
      readings.push(work.id);
      return { outcome: "found", work: { ...(await read(work, signal)), receivedAt: clock.now() }, reply: null };
    },
  };
  const find = () => Promise.reject(new Error("nothing is pasted here"));
  const status = () => Promise.reject(new Error("nobody asks"));
  const findList = () => expect.fail("nothing is listed");
  const works = new WorkService({ reader: { ...reader, find, findList, status: status as never }, works: store.works, clock });
  const service = new DownloadService({
    ...{ works, reader, store, folder, clock, platform: { upstream: server.url, proxy: null }, processName: "here" },
    ...{ maxFileBytes: 1e9, maxBytes: 1e9, ...limits },
    tell: (line) => lines.push(line),
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    await service.close();
    if (kept === undefined) await store.close();
  });
  const start = (id: string, wish: Partial<Record<keyof typeof WISH, unknown>> = {}) =>
    service.start({ id, page: null }, { ...WISH, ...wish } as typeof WISH, "test");
  const ended = (id: string) =>
    until(async () => {
      const now = await service.get(id);
      return now.endedAt !== null && now;
    });
  return { clock, store, folder, service, lines, errors, readings, start, ended };
}

/** What was asked of the hosts of media: addresses, and from which byte on. */
const asked = () => server.asked.map(({ at: path, headers }) => [path, headers.range ?? null]);
const filmIn = (folder: string, id: string, name: string | null | undefined) => readFileSync(join(folder, id, name ?? ""));

describe("a download of a server", () => {
  it("tells its progress in bytes, and its files when they are there", async () => {
    const { service, folder, start, ended, store } = stage();
    const { halves, finish } = halting(WORK);
    const begun = await start(WORK);
    expect(begun).toMatchObject({ workId: WORK, state: "waiting", askedBy: "test", process: "here", here: true, begunAt: null });
    await halves;
    const half = await until(async () => {
      const now = await service.get(begun.id);
      return now.bytes >= HALF && now;
    });
    expect(half).toMatchObject({ state: "running", bytes: HALF, totalBytes: FILM.length, endedAt: null, begunAt: expect.any(Number) });
    expect(half.files).toMatchObject([{ role: "video", state: "running", bytes: HALF, totalBytes: FILM.length, name: null }]);
    expect(service.figures()).toMatchObject({ waiting: 0, running: 1 });
    finish();
    const done = await ended(begun.id);
    expect(done).toMatchObject({ state: "done", reason: null, bytes: FILM.length, totalBytes: FILM.length });
    expect(done.files).toMatchObject([{ role: "video", state: "done", bytes: FILM.length }, { role: "meta" }]);
    expect(filmIn(folder, WORK, done.files[0]?.name).equals(FILM)).toBe(true);
    expect((await store.downloads.get(begun.id))?.download).toEqual({ ...done, here: undefined });
    expect(service.figures()).toEqual({ waiting: 0, running: 0, ended: { done: 1 } });
  });

  it("goes on by Range after its process died, with what is there, and nothing comes twice", async () => {
    const { halves } = halting(WORK);
    const first = stage();
    const { id } = await first.start(WORK);
    await halves;
    await until(async () => (await first.service.get(id)).bytes >= HALF);
    await first.service.close();
    const left = await first.store.downloads.get(id);
    expect(left?.download).toMatchObject({ state: "running", endedAt: null });
    server.forget();
    server.gives(at(WORK), FILM);
    const second = stage(first);
    expect(await second.service.get(id)).toMatchObject({
      state: "stopped",
      endedAt: null,
      here: true,
      reason: expect.stringContaining("started"),
    });
    await second.service.goOn();
    const done = await second.ended(id);
    expect(done).toMatchObject({ state: "done", bytes: FILM.length });
    expect(asked()).toEqual([[at(WORK), `bytes=${HALF}-`]]);
    expect(filmIn(first.folder, WORK, done.files[0]?.name).equals(FILM)).toBe(true);
    expect(readdirSync(join(first.folder, WORK)).filter((name) => name.endsWith(".part"))).toEqual([]);
    server.forget();
    await second.service.goOn();
    const again = await second.start(WORK);
    expect([again.id === id, await second.ended(again.id)]).toMatchObject([false, { state: "done", files: done.files }]);
    expect(asked()).toEqual([]);
  });

  it("is cancelled with what is there of it, and another one goes on with that", async () => {
    const { service, start, ended, folder } = stage();
    const { halves } = halting(WORK);
    const { id } = await start(WORK);
    await halves;
    await until(async () => (await service.get(id)).bytes >= HALF);
    const left = await service.cancel(id);
    expect(left).toMatchObject({ state: "cancelled", bytes: HALF, endedAt: expect.any(Number), reason: "it was cancelled" });
    expect(await service.cancel(id)).toEqual(left);
    server.forget();
    server.gives(at(WORK), FILM);
    const next = await ended((await start(WORK)).id);
    expect([next.state, asked()]).toEqual(["done", [[at(WORK), `bytes=${HALF}-`]]]);
    await service.cancel(next.id, true);
    expect(existsSync(join(folder, WORK))).toBe(true); // the first download has them, too
    await service.cancel(id, true);
    expect([existsSync(join(folder, WORK)), await service.list({ limit: 9 })]).toEqual([false, []]);
    await expect(service.get(id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("is given to whoever asks for the same, and another one of the work is refused while it is under way", async () => {
    const { service, start, ended, readings } = stage();
    const { halves, finish } = halting(WORK);
    const [one, other] = await Promise.all([start(WORK), start(WORK)]);
    expect(other.id).toBe(one.id);
    await expect(start(WORK, { quality: "best" })).rejects.toMatchObject({ code: "in_use", message: expect.stringContaining(one.id) });
    await halves;
    finish();
    await ended(one.id);
    expect([readings, asked().length]).toEqual([[WORK], 1]);
    expect((await service.list({ limit: 9 })).map(({ download }) => download.id)).toEqual([one.id]);
  });

  it("takes one of two places for as long as its files come, and none while a page is read", async () => {
    let read: () => void = () => {};
    const { start, ended, service } = stage({
      read: ({ id }) => (id === WORK ? new Promise((resolve) => (read = () => resolve(filmOf(id)))) : Promise.resolve(filmOf(id))),
    });
    const slow = await start(WORK);
    server.gives(at(SECOND), FILM);
    const [second, third] = [halting(SECOND), halting(THIRD)];
    const two = [await start(SECOND), await start(THIRD)];
    await Promise.all([second.halves, third.halves]);
    server.gives(at(WORK), FILM);
    read();
    const waits = await until(async () => {
      const now = await service.get(slow.id);
      return now.files.length > 0 && now;
    });
    expect(waits).toMatchObject({ state: "waiting", begunAt: null, files: [{ state: "waiting", bytes: 0, totalBytes: FILM.length }] });
    expect(server.asked.map(({ at: path }) => path)).not.toContain(at(WORK));
    second.finish();
    expect(await ended(slow.id)).toMatchObject({ state: "done" });
    third.finish();
    for (const { id } of two) expect(await ended(id)).toMatchObject({ state: "done" });
  });

  it("follows no link in place of its work's folder, and says so without a path", async () => {
    const { start, ended, folder } = stage();
    const outside = folders();
    server.gives(at(WORK), FILM);
    symlinkSync(outside, join(folder, WORK));
    const done = await ended((await start(WORK)).id);
    expect(done).toMatchObject({ state: "failed", reason: expect.stringContaining("a link is in its path") });
    expect([done.reason?.includes(folder), readdirSync(outside)]).toEqual([false, []]);
  });

  it("says why its work could not be read: what is a caller's to know in words, all else in the log alone", async () => {
    const gone = new DyliveError("no_work", "it leads nowhere");
    const broken = new Error("no such file /home/somebody/secret");
    const { start, ended, errors } = stage({ read: ({ id }) => Promise.reject(id === WORK ? gone : broken) });
    expect(await ended((await start(WORK)).id)).toMatchObject({ state: "failed", reason: gone.message, begunAt: null });
    expect(await ended((await start(SECOND)).id)).toMatchObject({ state: "failed", reason: "it failed; the log says why" });
    expect(errors).toEqual([gone, broken]);
  });

  it("ends when it is removed on its way, by whomever, and leaves no file and no row", async () => {
    const { service, start, store, folder, clock } = stage();
    const { halves } = halting(WORK);
    const { id } = await start(WORK);
    await halves;
    await until(async () => (await service.get(id)).bytes >= HALF);
    await store.downloads.removeOf(WORK); // as an erasure in another thread or process does
    await expect(service.get(id)).rejects.toMatchObject({ code: "not_found" });
    await service.goOn();
    await until(() => !existsSync(join(folder, WORK)));
    const [own] = readdirSync(folder);
    expect(await store.downloads.removedIn(readFileSync(join(folder, own ?? ""), "utf8"))).toEqual([]);
    expect(service.figures()).toMatchObject({ waiting: 0, running: 0, ended: {} });
    await clock.advance(0);
  });

  it("whose process is gone for good is cancelled, removed, or stopped by the next of its work, wherever its files are", async () => {
    const { service, start, ended, store } = stage();
    const lost = { state: "stopped", endedAt: null, here: false, process: "elsewhere" };
    for (const id of ["a", "b"]) await store.downloads.begin(downloadOf(id, id === "a" ? WORK : SECOND, { process: "elsewhere" }), "gone");
    expect(await service.get("a")).toMatchObject(lost);
    expect(await service.cancel("a")).toMatchObject({ state: "cancelled", here: false, endedAt: expect.any(Number) });
    server.gives(at(SECOND), FILM);
    await ended((await start(SECOND)).id);
    expect(await service.get("b")).toMatchObject({ state: "stopped", endedAt: expect.any(Number) });
  });

  it("is one of a hundred at most, and none when the server stops", async () => {
    const { service, start, store } = stage({
      read: (_work, signal) => new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason))),
    });
    for (let n = 0; n < 100; n++) await start(`76000000000000${10_000 + n}`);
    await expect(start(WORK)).rejects.toMatchObject({ code: "too_many_works" });
    await service.close();
    await expect(start(WORK)).rejects.toMatchObject({ code: "stopping" });
    expect((await store.downloads.list({ limit: 200 })).filter(({ download }) => download.endedAt !== null)).toEqual([]);
  });
});
