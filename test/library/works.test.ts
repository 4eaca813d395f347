// Guards: The library finds and lists works, refuses wrong values at once, and names a work's files without the mark.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comments, download, readWork, resolveWork, wantedFiles, works } from "../../src/app/works.js";
import { DownloadStage } from "../works/downloading.js";

let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterAll(() => stage.close());

describe("resolveWork", () => {
  it("tells a work, an author or a mix by whatever was pasted, and asks only about short links", async () => {
    const nobody = { upstream: "http://127.0.0.1:1" };
    const { id, shortCode } = stage.truth("plain");
    const secUid = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz";
    expect(await resolveWork(id, nobody)).toEqual({ kind: "work", id, page: null });
    expect(await resolveWork(`看看 https://www.douyin.com/video/${id}?from=a 复制`, nobody)).toEqual({ kind: "work", id, page: "video" });
    expect(await resolveWork(`https://www.douyin.com/user/${secUid}`, nobody)).toEqual({ kind: "author", secUid });
    expect(await resolveWork(`https://www.douyin.com/collection/${id}`, nobody)).toEqual({ kind: "mix", id });
    const share = `7.66 B@T.IP 03/03 baN/: https://v.douyin.com/${shortCode}/ 复制此链接，打开Dou音搜索`;
    expect(await resolveWork(share, { upstream: stage.simulator.url })).toMatchObject({ kind: "work", id });
    await expect(resolveWork(share, nobody)).rejects.toMatchObject({ code: "unreachable" });
  });

  it("and its neighbours say at once which value an option does not take", async () => {
    const work = await stage.read("plain");
    const link = `https://www.douyin.com/user/MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz`;
    const folder = { folder: "/dev/null/none" };
    const { id } = work;
    const wrong: readonly (readonly [name: string, values: readonly unknown[], call: (options: object) => unknown])[] = [
      ["signal", [null, {}, 5], (options) => resolveWork(id, options)],
      ["worksAccount", [5, ""], (options) => readWork(id, options)],
      ["quality", [null, "bst", 720, []], (options) => wantedFiles(work, options)],
      ["folder", [undefined, null, "", 5], (options) => download(work, options as { folder: string })],
      ...["template", "onProgress", "ignoreAuthorSetting", "maxBytes"].map(
        (name) => [name, [null, 0, []], (options: object) => download(work, { ...folder, ...options })] as const,
      ),
      ...["limit", "replies", "known"].map((name) => [name, [null, 0, "5", [5]], (options: object) => comments(id, options)] as const),
      ...["limit", "known"].map((name) => [name, [null, -1, "5", [{ id: "5" }]], (options: object) => works(link, options)] as const),
    ];
    const taken: string[] = [];
    for (const [name, values, call] of wrong)
      for (const value of values) {
        const words = await (async () => call({ [name]: value }))().then(
          () => "taken",
          (error: Error) => error.message,
        );
        if (!words.includes(`: ${name} does not take `)) taken.push(`${name} ${String(value)}: ${words}`);
      }
    expect(taken).toEqual([]);
    const asWork = link as unknown as typeof work;
    await expect(download(asWork, folder)).rejects.toMatchObject({ code: "bad_work", detail: expect.stringContaining("readWork(link)") });
    expect(() => wantedFiles(asWork)).toThrow(/readWork\(link\)/);
  });
});

describe("wantedFiles", () => {
  it("tells where the files of a work are, as a download takes them: without the mark", async () => {
    const work = await stage.read("plain");
    expect(work.media.some(({ watermark }) => watermark)).toBe(true);
    const [film, ...others] = wantedFiles(work);
    expect(others).toEqual([]);
    expect(film).toMatchObject({ role: "video", index: 0, variant: work.media.find(({ recommended }) => recommended)?.name });
    const marked = work.media.filter(({ watermark }) => watermark).flatMap(({ urls }) => urls);
    expect(film?.source.urls.length).toBeGreaterThan(0);
    expect(film?.source.urls.filter((url) => marked.includes(url))).toEqual([]);
    const [small] = wantedFiles(work, { quality: "720p" });
    expect(small?.quality).toBe("720p");
    expect(small?.source.urls).not.toEqual(film?.source.urls);
    expect(wantedFiles(work, { music: true, covers: true }).map(({ role }) => role)).toEqual(expect.arrayContaining(["video", "cover"]));
  });
});
