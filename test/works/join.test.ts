// Guards: A film and sound that cannot be joined leave nothing that looks whole.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packagePath } from "../../src/runtime/packages.js";
import { downloadWork } from "../../src/works/download.js";
import { joinFilm } from "../../src/works/join.js";
import { useFolders } from "../store/directory.js";
import { aRung, aWork } from "./a-work.js";
import { filesIn } from "./downloading.js";
import { MediaServer } from "./media-server.js";

const folders = useFolders();
const media = (name: string) => packagePath(`simulator/media/${name}`);
const [FILM, SOUND] = [media("video-hvc1.mp4"), media("audio.mp4")];
const SIGNAL = new AbortController().signal;
const TIME = Date.UTC(2026, 0, 2);

describe("a film and its sound", () => {
  it.each<readonly [why: string, film: string, sound: string]>([
    ["there is no film in it", SOUND, SOUND],
    ["there is no sound in it", FILM, FILM],
  ])("are not joined where %s", async (why, film, sound) => {
    await expect(joinFilm(film, sound, join(folders(), "joined"), TIME, SIGNAL)).rejects.toThrow(why);
  });

  it("end by the signal", async () => {
    const stopped = joinFilm(FILM, SOUND, join(folders(), "joined"), TIME, AbortSignal.abort(new Error("enough")));
    await expect(stopped).rejects.toThrow("enough");
  });
});

describe("a download whose film cannot be joined", () => {
  const server = MediaServer.start();
  beforeAll(async () => {
    (await server).gives("v3-web.douyinvod.com/film", Buffer.concat([readFileSync(FILM).subarray(0, 40), Buffer.alloc(9_000, "?")]));
    (await server).gives("v3-web.douyinvod.com/sound", readFileSync(SOUND));
  });
  afterAll(async () => (await server).close());

  it("says so, and leaves nothing that would be taken for whole", async () => {
    const folder = folders();
    const film = aRung({ container: "dash", hasAudio: false, bytes: 9_040, hash: "aa" });
    const sound = aRung({ role: "audio", container: "m4a", codec: null, urls: ["https://v3-web.douyinvod.com/sound"], hash: "bb" });
    const work = aWork({ media: [film, { ...sound, bytes: statSync(SOUND).size }] });
    const done = await downloadWork(work, { folder, platform: { upstream: (await server).url, proxy: null } });
    expect(done).toMatchObject({ state: "failed", reason: expect.stringMatching(/^the film and its sound cannot be joined: /) });
    expect(filesIn(folder)).toEqual([]);
  });
});
