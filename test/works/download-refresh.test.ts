// Guards: A download whose addresses fail goes on by a new reading where the file is the same, and begins anew where it is not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { downloadWork } from "../../src/works/download.js";
import type { MediaVariant } from "../../src/works/model/media.js";
import { useFolders } from "../store/directory.js";
import { aRung, aWork } from "./a-work.js";
import { filesIn } from "./downloading.js";
import { MediaServer } from "./media-server.js";

const folders = useFolders();
const [OLD, NEW] = ["v3-web.douyinvod.com/old", "v26-web.douyinvod.com/new"];
const HALF = 50_000;
const film = (of: string) => Buffer.concat([Buffer.from("\0\0\0\x18ftypisom", "latin1"), Buffer.alloc(2 * HALF - 12, of)]);
const FILM = film("film");
const OTHER = film("other");
let server: MediaServer;
beforeAll(async () => {
  server = await MediaServer.start();
});
afterAll(() => server.close());
beforeEach(() => {
  server.forget();
  // The old address gives a half, and then it is over with it.
  server.answers(OLD, (response) => {
    response.writeHead(200, { "content-length": FILM.length });
    response.write(FILM.subarray(0, HALF), () => response.destroy());
  });
});

const rung = (at: string, over: Partial<MediaVariant> = {}) => aRung({ urls: [`https://${at}`], bytes: FILM.length, hash: "aa", ...over });

/** Downloads a film of which the first address fails half-way, and another reading tells of these rungs. */
async function downloaded(...again: readonly MediaVariant[]) {
  const folder = folders();
  const done = await downloadWork(aWork({ media: [rung(OLD)] }), {
    ...{ folder, platform: { upstream: server.url, proxy: null }, template: "{id}" },
    refresh: async () => aWork({ media: [...again] }),
  });
  const asked = server.asked.map(({ at, headers }) => [at, headers.range ?? null]);
  return { folder, done, asked, bytes: readFileSync(join(folder, done.files[0]?.name ?? "")) };
}

it("goes on from its own length where length and hash are the same by another reading, in whatever place the rung is then", async () => {
  server.gives(NEW, FILM);
  const better = rung("v3-web.douyinvod.com/better", { name: "better", width: 2160, height: 3840, bytes: 5, hash: "bb" });
  const { done, asked, bytes, folder } = await downloaded(better, rung(NEW, { name: "renamed" }));
  expect(asked).toEqual([
    [OLD, null],
    [NEW, `bytes=${HALF}-`],
  ]);
  expect([done.state, bytes.equals(FILM)]).toEqual(["done", true]);
  expect(filesIn(folder)).toHaveLength(2);
});

it.each<readonly [what: string, over: Partial<MediaVariant>]>([
  ["hash", { hash: "cc" }],
  ["unknown hash", { hash: null }],
  ["length", { bytes: OTHER.length - 1_000 }],
])("begins anew where the %s is another, and mixes nothing", async (_what, over) => {
  const file = OTHER.subarray(0, over.bytes ?? OTHER.length);
  server.gives(NEW, file);
  const { done, asked, bytes, folder } = await downloaded(rung(NEW, over));
  expect(asked).toEqual([
    [OLD, null],
    [NEW, null],
  ]);
  expect([done.state, bytes.equals(file)]).toEqual(["done", true]);
  expect(filesIn(folder)).toHaveLength(2);
});
