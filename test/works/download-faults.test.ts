// Guards: No fault of a host or a disk gives a half or wrong file its name, and the reason is given.
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WorkFault } from "../../simulator/index.js";
import { type DownloadProgress, downloadWork } from "../../src/works/download.js";
import type { Work } from "../../src/works/model/work.js";
import { FakeClock } from "../clock.js";
import { useFolders } from "../store/directory.js";
import { until } from "../until.js";
import { DownloadStage, filesIn, ofRole, sha256In } from "./downloading.js";

const folders = useFolders();
let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterAll(() => stage.close());
afterEach(() => stage.mend());

const NAMES = { template: "{id}" };

describe("a fault that other addresses, or the rest of the file, get over", () => {
  it.each<{ readonly faults: readonly WorkFault[] }>([
    { faults: ["cdn_dead_mirror"] },
    { faults: ["cdn_cut"] },
    { faults: ["cdn_cut", "cdn_no_range"] },
    { faults: ["cdn_play_astray"] },
  ])("$faults: all files are there, as they are", async ({ faults }) => {
    for (const name of ["plain", "dash", "mixed"]) {
      stage.faults(name, ...faults);
      const folder = folders();
      const done = await stage.download(name, folder, { ...NAMES, quality: "best", refresh: () => stage.read(name) });
      expect([name, done.state, done.files.map(({ reason }) => reason)]).toEqual([name, "done", expect.anything()]);
      for (const file of done.files) expect(sha256In(folder, file)).toBe(file.sha256);
      const truth = stage.truth(name);
      const files = [
        ...truth.rungs.map(({ file }) => file),
        ...truth.images.flatMap(({ webp, jpeg, clip }) => [webp, jpeg, ...(clip === null ? [] : [clip.file])]),
      ];
      const known = new Set(files.map(({ sha256 }) => sha256));
      if (name !== "dash") for (const file of done.files.filter(({ role }) => role !== "meta")) expect(known).toContain(file.sha256);
      expect(filesIn(folder)).toEqual(done.files.map((file) => file.name).sort());
    }
  });

  it("a host that drips is left for the next one", async () => {
    stage.faults("plain", "cdn_drip");
    const clock = new FakeClock(Date.now());
    const folder = folders();
    let bytes = 0;
    const onProgress = (progress: DownloadProgress) => {
      bytes = progress.bytes;
    };
    const downloading = stage.download("plain", folder, { ...NAMES, clock, onProgress });
    await until(() => bytes > 0);
    await clock.advance(30_000);
    expect(await downloading).toMatchObject({ state: "done" });
  });

  it.each(["plain", "live_photos"])(
    "addresses that expire on the way: the work is read again, and the file goes on from its own length (%s)",
    async (name) => {
      stage.faults(name, "cdn_expires_midway", "cdn_play_astray");
      const folder = folders();
      let readings = 0;
      const refresh = () => {
        readings++;
        return stage.read(name);
      };
      const seen: number[] = [];
      const done = await stage.download(name, folder, { ...NAMES, quality: "best", refresh, onProgress: ({ bytes }) => seen.push(bytes) });
      expect([done.state, readings > 0]).toEqual(["done", true]);
      if (name === "plain") expect(seen).toEqual([...seen].sort((a, b) => a - b));
      for (const file of done.files) expect(sha256In(folder, file)).toBe(file.sha256);
    },
  );
});

describe("a fault that nothing gets over is told, and nothing has the name of a file", () => {
  it.each<readonly [faults: readonly WorkFault[], why: RegExp]>([
    [["cdn_dead"], /^v3-web\.douyinvod\.com: HTTP 403; v26-web\.douyinvod\.com: HTTP 403; www\.douyin\.com: HTTP 403$/],
    [["cdn_forbidden"], /HTTP 403/],
    [["cdn_html"], /it answered with HTML instead of a film/],
    [["cdn_short"], /a short body: \d+ bytes instead of \d+/],
    [["cdn_wrong_type"], /it answered with a jpeg instead of a film/],
    [["cdn_expired", "cdn_play_astray"], /the address has expired \(HTTP 403\)/],
    [["cdn_dead", "cdn_play_astray"], /www\.douyin\.com: it leads to pcdn-7\.qtaeixd\.com:4433, which is no host of media/],
  ])("%s", async (faults, why) => {
    const folder = folders();
    stage.faults("plain", ...faults);
    const done = await stage.download("plain", folder, NAMES);
    expect(done).toMatchObject({ state: "failed", reason: expect.stringMatching(why) });
    expect(ofRole(done, "video")).toMatchObject([{ state: "failed", name: null, bytes: null, sha256: null, reason: done.reason }]);
    expect(filesIn(folder)).toEqual([]);
  });

  it("a file, or all of them, that would be larger than they may be", async () => {
    const folder = folders();
    const large = await stage.download("plain", folder, { ...NAMES, maxFileBytes: 10_000 });
    expect(large).toMatchObject({ state: "failed", reason: "it is larger than the 10000 bytes that a file may have" });
    const all = await stage.download("pictures", folder, { ...NAMES, maxBytes: 5_000 });
    expect(all).toMatchObject({ state: "partial", reason: "with it, all files would be larger than they may be" });
    const states = ofRole(all, "image").map(({ state }) => state);
    expect([states.includes("done"), states.includes("failed")]).toEqual([true, true]);
    expect(filesIn(folder)).toEqual(all.files.flatMap(({ name }) => (name === null ? [] : [name])).sort());
  });

  it("a disk that is full, at whatever is written, also while a film is joined", async () => {
    const handle = await open(folders(), "r");
    const proto = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const { write } = proto;
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    let fits = 0;
    for (let room = 0; ; room++) {
      const folder = folders();
      let left = room;
      proto.write = async function (this: FileHandle, ...args: unknown[]) {
        if (left-- > 0) return (write as (...args: unknown[]) => unknown).apply(this, args);
        throw full;
      } as typeof write;
      const done = await stage.download("dash", folder, { ...NAMES, quality: "best" }).finally(() => {
        proto.write = write;
      });
      if (done.state === "done") {
        fits = room;
        break;
      }
      expect(done).toMatchObject({ state: "failed", reason: "it cannot be written: the disk is full" });
      expect(filesIn(folder).filter((name) => !name.endsWith(".part"))).toEqual([]);
      expect(await stage.download("dash", folder, { ...NAMES, quality: "best" })).toMatchObject({ state: "done" });
    }
    expect(fits).toBeGreaterThan(3); // film, sound, what they are joined to, and its times
  });

  it("a link in the folder, which is not followed: in place of a folder, of a file on its way, of the ledger", async () => {
    const { id } = stage.truth("plain");
    const outside = folders();
    writeFileSync(join(outside, "theirs"), "theirs");
    const nested = folders();
    symlinkSync(outside, join(nested, "ln"));
    const inLink = await stage.download("plain", nested, { template: "ln/deep/{id}" });
    const why = "it cannot be written: a link is in its path";
    expect(ofRole(inLink, "video")).toMatchObject([{ state: "failed", reason: why }]);

    const begun = folders();
    stage.faults("uhd", "cdn_cut");
    const stop = new AbortController();
    await stage.download("uhd", begun, { ...NAMES, signal: stop.signal, onProgress: ({ bytes }) => bytes > 0 && stop.abort() });
    stage.mend();
    const [part = ""] = readdirSync(begun).filter((name) => name.endsWith(".part"));
    rmSync(join(begun, part));
    symlinkSync(join(outside, "theirs"), join(begun, part));
    expect(ofRole(await stage.download("uhd", begun, NAMES), "video")).toMatchObject([{ state: "failed", reason: why }]);

    for (const name of [".dylive-downloads.jsonl", `.dylive-${id}.lock`]) {
      const folder = folders();
      symlinkSync(join(outside, name), join(folder, name));
      await expect(stage.download("plain", folder, NAMES)).rejects.toThrow(/a link is in its path/);
    }
    expect([readdirSync(outside), readFileSync(join(outside, "theirs"), "utf8")]).toEqual([["theirs"], "theirs"]);

    const folder = folders();
    symlinkSync(folder, join(outside, "own"));
    expect(await stage.download("plain", join(outside, "own"), NAMES)).toMatchObject({ state: "done" });
  });

  it("a work that cannot be seen, and one that has no file", async () => {
    const work = await stage.read("plain");
    const platform = { upstream: stage.simulator.url, proxy: null };
    const gone: Work = { ...work, state: "deleted", stateReason: "core_dep", media: [] };
    expect(await downloadWork(gone, { folder: folders(), platform })).toMatchObject({ state: "failed", reason: "it is deleted: core_dep" });
    const marked = { ...work, media: work.media.map((one) => ({ ...one, watermark: true })) };
    expect(await downloadWork(marked, { folder: folders(), platform })).toMatchObject({
      state: "failed",
      reason: "it has no file that can be had",
    });
  });
});
