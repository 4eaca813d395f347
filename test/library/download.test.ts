// Guards: The library downloads a read work by the given settings, and makes nothing for a wrong template.
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DownloadProgress, download } from "../../src/app/works.js";
import { useFolders } from "../store/directory.js";
import { DownloadStage, filesIn, sha256In } from "../works/downloading.js";

const folders = useFolders();
let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterAll(() => stage.close());

it("downloads a work that was read, by the settings that were given", async () => {
  const folder = folders();
  const progress: DownloadProgress[] = [];
  const work = await stage.read("plain");
  const done = await download(work, {
    ...{ folder, upstream: stage.simulator.url, quality: "720p", template: "{kind} {id}" },
    onProgress: (now) => progress.push(now),
  });
  const { file } = stage.truth("plain").rungs.find(({ name }) => name === "normal_720_0") ?? {};
  expect(done).toMatchObject({ workId: work.id, state: "done" });
  expect(filesIn(folder)).toEqual([`video ${work.id}.meta.json`, `video ${work.id}.mp4`]);
  expect(sha256In(folder, { name: `video ${work.id}.mp4` })).toBe(file?.sha256);
  expect(progress.at(-1)).toMatchObject({ bytes: file?.size, totalBytes: file?.size });
});

it("refuses a template that is none, before anything is made", async () => {
  const folder = folders();
  const failed = download(await stage.read("plain"), { folder, upstream: stage.simulator.url, template: "{nobody}" });
  await expect(failed).rejects.toMatchObject({ code: "bad_request" });
  expect(readdirSync(folder)).toEqual([]);
});
