// Guards: downloads are started, listed and removed, and their files are served safely.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DownloadStatus } from "../../../src/works/download-service.js";
import type { KeptDownload } from "../../../src/works/model/download.js";
import { FakeClock } from "../../clock.js";
import { until } from "../../until.js";
import { DownloadStage } from "../../works/downloading.js";
import { downloadOf, fileOf } from "../../works/kept-download.js";
import { type ApiServer, type Reply, serveApi } from "../api-server.js";
import { CAPTCHA, WORK } from "../fake-work-reader.js";

let stage: DownloadStage;
beforeAll(async () => {
  stage = await DownloadStage.open();
});
afterAll(() => stage.close());
afterEach(() => stage.mend());

/** A server that reads these works of the simulator as they are when it begins. */
async function serving(...names: readonly string[]) {
  const server = await serveApi({ media: stage.simulator.url, clock: new FakeClock(Date.now()) });
  const read = async (name: string) => {
    const work = { ...(await stage.read(name)), receivedAt: server.clock.now() };
    server.workReader.readings.set(work.id, { outcome: "found", work, reply: null });
    return work;
  };
  for (const name of names) await read(name);
  const ask = (link: string, more: object = {}, token?: string) =>
    server.call("/v1/downloads", { method: "POST", json: { link, ...more }, ...(token !== undefined && { token }) });
  return { ...server, read, ask };
}

const ended = ({ call }: Pick<ApiServer, "call">, id: unknown) =>
  until(async () => {
    const status = (await call(`/v1/downloads/${String(id)}`)).body as DownloadStatus;
    return status.endedAt !== null && status;
  });

describe("downloads over the API", () => {
  it("are started by those who manage, tell their bytes, and end with the files as they are", async () => {
    const server = await serving("plain");
    const { call, ask, token, folder } = server;
    const { id, rungs } = stage.truth("plain");
    const manage = await token({ scope: "manage", name: "小安" });
    const begun = await ask(`看 https://www.douyin.com/video/${id}`, { quality: "720p" }, manage);
    expect([begun.status, begun.body]).toMatchObject([
      202,
      { workId: id, askedBy: "小安", wish: { quality: "720p", hdr: false }, here: true },
    ]);
    const done = await ended(server, begun.at("id"));
    const truth = rungs.find(({ name }) => name === "normal_720_0");
    expect(done).toMatchObject({
      state: "done",
      bytes: truth?.file.size,
      totalBytes: truth?.file.size,
      files: [{ sha256: truth?.file.sha256 }, { role: "meta" }],
    });
    expect(readFileSync(join(folder, id, done.files[0]?.name ?? "")).equals(truth?.file.bytes ?? Buffer.alloc(0))).toBe(true);
    const files = await call(`/v1/works/${id}/files`);
    expect(files.body).toMatchObject({
      offered: [{ role: "video", index: 0, variant: "normal_1080_0", reason: expect.stringContaining("every player") }],
      downloaded: [{ download: done.id, role: "video", variant: "normal_720_0", here: true }, { role: "meta" }],
    });
    const offered = files.at("offered", 0, "rungs") as { name: string; watermark: boolean }[];
    expect(offered.length).toBe(rungs.length);
    expect(offered.filter(({ watermark }) => watermark)).toEqual([]);
    expect((await call(`/v1/works/${id}/files?quality=smallest&covers=true`)).at("offered", 1, "role")).toBe("cover");
    const metrics = await call("/metrics");
    expect(metrics.text).toContain('dylive_downloads_ended_total{state="done"} 1');
    expect(metrics.text).toContain('dylive_downloads{state="running"} 0');
  });

  it("have names by a template, the id always in them, which is refused where it is none before anything is begun", async () => {
    const server = await serving("plain");
    const { ask, folder } = server;
    const { id } = stage.truth("plain");
    const refused = await ask(id, { template: "{nothing}" });
    expect([refused.status, refused.at("error", "message")]).toEqual([400, expect.stringContaining("there is no field {nothing}")]);
    const asked = await ask(id, { template: "{kind}/{quality}" });
    expect((await ask(id, { template: "{id}" })).at("error", "code")).toBe("in_use");
    const done = await ended(server, asked.at("id"));
    expect(done).toMatchObject({ wish: { template: "{kind}/{quality}" }, files: [{ name: `video/1080p ${id}.mp4` }, { role: "meta" }] });
    expect(readFileSync(join(folder, id, done.files[0]?.name ?? "")).length).toBe(done.bytes);
    // What is there keeps its name.
    const again = await ended(server, (await ask(id, { template: "{id}" })).at("id"));
    expect(again.files[0]?.name).toBe(done.files[0]?.name);
  });

  it("say why something is not there in the language in which that is asked", async () => {
    const { call, store } = await serving();
    const failed = fileOf("x", { name: null, state: "failed", reason: "a short body: 3 bytes instead of 9" });
    await store.downloads.begin(
      downloadOf("a", WORK, { endedAt: 5, state: "partial", reason: "it was cancelled", files: [failed] }),
      "gone",
    );
    for (const [language, reason, ofFile] of [
      ["en", "it was cancelled", failed.reason],
      ["zh-CN,zh;q=0.9", "被取消了", "内容不完整：3 字节，应有 9"],
    ] as const) {
      const one = await call("/v1/downloads/a", { headers: { "accept-language": language } });
      expect([one.at("reason"), one.at("files", 0, "reason")]).toEqual([reason, ofFile]);
    }
  });

  it("are listed newest first, page by page, of all or of one work, cancelled and removed", async () => {
    const { call, store } = await serving();
    for (const id of ["a", "b", "c"])
      await store.downloads.begin(downloadOf(id, id === "b" ? CAPTCHA : WORK, { endedAt: 5, state: "done" }), "gone");
    const ids = (reply: Awaited<ReturnType<typeof call>>) => (reply.at("downloads") as { id: string }[]).map(({ id }) => id);
    const first = await call("/v1/downloads?limit=2");
    expect([ids(first), ids(await call(`/v1/downloads?limit=2&cursor=${String(first.at("next"))}`))]).toEqual([["c", "b"], ["a"]]);
    expect(ids(await call(`/v1/downloads?work=${WORK}`))).toEqual(["c", "a"]);
    expect((await call("/v1/downloads/c", { method: "DELETE" })).at("state")).toBe("done");
    expect((await call("/v1/downloads/c?remove=true", { method: "DELETE" })).status).toBe(200);
    expect((await call("/v1/downloads/c", { method: "DELETE" })).status).toBe(404);
    expect(ids(await call("/v1/downloads"))).toEqual(["b", "a"]);
  });

  it("need a token that manages, and the author's word for all but an admin", async () => {
    const { call, ask, tokens, lines } = await serving("no_download");
    const { id } = stage.truth("no_download");
    expect((await ask(id, {}, tokens.read)).status).toBe(403);
    const forbidden = await ask(id, { ignoreAuthorSetting: true }, tokens.manage);
    expect([forbidden.status, forbidden.at("error", "message")]).toEqual([403, expect.stringContaining("operator")]);
    const asked = await ask(id, {}, tokens.manage);
    expect(await ended({ call }, asked.at("id"))).toMatchObject({ state: "failed", reason: expect.stringContaining("does not allow") });
    const forced = await ask(id, { ignoreAuthorSetting: true });
    expect(await ended({ call }, forced.at("id"))).toMatchObject({ state: "done" });
    expect(lines.some((line) => line.includes(id) && line.includes("does not allow"))).toBe(true);
  });
});

describe("a downloaded file over the API", () => {
  /** A download of one file, by names that need not be ours. */
  async function withFiles(files: Readonly<Record<string, string>>, content = "0123456789") {
    const server = await serving();
    const { folder, store } = server;
    mkdirSync(join(folder, WORK), { recursive: true });
    writeFileSync(join(folder, ".dylive-folder"), "ours");
    writeFileSync(join(folder, "secret"), content);
    const rows = Object.entries(files).map(([name, found], index) => {
      if (found !== "") writeFileSync(join(folder, WORK, name), found);
      const there = { bytes: content.length, totalBytes: content.length, sha256: "ab".repeat(32), variant: null, reason: null };
      return { role: "image" as const, index, name, ...there, state: "done" as const };
    });
    await store.downloads.begin(downloadOf("a", WORK, { state: "done", endedAt: 5, files: rows }), "ours");
    const file = (index: number, headers: Record<string, string> = {}) => server.call(`/v1/downloads/a/files/image/${index}`, { headers });
    return { ...server, file };
  }
  const told = ({ status, headers, text }: Reply) => [status, headers.get("content-range"), headers.get("content-length"), text];

  it("is given whole, in the part that is asked for, and not beyond its end", async () => {
    const { file, call } = await withFiles({ "a.jpeg": "0123456789" });
    expect(told(await file(0))).toEqual([200, null, "10", "0123456789"]);
    expect(told(await call("/v1/downloads/a/files/image/0", { method: "HEAD" }))).toEqual([200, null, "10", ""]);
    for (const [range, from, to] of [
      ["bytes=0-", 0, 9],
      ["bytes=3-5", 3, 5],
      ["bytes=8-99", 8, 9],
      ["bytes=-4", 6, 9],
      ["bytes=-99", 0, 9],
    ] as const)
      expect([range, ...told(await file(0, { range }))]).toEqual([
        ...[range, 206, `bytes ${from}-${to}/10`, String(to - from + 1), "0123456789".slice(from, to + 1)],
      ]);
    for (const range of ["bytes=10-", "bytes=-0"]) {
      const beyond = await file(0, { range });
      expect([beyond.status, beyond.headers.get("content-range"), beyond.at("error", "code")]).toEqual([416, "bytes */10", "bad_request"]);
    }
    for (const range of ["bytes=5-3", "bytes=0-1,3-4", "lines=1-2", "bytes=-"]) expect((await file(0, { range })).status).toBe(200);
    const etag = (await file(0)).headers.get("etag") ?? "";
    expect((await file(0, { range: "bytes=1-2", "if-range": etag })).status).toBe(206);
    expect((await file(0, { range: "bytes=1-2", "if-range": '"another"' })).status).toBe(200);
  });

  it("is shown where it is a film, a picture or a sound, kept otherwise, and runs nothing", async () => {
    const hostile = '雨\u202e后 "x"\r\nset-cookie: a=b;/../<script>.jpeg'.replaceAll("/", "_");
    const { file } = await withFiles({
      "a.mp4": "0123456789",
      "b.html": "<script>xx",
      "c.json": '"45678901"',
      d: "0123456789",
      [hostile]: "0123456789",
    });
    const heads = await Promise.all([0, 1, 2, 3, 4].map(async (index) => (await file(index)).headers));
    expect(heads.map((headers) => [headers.get("content-type"), headers.get("content-disposition")?.split(";")[0]])).toEqual([
      ["video/mp4", "inline"],
      ["application/octet-stream", "attachment"],
      ["application/json", "attachment"],
      ["application/octet-stream", "attachment"],
      ["image/jpeg", "inline"],
    ]);
    for (const headers of heads) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
      expect(headers.get("set-cookie")).toBeNull();
    }
    const [, plain, encoded] =
      /^inline; filename="([A-Za-z0-9._ -]*)"; filename\*=UTF-8''([A-Za-z0-9%._~!-]*)$/.exec(heads[4]?.get("content-disposition") ?? "") ??
      [];
    expect([plain, decodeURIComponent(encoded ?? "")]).toEqual([expect.stringMatching(/\.jpeg$/), hostile]);
  });

  it("is in its folder, whatever a row names, and as it was downloaded", async () => {
    const { file, folder, lines } = await withFiles({
      ...{
        "../secret": "",
        "/etc/hostname": "",
        "sub/../../secret": "",
        "short.jpeg": "012",
        "gone.jpeg": "",
        "link.jpeg": "",
        "dir/secret": "",
      },
      "a\0.jpeg": "",
    });
    symlinkSync(join(folder, "secret"), join(folder, WORK, "link.jpeg"));
    symlinkSync(folder, join(folder, WORK, "dir"));
    for (let index = 0; index < 8; index++) {
      const reply = await file(index);
      expect([index, reply.status, reply.at("error", "code")]).toEqual([index, 404, "not_found"]);
    }
    expect((await file(8)).status).toBe(404);
    expect(lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  it("is given to tokens that may read all, by the address for players too, and by the process that has it alone", async () => {
    const { call, store, tokens, token, tell } = await withFiles({ "a.jpeg": "0123456789" });
    await tell("98765");
    const path = "/v1/downloads/a/files/image/0";
    expect((await call(`${path}?token=${tokens.read}`, { token: null })).text).toBe("0123456789");
    expect((await call(path, { token: null })).status).toBe(401);
    expect((await call(path, { token: await token({ scope: "manage", rooms: ["98765"] }) })).status).toBe(403);
    const other = { ...(await store.downloads.get("a"))?.download, id: "b", process: "another machine" } as KeptDownload;
    await store.downloads.begin(other, "theirs");
    const elsewhere = await call("/v1/downloads/b/files/image/0");
    expect([elsewhere.status, elsewhere.at("error", "message")]).toEqual([404, expect.stringContaining("another machine")]);
  });
});
