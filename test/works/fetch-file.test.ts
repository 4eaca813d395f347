// Guards: A file is gone on with only where it is the same file, and no wrong answer is taken for it.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MediaHosts } from "../../src/platform/access/media-hosts.js";
import { fetchFile } from "../../src/works/fetch-file.js";
import { FakeClock } from "../clock.js";
import { useFolders } from "../store/directory.js";
import { until } from "../until.js";
import { MediaServer } from "./media-server.js";

const folders = useFolders();
const [FIRST, SECOND] = ["v3-web.douyinvod.com/film", "v26-web.douyinvod.com/film"] as const;
const FILM = Buffer.concat([Buffer.from("\0\0\0\x18ftypisom", "latin1"), Buffer.alloc(100_000, "film")]);
const OTHER = Buffer.concat([Buffer.from("\0\0\0\x18ftypisom", "latin1"), Buffer.alloc(99_000, "other")]);
let server: MediaServer;
let hosts: MediaHosts;
let part = "";
beforeAll(async () => {
  server = await MediaServer.start();
  hosts = new MediaHosts({ upstream: server.url, proxy: null });
});
afterAll(async () => {
  await hosts.close();
  await server.close();
});
beforeEach(() => {
  part = join(folders(), "film.part");
  server.forget();
  server.gives(FIRST, FILM);
  server.gives(SECOND, FILM);
});

interface Trying extends Partial<Parameters<typeof fetchFile>[0]> {
  readonly clock?: FakeClock;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

function fetching({ clock = new FakeClock(), signal = new AbortController().signal, onBytes = () => {}, ...asked }: Trying = {}) {
  const addresses = [FIRST, SECOND].map((at) => `https://${at}`);
  const allowance = { left: 10 ** 9, perFile: 10 ** 9 };
  return fetchFile(
    { addresses, bytes: FILM.length, hash: null, holds: ["film"], part, ...asked },
    { hosts, clock, allowance, onBytes },
    signal,
  );
}

/** What was asked of which host. */
const asked = () => server.asked.map(({ at, headers }) => [at, headers.range ?? null]);

describe("a file that was begun", () => {
  it("is gone on with from its length", async () => {
    writeFileSync(part, FILM.subarray(0, 40_000));
    expect(await fetching()).toEqual({ extension: "mp4", holds: "film" });
    expect(asked()).toEqual([[FIRST, "bytes=40000-"]]);
    expect(readFileSync(part).equals(FILM)).toBe(true);
  });

  it("is asked for no more where it is whole", async () => {
    writeFileSync(part, FILM);
    expect(await fetching({ addresses: [] })).toMatchObject({ extension: "mp4" });
    expect(asked()).toEqual([]);
  });

  it.each<readonly [what: string, left: Buffer]>([
    ["is longer", Buffer.concat([FILM, FILM])],
    ["is of another type", Buffer.alloc(50_000, "<html>")],
    ["is too short to tell its type", FILM.subarray(0, 3)],
  ])("is begun anew where what is there %s", async (_what, left) => {
    writeFileSync(part, left);
    await fetching();
    expect(asked()).toEqual([[FIRST, null]]);
    expect(readFileSync(part).equals(FILM)).toBe(true);
  });

  it("is begun anew where nobody knows its length: what is there may be of another file", async () => {
    writeFileSync(part, OTHER.subarray(0, 40_000));
    await fetching({ bytes: null });
    expect(asked()).toEqual([[FIRST, null]]);
    expect(readFileSync(part).equals(FILM)).toBe(true);
  });

  it.each<readonly [what: string, status: number, range: string | null]>([
    ["another part", 206, `bytes 10-${FILM.length - 1}/${FILM.length}`],
    ["a part of another file", 206, `bytes 40000-98999/${FILM.length - 12}`],
    ["a part without saying which", 206, null],
    ["nothing", 416, `bytes */${FILM.length}`],
  ])("is begun anew at the next address where the first answers with %s", async (_what, status, range) => {
    writeFileSync(part, FILM.subarray(0, 40_000));
    server.answers(FIRST, (response) => response.writeHead(status, range === null ? {} : { "content-range": range }).end());
    await fetching();
    expect(asked().at(-1)).toEqual([SECOND, null]);
    expect(readFileSync(part).equals(FILM)).toBe(true);
  });

  it("is begun anew where the address gives the whole instead of the rest", async () => {
    writeFileSync(part, Buffer.concat([FILM.subarray(0, 100), Buffer.alloc(39_900, "?")]));
    server.answers(FIRST, (response) => response.writeHead(200).end(FILM));
    await fetching();
    expect(asked()).toEqual([[FIRST, "bytes=40000-"]]);
    expect(readFileSync(part).equals(FILM)).toBe(true);
  });
});

describe("an answer is not taken for the file", () => {
  it.each<readonly [why: string, body: Buffer, headers: Record<string, string>]>([
    ["a short body: 0 bytes instead of 100012", Buffer.alloc(0), { "transfer-encoding": "chunked" }],
    ["a short body: 50 bytes instead of 100012", FILM.subarray(0, 50), { "transfer-encoding": "chunked" }],
    ["a short body: 99012 bytes instead of 100012", OTHER, { "content-length": "99012" }],
    ["another file: 100013 bytes instead of 100012", Buffer.concat([FILM, Buffer.of(0)]), { "content-length": "100013" }],
    ["another file: more than 100012 bytes", Buffer.concat([FILM, Buffer.of(0)]), { "transfer-encoding": "chunked" }],
    ["it answered with HTML instead of a film", FILM, { "content-type": "text/html; charset=utf-8" }],
    ["it answered with HTML instead of a film", Buffer.alloc(FILM.length, "\n <!DOCTYPE html><p>"), {}],
    ["it answered with a jpeg instead of a film", Buffer.alloc(FILM.length, "\xff\xd8\xff", "latin1"), {}],
    ["it answered with something unknown instead of a film", Buffer.alloc(FILM.length, "?"), { "content-type": "video/mp4" }],
  ])("%s", async (why, body, headers) => {
    server.answers(FIRST, (response) => response.writeHead(200, headers).end(body));
    await expect(fetching({ addresses: [`https://${FIRST}`] })).rejects.toMatchObject({
      message: `v3-web.douyinvod.com: ${why}`,
      again: true,
    });
    expect(readFileSync(part)).toHaveLength(0);
    await fetching();
    expect(readFileSync(part).equals(FILM)).toBe(true);
  });

  it.each([301, 304, 400, 401, 403, 404, 416, 429, 444, 500, 503])("HTTP %i", async (status) => {
    server.answers(FIRST, (response) => response.writeHead(status).end(status === 304 ? undefined : FILM));
    await expect(fetching({ addresses: [`https://${FIRST}`] })).rejects.toMatchObject({
      message: `v3-web.douyinvod.com: HTTP ${status}`,
    });
  });
});

describe("the platform's hash", () => {
  const hash = createHash("md5").update(FILM).digest("hex").toUpperCase();
  /** A file of the film's length and type, and of other bytes behind its head. */
  const WRONG = Buffer.concat([FILM.subarray(0, 70), Buffer.alloc(FILM.length - 70, "wrong")]);
  const WHY = "another file: its hash is not the platform's";

  it.each<readonly [what: string, left: Buffer | null, asked: readonly unknown[]]>([
    ["a whole file that changed behind its head", WRONG, [[FIRST, null]]],
    [
      "a begun file that changed behind its head",
      WRONG.subarray(0, 40_000),
      [
        [FIRST, "bytes=40000-"],
        [SECOND, null],
      ],
    ],
  ])("finds %s, which is fetched again", async (_what, left, requests) => {
    writeFileSync(part, left ?? "");
    expect(await fetching({ hash })).toEqual({ extension: "mp4", holds: "film" });
    expect([asked(), readFileSync(part).equals(FILM)]).toEqual([requests, true]);
  });

  it("finds another file of the same length, which is fetched from the next address, once", async () => {
    server.gives(FIRST, WRONG);
    await fetching({ hash });
    expect([asked().length, readFileSync(part).equals(FILM)]).toEqual([2, true]);
    server.forget();
    server.gives(SECOND, WRONG);
    const addresses = [FIRST, SECOND, "www.douyin.com/aweme/v1/play/"].map((at) => `https://${at}`);
    writeFileSync(part, "");
    await expect(fetching({ hash, addresses })).rejects.toMatchObject({
      message: `v3-web.douyinvod.com: ${WHY}; v26-web.douyinvod.com: ${WHY}`,
      again: false,
    });
    expect([asked().length, readFileSync(part).length]).toEqual([2, 0]);
  });
});

describe("time", () => {
  it("is short for an address that gives nothing, or hardly anything", async () => {
    const clock = new FakeClock();
    server.answers(FIRST, () => {});
    server.answers(SECOND, (response) => void response.writeHead(200, { "content-length": FILM.length }).write(FILM.subarray(0, 1000)));
    let bytes = 0;
    const onBytes = (now: number) => {
      bytes = now;
    };
    const failed = fetching({ clock, onBytes }).catch((error: unknown) => String(error));
    await until(() => server.asked.length === 1);
    await clock.advance(30_000);
    await until(() => bytes === 1000);
    await clock.advance(60_000);
    expect(await failed).toBe(
      "NotFetched: v3-web.douyinvod.com: it gave less than 32 KiB in 30 s; v26-web.douyinvod.com: it gave less than 32 KiB in 30 s",
    );
    expect(readFileSync(part)).toHaveLength(1000);
  });

  it("ends by the caller's signal, at once", async () => {
    const stop = new AbortController();
    server.answers(FIRST, () => stop.abort(new Error("stopped")));
    await expect(fetching({ signal: stop.signal })).rejects.toThrow("stopped");
    expect(server.asked).toHaveLength(1);
    await expect(fetching({ signal: stop.signal })).rejects.toThrow("stopped");
    expect([server.asked.length, existsSync(part)]).toEqual([1, true]);
  });
});
