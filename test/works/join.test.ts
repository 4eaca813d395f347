import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
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
  it("are the same bytes whenever they are joined, for their owner alone", async () => {
    const [one, other] = [join(folders(), "one"), join(folders(), "other")];
    onTestFinished(() => void vi.useRealTimers());
    for (const [path, now] of [
      [one, TIME + 1_000_000],
      [other, TIME + 2_000_000],
    ] as const) {
      vi.useFakeTimers({ now, toFake: ["Date"] });
      await joinFilm(FILM, SOUND, path, TIME, SIGNAL);
    }
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
    expect(statSync(one).mode & 0o777).toBe(0o600);
  });

  it.each<readonly [why: string, film: string, sound: string]>([
    ["there is no film in it", SOUND, SOUND],
    ["there is no sound in it", FILM, FILM],
  ])("are not joined where %s", async (why, film, sound) => {
    await expect(joinFilm(film, sound, join(folders(), "joined"), TIME, SIGNAL)).rejects.toThrow(why);
  });

  it("are not joined where one of them is damaged, at whatever byte it ends", async () => {
    const whole = readFileSync(FILM);
    const cut = join(folders(), "cut");
    let refused = 0;
    for (const length of [0, 8, 30, 500, 900, 5_000]) {
      writeFileSync(cut, whole.subarray(0, length));
      const joined = joinFilm(cut, SOUND, join(folders(), "joined"), TIME, SIGNAL);
      refused += await joined.then(
        () => 0,
        () => 1,
      );
    }
    expect(refused).toBeGreaterThanOrEqual(4);
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
