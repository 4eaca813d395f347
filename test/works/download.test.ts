// Guards: A downloaded work has the files that the platform has, byte for byte, and nothing is fetched twice.
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFile, type ISOFile, MP4BoxBuffer } from "mp4box";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DownloadProgress } from "../../src/works/download.js";
import { useFolders } from "../store/directory.js";
import { DownloadStage, filesIn, ofRole, sha256In } from "./downloading.js";

const folders = useFolders();
let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterAll(() => stage.close());
afterEach(() => stage.mend());

/** Opens an mp4 by another library than the one that made it. */
function opened(bytes: Buffer): ISOFile {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0));
  file.flush();
  return file;
}

describe("the files of a work", () => {
  it("are its film by the quality that was asked for, byte for byte, at the time at which it was published", async () => {
    const truth = stage.truth("plain");
    const tried = [
      ["compatible", "normal_1080_0"],
      ["smallest", null],
      ["720p", "normal_720_0"],
    ] as const;
    for (const [quality, rung] of tried) {
      const folder = folders();
      const done = await stage.download("plain", folder, { quality });
      expect(done).toMatchObject({ workId: truth.id, state: "done", reason: null });
      const [film] = ofRole(done, "video");
      const file = truth.rungs.find(({ name }) => name === film?.variant)?.file;
      expect([film?.state, film?.sha256, film?.bytes]).toEqual(["done", file?.sha256, file?.size]);
      if (rung !== null) expect(film?.variant).toBe(rung);
      else expect(film?.bytes).toBe(Math.min(...truth.rungs.map((one) => one.file.size)));
      expect(film?.name).toMatch(new RegExp(`^山里的相机/\\d{4}-\\d\\d-\\d\\d 雨后的山路 .* ${truth.id}\\.mp4$`));
      expect(sha256In(folder, { name: film?.name ?? null })).toBe(file?.sha256);
      expect(statSync(join(folder, film?.name ?? "")).mtimeMs).toBe(truth.createdAt);
      expect(filesIn(folder)).toEqual(done.files.map(({ name }) => name).sort());
    }
  });

  it("are all pictures in the type that they are, and of live photos still and clip by one number", async () => {
    const [pictures, live] = [folders(), folders()];
    const note = await stage.download("pictures", pictures, { template: "{id}" });
    const { id, images } = stage.truth("pictures");
    expect(note.state).toBe("done");
    expect(ofRole(note, "image").map(({ name, sha256 }) => [name, sha256])).toEqual(
      images.map(({ webp }, index) => [`${id}_${String(index + 1).padStart(2, "0")}.webp`, webp.sha256]),
    );
    const photos = await stage.download("live_photos", live, { template: "{id}" });
    const truth = stage.truth("live_photos");
    const names = (extension: string) => truth.images.map((_, index) => `${truth.id}_${String(index + 1).padStart(2, "0")}.${extension}`);
    expect(ofRole(photos, "image").map(({ name }) => name)).toEqual(names("webp"));
    expect(ofRole(photos, "clip").map(({ name, sha256 }) => [name, sha256])).toEqual(
      names("mp4").map((name, index) => [name, truth.images[index]?.clip?.file.sha256]),
    );
    for (const file of [...ofRole(photos, "image"), ...ofRole(photos, "clip")]) expect(sha256In(live, file)).toBe(file.sha256);
  });

  it("are covers and music, too, where they are asked for", async () => {
    const folder = folders();
    const done = await stage.download("plain", folder, { covers: true, music: true, template: "{id}" });
    const { id, cover, music } = stage.truth("plain");
    expect(done.state).toBe("done");
    expect(ofRole(done, "cover")[0]).toMatchObject({ name: `${id}_cover_01.jpeg`, sha256: cover.sha256 });
    expect(ofRole(done, "music")).toMatchObject([{ name: `${id}_music.mp3`, sha256: music?.file.sha256 }]);
  });

  it("are a silent film and its sound as one, with all their packets", async () => {
    const folder = folders();
    const done = await stage.download("dash", folder, { quality: "best", template: "{id}" });
    const truth = stage.truth("dash");
    const { id, rungs, sounds } = truth;
    const [film] = ofRole(done, "video");
    expect(film).toMatchObject({ name: `${id}.mp4`, state: "done" });
    const rung = rungs.find(({ name }) => name === film?.variant);
    expect(rung?.format).toBe("dash");
    const joined = opened(readFileSync(join(folder, `${id}.mp4`)));
    const parts = [opened(rung?.file.bytes ?? Buffer.alloc(0)), opened(sounds[0]?.file.bytes ?? Buffer.alloc(0))];
    const packets = (file: ISOFile, type: "video" | "audio") => {
      const track = file.getInfo()[type === "video" ? "videoTracks" : "audioTracks"][0];
      const samples = file.getTrackSamplesInfo(track?.id ?? 0);
      return samples.map(({ cts, size, timescale }) => [Math.round((cts / timescale) * 1e4), size]);
    };
    for (const [at, type] of (["video", "audio"] as const).entries()) {
      const [before, after] = [packets(parts[at] as ISOFile, type), packets(joined, type)];
      expect(before.length).toBeGreaterThan(30);
      // Times from the first one on: an mp4 may begin by an edit.
      const from = (list: number[][]) => Math.min(...list.map(([time = 0]) => time));
      const relative = (list: number[][]) => list.map(([time = 0, size]) => [Math.round((time - from(list)) / 10), size]);
      expect(relative(after)).toEqual(relative(before));
    }
    const { videoTracks, audioTracks, created } = joined.getInfo();
    expect([videoTracks.length, audioTracks.length]).toEqual([1, 1]);
    for (const [track] of [videoTracks, audioTracks])
      expect((track?.samples_duration ?? 0) / (track?.timescale ?? 1)).toBeCloseTo((truth.durationMs ?? 0) / 1000, 0);
    expect(created.getTime()).toBe(truth.createdAt);
    expect(statSync(join(folder, `${id}.mp4`)).mode & 0o777).toBe(0o600);
    expect(filesIn(folder)).toEqual([`${id}.meta.json`, `${id}.mp4`]);
  });

  it("are told of in a file beside them, without an address of media", async () => {
    const folder = folders();
    const done = await stage.download("plain", folder, { template: "{id}" });
    const text = readFileSync(join(folder, `${stage.truth("plain").id}.meta.json`), "utf8");
    expect(text).not.toMatch(/douyinvod|douyinpic|zjcdn|douyinstatic|x-signature|expiresAt|"urls"/);
    const told = JSON.parse(text) as { text: string; url: string; media: unknown[]; files: unknown };
    expect(told).toMatchObject({ id: done.workId, url: expect.stringMatching(/^https:\/\/www\.douyin\.com\/video\/\d+$/) });
    expect(told.media.length).toBeGreaterThan(3);
    expect(told.files).toEqual(done.files.filter(({ role }) => role !== "meta"));
  });

  it("are not downloaded where the author does not allow it, but by a decision that is told", async () => {
    const folder = folders();
    expect(await stage.download("no_download", folder)).toMatchObject({
      state: "failed",
      reason: "its author does not allow that it is downloaded",
      files: [],
    });
    expect(filesIn(folder)).toEqual([]);
    const told: string[] = [];
    const done = await stage.download("no_download", folder, { ignoreAuthorSetting: true, tell: (line) => told.push(line) });
    expect([done.state, told]).toEqual(["done", [expect.stringContaining(done.workId)]]);
  });
});

describe("a second download", () => {
  it("fetches nothing again, also of another reading, and says what is there", async () => {
    const folder = folders();
    const first = await stage.download("live_photos", folder, { covers: true });
    const left = filesIn(folder);
    const seen: DownloadProgress[] = [];
    // Every request would fail.
    stage.faults("live_photos", "cdn_dead");
    const second = await stage.download("live_photos", folder, { covers: true, onProgress: (progress) => seen.push(progress) });
    stage.faults("live_photos");
    expect({ ...second, id: first.id }).toEqual(first);
    expect(filesIn(folder)).toEqual(left);
    expect(seen.at(-1)?.bytes).toBe(seen.at(-1)?.totalBytes);
  });

  it("fetches what is missing, and another quality beside what is there", async () => {
    const folder = folders();
    const names = { template: "{id}" };
    const { id } = stage.truth("plain");
    const first = await stage.download("plain", folder, { ...names, quality: "720p" });
    rmSync(join(folder, `${id}.mp4`));
    expect((await stage.download("plain", folder, { ...names, quality: "720p" })).files[0]).toEqual(first.files[0]);
    const best = await stage.download("plain", folder, { ...names, quality: "1080p" });
    expect(best.files[0]).toMatchObject({ name: `${id}_normal_1080_0.mp4`, state: "done" });
    expect(filesIn(folder)).toEqual([`${id}.meta.json`, `${id}.mp4`, `${id}_normal_1080_0.mp4`]);
    stage.faults("plain", "cdn_dead");
    for (const [quality, name] of [
      ["720p", `${id}.mp4`],
      ["1080p", `${id}_normal_1080_0.mp4`],
    ] as const)
      expect((await stage.download("plain", folder, { ...names, quality })).files[0]).toMatchObject({ name, state: "done" });
    stage.faults("plain");
  });

  it("leaves what somebody else put there, and takes its own for what it is where the ledger is lost", async () => {
    const folder = folders();
    const { id } = stage.truth("plain");
    writeFileSync(join(folder, `${id}.mp4`), "mine");
    const first = await stage.download("plain", folder, { template: "{id}" });
    expect(first.files[0]).toMatchObject({ name: `${id}_normal_1080_0.mp4` });
    rmSync(join(folder, ".dylive-downloads.jsonl"));
    expect((await stage.download("plain", folder, { template: "{id}" })).files[0]).toEqual(first.files[0]);
    expect(readFileSync(join(folder, `${id}.mp4`), "utf8")).toBe("mine");
    expect(filesIn(folder)).toEqual([`${id}.meta.json`, `${id}.mp4`, `${id}_normal_1080_0.mp4`]);
  });

  it("waits for nobody: while another has the work it says so", async () => {
    const folder = folders();
    const [one, other] = await Promise.all([stage.download("plain", folder), stage.download("plain", folder)]);
    const states = [one, other].map(({ state, reason }) => [state, reason?.replace(folder, "") ?? null]);
    expect(states).toContainEqual(["done", null]);
    for (const [state, reason] of states) if (state !== "done") expect(reason).toMatch(/^another dylive downloads work \d+ into /);
    expect(filesIn(folder)).toEqual(
      [...one.files, ...other.files]
        .map(({ name }) => name)
        .slice(0, 2)
        .sort(),
    );
  });
});
